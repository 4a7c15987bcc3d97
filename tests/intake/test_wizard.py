"""A citizen files a complaint online, one question per page, without JavaScript."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

import asyncpg
import pytest
from redis.asyncio import Redis

from intake.intake_support import ANSWERS, PNG, browser, errors_in, text_of
from procon.auth.actor import Actor
from procon.intake.commands import remove_expired_drafts
from procon.parties.commands import register_person, register_supplier
from support.cities import CNPJ, CPF, CPF_OTHER, City, MovingClock, citizen, filed, staff
from support.web import Web

CASES = (
    "SELECT c.number, c.subject, c.problem, c.channel, c.narrative, c.amount, c.tried,"
    " c.sac_protocol, c.wish, p.cpf, p.name, p.email, p.phone, s.name, s.cnpj FROM case_file c"
    " JOIN person p ON p.id = c.person_id JOIN supplier s ON s.id = c.supplier_id"
)


def by_email(email: str) -> Actor:
    return Actor(kind="citizen", email=email, roles=frozenset({"citizen"}))


class Refusing:
    """A pool whose database is starting up."""

    async def acquire(self) -> None:
        raise asyncpg.CannotConnectNowError("the database system is starting up")


async def count(city: City, table: str) -> int:
    async with city.scope() as tx:
        return int(await tx.fetchval(f"SELECT count(*) FROM {table}"))


async def test_anonymous_to_receipt(web: Web, city: City, other: City) -> None:
    person = await browser(web, city)
    await person.answer_all()
    page = await person.get("/reclamar/conferir")
    assert page.status_code == 200
    assert 'href="/entrar?voltar=/reclamar/conferir"' in page.text
    assert 'action="/reclamar/enviar"' not in page.text
    read = text_of(page)
    for sentence in (
        "Loja do Zé",
        "Eletrodoméstico Não entregaram",
        "R$ 1.234,56",
        "Liguei três vezes. Protocolo: SAC-77",
        "CPF ***.982.247-**",
        "Falta só entrar na sua conta",
    ):
        assert sentence in read
    refused = await person.post("/reclamar/enviar")
    assert refused.headers["location"] == "/entrar?voltar=/reclamar/conferir"
    assert await count(city, "case_file") == 0

    signed_in = await browser(web, city, citizen())
    signed_in.client.cookies.update(person.client.cookies)
    check = await signed_in.get("/reclamar/conferir")
    assert "Você está como Ana Souza" in text_of(check)
    sent = await signed_in.post("/reclamar/enviar")
    assert sent.status_code == 303
    where = sent.headers["location"]
    assert re.fullmatch(r"/reclamar/recibo/2026\S*", where)
    again = await signed_in.post("/reclamar/enviar")
    assert (again.status_code, again.headers["location"]) == (303, where)
    async with city.scope() as tx:
        rows = await tx.fetch(CASES)
        kept = await tx.fetchval("SELECT answers FROM draft")
    assert [tuple(row)[1:] for row in rows] == [
        (
            "0403",
            "401",
            "online",
            ANSWERS["o-que-houve"]["relato"],
            rows[0]["amount"],
            "Liguei três vezes.",
            "SAC-77",
            "Quero o meu dinheiro de volta.",
            CPF,
            "Ana Souza",
            "ana@example.com",
            "+5519912345678",
            "Loja do Zé",
            None,
        )
    ]
    assert (str(rows[0]["amount"]), kept) == ("1234.56", "{}")
    receipt = await signed_in.get(where)
    number = where.rsplit("/", 1)[1]
    assert receipt.status_code == 200
    assert receipt.headers["cache-control"] == "no-store"
    assert "Reclamação enviada O número do seu processo é" in text_of(receipt)
    assert f'href="/processos/{number}"' in receipt.text
    assert "Até quando Você tem uma mensagem com o resultado até" in text_of(receipt)
    assert await count(other, "case_file") == 0
    assert (await web.get(other, where, actor=citizen())).status_code == 404
    assert (await web.get(city, where, actor=citizen(CPF_OTHER))).status_code == 403
    assert (await web.get(city, where, actor=staff())).status_code == 403
    # A stale tab of the same draft leads to the receipt, not to a second case.
    stale = await signed_in.post("/reclamar/pedido", ANSWERS["pedido"])
    assert stale.headers["location"] == where


async def test_every_page_keeps_what_was_answered(web: Web, city: City) -> None:
    person = await browser(web, city)
    await person.answer_all()
    for step, fields in ANSWERS.items():
        page = await person.get(f"/reclamar/{step}")
        assert page.status_code == 200, step
        assert page.headers["cache-control"] == "no-store"
        assert "/reclamar/continuar/" in page.text
        for value in fields.values():
            assert value in page.text, (step, value)
        assert len(page.content) < 60_000
    changed = await person.post("/reclamar/pedido", {"pedido": "Quero a geladeira."})
    assert changed.headers["location"] == "/reclamar/conferir"
    assert "Quero a geladeira." in text_of(await person.get("/reclamar/conferir"))


async def test_wrong_answers_keep_what_was_typed(web: Web, city: City) -> None:
    person = await browser(web, city)
    await person.begin()
    hostile = "<script>alert(1)</script>\"'{{7*7}}"
    page = await person.post(
        "/reclamar/contato",
        {"nome": hostile, "cpf": "529.982.247-26", "email": "a b@c", "telefone": ""},
    )
    assert page.status_code == 422
    assert errors_in(page) == [
        "Este CPF não existe. Confira os números no documento.",
        "Digite um e-mail completo, como nome@exemplo.com.br.",
    ]
    assert "<title>Erro: Seus dados" in page.text
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39;{{7*7}}" in page.text
    assert 'value="529.982.247-26"' in page.text
    unchosen = await person.post("/reclamar/empresa", {})
    assert errors_in(unchosen) == ["Escolha uma empresa da lista ou escreva o nome dela."]
    assert 'id="empresa"' in unchosen.text


async def test_hostile_text_is_data(web: Web, city: City) -> None:
    person = await browser(web, city)
    hostile = "<img src=x onerror=alert(1)>'; DROP TABLE draft; -- =1+1 {{7*7}}"
    await person.answer_all(o_que_houve={"relato": hostile})
    page = await person.get("/reclamar/conferir")
    assert "<img src=x" not in page.text
    assert "&lt;img src=x onerror=alert(1)&gt;&#39;; DROP TABLE draft; -- =1+1 {{7*7}}" in page.text


async def test_files_go_with_the_complaint(web: Web, city: City) -> None:
    person = await browser(web, city, citizen())
    await person.answer_all()
    page = await person.get("/reclamar/arquivos")
    ticket = re.search(r'name="ficha" value="([^"]+)"', page.text)
    assert ticket is not None
    sent = await person.client.post(
        "/arquivos/enviar",
        data={"ficha": ticket.group(1), "voltar": "/reclamar/arquivos"},
        files={"arquivo": ("nota <b>.png", PNG, "image/png")},
    )
    assert (sent.status_code, sent.headers["location"]) == (303, "/reclamar/arquivos")
    check = await person.get("/reclamar/conferir")
    assert "Fotos e documentos nota &lt;b&gt;.png" in text_of(check)
    await person.post("/reclamar/enviar")
    async with city.scope() as tx:
        rows = await tx.fetch("SELECT name, case_id IS NOT NULL FROM evidence_file")
    assert [tuple(row) for row in rows] == [("nota <b>.png", True)]


async def test_company_is_found_by_name_trade_name_and_cnpj(
    web: Web, city: City, other: City
) -> None:
    async with city.scope() as tx:
        await register_supplier(tx, name="Comércio Silva S.A.", cnpj=CNPJ, trade_name="Loja Azul")
    async with other.scope() as tx:
        foreign = await register_supplier(tx, name="Loja Azul de Longe")
    person = await browser(web, city)
    await person.begin()
    for words in ("loja azul", "comercio silva", "11.222.333/0001-81", "Loja Azull"):
        page = await person.get(f"/reclamar/empresa?q={words}")
        assert "Comércio Silva S.A., CNPJ 11.222.333/0001-81" in text_of(page), words
        assert "Loja Azul de Longe" not in page.text
        assert f'name="empresa_nome" type="text" value="{words}"' not in page.text
    unchosen = await person.post("/reclamar/empresa", {"q": "loja azul"})
    assert errors_in(unchosen) == ["Escolha uma empresa da lista ou escreva o nome dela."]
    assert "Comércio Silva S.A., CNPJ 11.222.333/0001-81" in text_of(unchosen)
    nothing = await person.get("/reclamar/empresa?q=zzzz%25_")
    assert "Não encontramos “zzzz%_” na nossa lista." in text_of(nothing)
    assert 'value="zzzz%_"' in nothing.text
    refused = await person.post("/reclamar/empresa", {"empresa": str(foreign)})
    assert errors_in(refused) == ["Escolha uma das empresas da lista."]


async def test_subject_is_suggested_by_the_story(web: Web, city: City) -> None:
    person = await browser(web, city)
    await person.begin()
    await person.post("/reclamar/o-que-houve", ANSWERS["o-que-houve"])
    page = await person.get("/reclamar/assunto")
    assert re.findall(r'name="assunto" type="radio" value="(\d+)"', page.text)[0] == "0403"
    typed = await person.get("/reclamar/assunto?q=luz")
    assert re.findall(r'name="assunto" type="radio" value="(\d+)"', typed.text) == ["0201"]
    everything = await person.get("/reclamar/assunto?q=")
    assert len(re.findall(r'name="assunto" type="radio"', everything.text)) == 67


async def test_draft_is_resumed_by_its_link(web: Web, city: City, other: City) -> None:
    first = await browser(web, city)
    await first.begin()
    await first.post("/reclamar/o-que-houve", ANSWERS["o-que-houve"])
    page = await first.get("/reclamar/empresa")
    link = re.search(r'href="(http://[^"]*)(/reclamar/continuar/[^"]+)"', page.text)
    assert link is not None
    path = link.group(2)
    second = await browser(web, city)
    asked = await second.get(path)
    assert "Continuar de onde parei" in asked.text
    assert ANSWERS["o-que-houve"]["relato"] not in asked.text
    opened = await second.post(path)
    assert (opened.status_code, opened.headers["location"]) == (303, "/reclamar/empresa")
    assert "HttpOnly" in opened.headers["set-cookie"]
    shown = await second.get("/reclamar/o-que-houve")
    assert ANSWERS["o-que-houve"]["relato"] in shown.text
    foreign = await (await browser(web, other)).get(path)
    assert foreign.status_code == 404
    assert ANSWERS["o-que-houve"]["relato"] not in foreign.text
    async with city.scope() as tx:
        stored = await tx.fetchval("SELECT token_hash FROM draft")
    assert path.rsplit("/", 1)[1].encode() not in stored


async def test_expired_draft_says_so(web: Web, city: City, clock: MovingClock) -> None:
    person = await browser(web, city)
    await person.answer_all()
    clock.forward(days=30, seconds=5)
    page = await person.get("/reclamar/conferir")
    assert page.status_code == 404
    assert "Este rascunho não existe mais" in text_of(page)
    assert 'href="/reclamar"' in page.text
    late = await person.post("/reclamar/pedido", ANSWERS["pedido"])
    assert late.status_code == 404
    async with city.scope() as tx:
        assert await remove_expired_drafts(tx) == 1
        assert await remove_expired_drafts(tx) == 0


async def test_discarded_draft_is_gone(web: Web, city: City) -> None:
    person = await browser(web, city)
    await person.begin()
    assert (await person.post("/reclamar/descartar")).headers["location"] == "/reclamar"
    assert await count(city, "draft") == 0
    gone = await person.get("/reclamar/o-que-houve")
    assert (gone.status_code, gone.headers["location"]) == (303, "/reclamar")


async def test_no_draft_and_unknown_step(web: Web, city: City) -> None:
    person = await browser(web, city)
    away = await person.get("/reclamar/quando")
    assert (away.status_code, away.headers["location"]) == (303, "/reclamar")
    assert (await person.get("/reclamar/nada")).status_code == 404
    made_up = await person.get("/reclamar/continuar/" + "x" * 43)
    assert made_up.status_code == 404


async def test_govbr_cpf_and_name_win_over_the_typed(web: Web, city: City) -> None:
    person = await browser(web, city, citizen(CPF_OTHER, "Nome do Registro"))
    await person.answer_all()
    assert "CPF ***.444.777-**" in text_of(await person.get("/reclamar/conferir"))
    await person.post("/reclamar/enviar")
    async with city.scope() as tx:
        row = await tx.fetchrow("SELECT cpf, name FROM person")
    assert tuple(row) == (CPF_OTHER, "Nome do Registro")


async def test_email_code_cannot_take_over_anothers_cpf(web: Web, city: City) -> None:
    async with city.scope() as tx:
        await register_person(tx, cpf=CPF, name="Dona do CPF", email="dona@example.com")
    thief = await browser(web, city, by_email("ladra@example.com"))
    await thief.answer_all()
    refused = await thief.post("/reclamar/enviar")
    assert refused.status_code == 403
    assert "Só com o código por e-mail não dá para confirmar" in text_of(refused)
    assert await count(city, "case_file") == 0
    async with city.scope() as tx:
        kept = await tx.fetchrow("SELECT name, email FROM person")
    assert tuple(kept) == ("Dona do CPF", "dona@example.com")
    owner = await browser(web, city, by_email("dona@example.com"))
    owner.client.cookies.update({"procon-rascunho": thief.client.cookies["procon-rascunho"]})
    await owner.get("/reclamar/conferir")
    sent = await owner.post("/reclamar/enviar")
    assert sent.headers["location"].startswith("/reclamar/recibo/")
    assert (await owner.get(sent.headers["location"])).status_code == 200


async def test_duplicates_are_offered_to_their_owner_only(web: Web, city: City) -> None:
    opened = await filed(city)
    changes = {"empresa": {"empresa_nome": "Loja", "empresa_cnpj": CNPJ}}
    stranger = await browser(web, city)
    await stranger.answer_all(**changes)
    assert opened.number not in (await stranger.get("/reclamar/conferir")).text
    guesser = await browser(web, city, by_email("outra@example.com"))
    await guesser.answer_all(**changes)
    assert opened.number not in (await guesser.get("/reclamar/conferir")).text
    owner = await browser(web, city, citizen())
    await owner.answer_all(**changes)
    page = await owner.get("/reclamar/conferir")
    assert f'href="/processos/{opened.number}"' in page.text
    assert (await owner.post("/reclamar/enviar")).status_code == 303
    assert await count(city, "case_file") == 2


@pytest.mark.parametrize(
    ("age", "problem", "warned"), [(21, "301", True), (20, "301", False), (21, "401", False)]
)
async def test_limit_of_the_code(
    web: Web, city: City, *, clock: MovingClock, age: int, problem: str, warned: bool
) -> None:
    day = (clock() - timedelta(hours=3)).date() - timedelta(days=age)
    when = {"quando_dia": f"{day.day}", "quando_mes": f"{day.month}", "quando_ano": f"{day.year}"}
    person = await browser(web, city)
    await person.answer_all(quando=when, assunto={"assunto": "0403", "problema": problem})
    sentence = "Registrar no Procon não para esse prazo."
    assert (sentence in text_of(await person.get("/reclamar/conferir"))) is warned
    assert (sentence in text_of(await person.get("/reclamar/tentativa"))) is warned


async def test_missing_answers_lead_back_to_the_question(web: Web, city: City) -> None:
    person = await browser(web, city, citizen())
    await person.begin()
    await person.post("/reclamar/o-que-houve", ANSWERS["o-que-houve"])
    for answer in (await person.get("/reclamar/conferir"), await person.post("/reclamar/enviar")):
        assert (answer.status_code, answer.headers["location"]) == (303, "/reclamar/empresa")


async def test_staff_do_not_file_as_consumers(web: Web, city: City) -> None:
    person = await browser(web, city, staff("attendant"))
    await person.answer_all()
    refused = await person.post("/reclamar/enviar")
    assert refused.status_code == 403
    assert "A reclamação é enviada pela conta do consumidor." in text_of(refused)


async def test_too_many_drafts(web: Web, city: City) -> None:
    person = await browser(web, city)
    await person.get("/reclamar")
    statuses = [(await person.post("/reclamar")).status_code for _ in range(21)]
    assert statuses == [303] * 20 + [429]
    last = await person.post("/reclamar")
    assert "Muitas reclamações foram começadas a partir desta conexão." in text_of(last)


async def test_sent_twice_at_once_is_one_case(web: Web, city: City) -> None:
    person = await browser(web, city, citizen())
    await person.answer_all()
    both = await asyncio.gather(*(person.post("/reclamar/enviar") for _ in range(2)))
    assert [answer.status_code for answer in both] == [303, 303]
    assert both[0].headers["location"] == both[1].headers["location"]
    assert (await count(city, "case_file"), await count(city, "supplier")) == (1, 1)


async def test_without_redis_a_draft_is_written(
    web: Web, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = Redis.from_url("redis://127.0.0.1:1", socket_connect_timeout=1)
    monkeypatch.setattr(web.app.state, "redis", nowhere)
    person = await browser(web, city)
    await person.answer_all()
    assert (await person.get("/reclamar/conferir")).status_code == 200
    await nowhere.aclose()


async def test_database_down_keeps_the_text(
    web: Web, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await browser(web, city)
    await person.begin()

    with monkeypatch.context() as broken:
        broken.setattr(web.app.state.db, "pool", Refusing())
        page = await person.post("/reclamar/o-que-houve", ANSWERS["o-que-houve"])
    assert page.status_code == 503
    assert "Não conseguimos guardar a resposta agora." in text_of(page)
    assert ANSWERS["o-que-houve"]["relato"] in page.text
    again = await person.post("/reclamar/o-que-houve", ANSWERS["o-que-houve"])
    assert again.headers["location"] == "/reclamar/empresa"
