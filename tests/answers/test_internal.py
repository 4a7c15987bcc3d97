"""What a company keeps for itself: nobody else sees it."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest

from cases.cases_support import HOSTILE, code_of, errors_of, events_of, issued, words
from companies.companies_support import OTHER_CNPJ, ROOT, invited, member
from procon.cases.commands import correct_supplier, declare_wrong_company
from procon.parties.commands import register_supplier
from procon.settings import Settings
from support.cities import City, citizen, filed, staff, supplier
from support.web import Web, token_in

SECRET = "A diretoria autoriza até R$ 500."  # a sentence
MODELS = "/fornecedor/modelos"


def path_of(number: str) -> str:
    return f"/fornecedor/processos/{number}"


async def commented(web: Web, city: City, number: str, text: str = SECRET) -> None:
    form = {"_chave": uuid4().hex, "comentario": text}
    sent = await web.post(city, f"{path_of(number)}/comentario", form, actor=supplier())
    assert sent.status_code == 303


async def test_comments_are_seen_by_the_company_alone(
    web: Web, city: City, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    await invited(web, city, "reads")
    await commented(web, city, case.number)
    for actor in (supplier(), member()):
        assert SECRET in words((await web.get(city, path_of(case.number), actor=actor)).text)
    consumers = await web.get(city, f"/processos/{case.number}", actor=citizen())
    office = await web.get(city, f"/equipe/processos/{case.number}", actor=staff())
    assert (consumers.status_code, office.status_code) == (200, 200)
    assert SECRET not in consumers.text + office.text
    async with await web.client(city) as browser:
        door = await browser.get("/fornecedor")
        form = {"_csrf": token_in(door.text), "codigo": code_of(city, case, settings)}
        page = await browser.get(
            (await browser.post("/fornecedor/codigo", data=form)).headers["Location"]
        )
        assert (page.status_code, SECRET in page.text) == (200, False)
        form = {"_csrf": token_in(page.text), "_chave": uuid4().hex, "comentario": "x"}
        refused = await browser.post(f"{path_of(case.number)}/comentario", data=form)
        assert refused.status_code == 403
    assert "note_written" not in await events_of(city, case)


async def test_the_next_company_of_a_case_does_not_read_the_first_ones(
    web: Web, city: City, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    await commented(web, city, case.number)
    async with city.scope() as tx:
        await declare_wrong_company(tx, actor=supplier(), case_id=case.id, text="Não é nossa.")
        other_id = await register_supplier(tx, name="Outra", cnpj=OTHER_CNPJ)
        await correct_supplier(tx, actor=staff(), case_id=case.id, supplier_id=other_id)
    await issued(city, case, settings)
    page = await web.get(city, path_of(case.number), actor=supplier(OTHER_CNPJ))
    assert (page.status_code, SECRET in page.text) == (200, False)


async def test_a_comment_sent_twice_stands_once(web: Web, city: City, settings: Settings) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    form = {"_chave": uuid4().hex, "comentario": HOSTILE}
    for _ in range(2):
        await web.post(city, f"{path_of(case.number)}/comentario", form, actor=supplier())
    page = (await web.get(city, path_of(case.number), actor=supplier())).text
    assert (page.count("DROP TABLE case_file"), "<script>alert" in page) == (1, False)


async def test_a_member_takes_care_and_the_inbox_says_so(
    web: Web, city: City, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    member_id = await invited(web, city, "answers")
    path = f"{path_of(case.number)}/cuidar"
    done = await web.post(city, path, {"pessoa": str(member_id)}, actor=supplier())
    assert done.status_code == 303
    assert "Rui Prado" in words((await web.get(city, "/fornecedor", actor=supplier())).text)
    stranger = await web.post(city, path, {"pessoa": str(uuid4())}, actor=supplier())
    assert stranger.status_code == 404
    assert (await web.post(city, path, {"pessoa": ""}, actor=member())).status_code == 303
    inbox = words((await web.get(city, "/fornecedor", actor=supplier())).text)
    assert "Rui Prado" not in inbox
    assert (await web.post(city, path, {"pessoa": "eu"}, actor=supplier())).status_code == 303
    page = words((await web.get(city, path_of(case.number), actor=supplier())).text)
    assert "Quem cuida: Loja Exemplo" in page
    assert (await web.post(city, path, {}, actor=supplier(OTHER_CNPJ))).status_code == 403


async def test_readers_give_no_tasks_and_write_no_models(
    web: Web, city: City, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    await invited(web, city, "reads")
    sent = await web.post(city, f"{path_of(case.number)}/cuidar", {"pessoa": "eu"}, actor=member())
    assert sent.status_code == 403
    form = {"empresa": ROOT, "titulo": "T", "texto": "x"}
    assert (await web.post(city, MODELS, form, actor=member())).status_code == 403


async def test_a_model_begins_the_answer_with_this_cases_words(
    web: Web, city: City, settings: Settings
) -> None:
    case = await filed(city, actor=citizen(name="Ana {{numero}} Souza"))
    await issued(city, case, settings)
    text = "Olá, {{ consumidor }}. Sobre {{assunto}}, processo {{numero}}."
    form = {"empresa": ROOT, "titulo": "Padrão", "texto": text}
    assert (await web.post(city, MODELS, form, actor=supplier())).status_code == 303
    page = (await web.get(city, path_of(case.number), actor=supplier())).text
    chosen = re.search(r'<option value="([0-9a-f-]{36})"[^>]*>Padrão', page)
    assert chosen
    filled = await web.get(
        city, path_of(case.number), actor=supplier(), params={"modelo": chosen.group(1)}
    )
    box = re.search(r'<textarea[^>]*id="resposta"[^>]*>(.*?)</textarea>', filled.text, re.DOTALL)
    assert box
    assert box.group(1).strip().startswith("Olá, Ana {{numero}} Souza. Sobre ")
    assert box.group(1).strip().endswith(f", processo {case.number}.")
    strange = await web.get(
        city, path_of(case.number), actor=supplier(), params={"modelo": str(uuid4())}
    )
    assert "Olá, " not in words(strange.text)


@pytest.mark.parametrize(
    "text", ["{{cpf}}", "{{ 7*7 }}", "{{numero.__class__}}", "{{}}", "x {{ consumidor|safe }}"]
)
async def test_a_model_with_an_unknown_placeholder_is_refused(
    web: Web, city: City, text: str
) -> None:
    form = {"empresa": ROOT, "titulo": "T", "texto": text}
    page = await web.post(city, MODELS, form, actor=supplier())
    assert (page.status_code, [field for field, _ in errors_of(page.text)]) == (422, ["texto"])


async def test_models_belong_to_one_company(web: Web, city: City, other: City) -> None:
    form = {"empresa": ROOT, "titulo": "Segredo", "texto": "x"}
    await web.post(city, MODELS, form, actor=supplier())
    page = (await web.get(city, MODELS, actor=supplier())).text
    link = re.search(rf'href="({MODELS}/[0-9a-f-]{{36}})"', page)
    assert link
    stranger = supplier(OTHER_CNPJ)
    assert "Segredo" not in (await web.get(city, MODELS, actor=stranger)).text
    assert (await web.get(city, link.group(1), actor=stranger)).status_code == 404
    assert (await web.post(city, f"{link.group(1)}/apagar", actor=stranger)).status_code == 404
    assert (await web.post(city, link.group(1), form, actor=stranger)).status_code == 403
    assert (await web.get(other, link.group(1), actor=supplier())).status_code == 404
    changed = {**form, "titulo": "Renomeado"}
    assert (await web.post(city, link.group(1), changed, actor=supplier())).status_code == 303
    assert (await web.post(city, f"{link.group(1)}/apagar", actor=supplier())).status_code == 303
    assert "Renomeado" not in words((await web.get(city, MODELS, actor=supplier())).text)
