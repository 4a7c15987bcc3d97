"""An attendant files for the person in front."""

from __future__ import annotations

import re

from intake.intake_support import ANSWERS, PNG, browser, errors_in, text_of
from procon.parties.commands import register_person
from procon.service_points.commands import set_service_point
from support.cities import CPF, City, citizen, filed, staff
from support.web import Web

FIELDS = {name: value for fields in ANSWERS.values() for name, value in fields.items()}


async def test_whole_case_in_one_page(web: Web, city: City, other: City) -> None:
    async with city.scope() as tx:
        await set_service_point(tx, name="Posto Centro", kind="fixo")
        await set_service_point(tx, name="Van do Procon", kind="movel")
        await set_service_point(tx, name="Fechado", kind="fixo", active=False)
        await register_person(tx, cpf=CPF, name="Ana Antiga", email="ana@example.com")
    attendant = await browser(web, city, staff("attendant"))
    form = await attendant.get("/equipe/balcao")
    offered = form.text.split('id="posto"')[1]
    assert re.findall(r'<option value="([^"]+)"[^>]*>([^<]*)', offered) == [
        ("Posto Centro", "Posto Centro"),
        ("Van do Procon", "Van do Procon (móvel)"),
    ]
    key = re.search(r'name="_chave" value="([0-9a-f]{32})"', form.text)
    assert key is not None
    looked = await attendant.post(
        "/equipe/balcao", {"acao": "buscar", "cpf": CPF, "relato": "meio texto"}
    )
    assert looked.status_code == 200
    assert 'value="Ana Antiga"' in looked.text
    assert "meio texto" in looked.text
    assert "Já tem cadastro nesta cidade." in text_of(looked)
    data = {**FIELDS, "acao": "registrar", "posto": "Van do Procon", "_chave": key.group(1)}
    sent = await attendant.post("/equipe/balcao", data)
    assert sent.status_code == 303
    again = await attendant.post("/equipe/balcao", data)
    assert again.headers["location"] == sent.headers["location"]
    async with city.scope() as tx:
        rows = await tx.fetch("SELECT channel, service_point FROM case_file")
        suppliers = await tx.fetchval("SELECT count(*) FROM supplier")
    assert ([tuple(row) for row in rows], suppliers) == ([("post", "Van do Procon")], 1)
    receipt = await attendant.get(sent.headers["location"])
    assert receipt.status_code == 200
    number = sent.headers["location"].rsplit("/", 1)[1]
    read = text_of(receipt)
    assert number in read
    assert "Ana Souza, CPF ***.982.247-**" in read
    assert f"http://{city.host}/processos/{number}" in read
    assert 'src="data:image/svg+xml' in receipt.text
    elsewhere = await web.get(other, sent.headers["location"], actor=staff("attendant"))
    assert elsewhere.status_code == 404


async def test_receipt_warns_of_the_limit_of_the_code(web: Web, city: City) -> None:
    attendant = await browser(web, city, staff("attendant"))
    old = {"quando_dia": "1", "quando_mes": "2", "quando_ano": "2020", "acao": "registrar"}
    warned = []
    for number, problem in enumerate(("301", "401")):
        key = f"{number:032x}"
        await attendant.get("/equipe/balcao")
        sent = await attendant.post(
            "/equipe/balcao", {**FIELDS, **old, "problema": problem, "_chave": key}
        )
        receipt = await attendant.get(sent.headers["location"])
        warned.append("Registrar no Procon não para esse prazo." in text_of(receipt))
    assert warned == [True, False]


async def test_papers_survive_a_wrong_field(web: Web, city: City) -> None:
    attendant = await browser(web, city, staff("attendant"))
    form = await attendant.get("/equipe/balcao")
    key = re.search(r'name="_chave" value="([0-9a-f]{32})"', form.text)
    assert key is not None
    data = {**FIELDS, "acao": "registrar", "_chave": key.group(1), "pedido": ""}
    refused = await attendant.client.post(
        "/equipe/balcao", data=data, files={"arquivo": ("nota.png", PNG, "image/png")}
    )
    assert errors_in(refused) == ["Diga o que você quer que a empresa faça."]
    assert "Já recebidos: nota.png," in text_of(refused)
    sent = await attendant.post("/equipe/balcao", {**data, "pedido": "Trocar."})
    assert sent.status_code == 303
    async with city.scope() as tx:
        names = await tx.fetch("SELECT name FROM evidence_file WHERE case_id IS NOT NULL")
    assert [row["name"] for row in names] == ["nota.png"]
    bad = await attendant.client.post(
        "/equipe/balcao",
        data={"acao": "buscar", "_chave": "0" * 32},
        files={"arquivo": ("virus.exe", b"MZ" + b"\0" * 200, "image/png")},
    )
    assert bad.status_code == 422
    assert "virus.exe" in errors_in(bad)[0]


async def test_known_person_shows_recent_cases(web: Web, city: City) -> None:
    opened = await filed(city)
    attendant = await browser(web, city, staff("attendant"))
    await attendant.get("/equipe/balcao")
    page = await attendant.post("/equipe/balcao", {"acao": "buscar", "cpf": CPF})
    link = f'href="/equipe/processos/{opened.number}">{opened.number}: Loja Exemplo</a>'
    assert link in page.text


async def test_every_wrong_field_is_named_at_once(web: Web, city: City) -> None:
    attendant = await browser(web, city, staff("attendant"))
    await attendant.get("/equipe/balcao")
    data = {"acao": "registrar", "nome": "<b>Zé", "cpf": "1", "valor": "x", "_chave": "0" * 32}
    page = await attendant.post("/equipe/balcao", data)
    assert page.status_code == 422
    assert sorted(errors_in(page)) == sorted(
        [
            "Conte o que aconteceu.",
            "Escolha uma empresa da lista ou escreva o nome dela.",
            "Escolha o assunto mais parecido com o seu caso.",
            "Escolha o problema mais parecido com o seu.",
            "Digite a data ou marque “Não lembro a data”.",
            "Digite o valor em reais, como 1.234,56.",
            "Diga se você já falou com a empresa.",
            "Diga o que você quer que a empresa faça.",
            "O CPF tem 11 números. Confira se digitou todos.",
        ]
    )
    for target in re.findall(r'<li><a href="#([^"]+)">', page.text):
        assert f'id="{target}"' in page.text, target
    assert "<b>Zé" not in page.text
    assert 'value="&lt;b&gt;Zé"' in page.text


async def test_only_the_counter_roles(web: Web, city: City) -> None:
    for actor, status in (
        (staff("attendant"), 200),
        (staff("analyst"), 200),
        (staff("conciliator"), 403),
        (staff("cityadmin"), 403),
        (citizen(), 403),
    ):
        assert (await web.get(city, "/equipe/balcao", actor=actor)).status_code == status, actor
    nobody = await web.get(city, "/equipe/balcao")
    assert nobody.status_code == 303
