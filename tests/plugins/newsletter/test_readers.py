"""Signing up, confirming, leaving, being forgotten."""

from __future__ import annotations

import json
import re

import pytest

from plugins.newsletter.steps import Box, link_in, publish, send, signed_up, states, subscribe
from procon.plugged import Plugins, sweeps
from support.cities import City, MovingClock, citizen, filed, staff
from support.web import Web

pytestmark = pytest.mark.plugin("newsletter")
ROOT = "/p/newsletter"
ADMIN = staff("cityadmin", name="Nara Dias")
ANA = "ana@leitora.example"


async def test_only_a_confirmed_address_reads(
    web: Web, on: City, box: Box, plugins: Plugins
) -> None:
    await signed_up(web, on, "Ana@Leitora.Example", plugins)
    await publish(on)
    assert await send(on) == 0
    question = box.one(ANA)
    path = link_in(question.get_content(), f"{ROOT}/confirmar/")
    shown = await web.get(on, path)
    assert shown.status_code == 200
    assert "golpes" not in shown.headers.get("set-cookie", "")
    async with on.scope() as tx:
        assert await tx.fetchval("SELECT state FROM newsletter_subscriber") == "asked"
    done = await web.post(on, path)
    assert done.status_code == 303
    assert (await web.post(on, path)).status_code == 404
    async with on.scope() as tx:
        acts = await tx.fetch(
            "SELECT act, topics, words, sealed FROM newsletter_consent ORDER BY id"
        )
    assert [(row["act"], row["topics"]) for row in acts] == [
        ("asked", ["recalls", "golpes"]),
        ("confirmed", ["recalls", "golpes"]),
    ]
    assert acts[0]["words"].startswith("Quero receber por e-mail o Boletim do consumidor")
    assert b"127.0.0.1" not in acts[0]["sealed"]
    own = await web.get(on, f"{done.headers['location']}/exportar")
    (asked, confirmed) = json.loads(own.text)["consentimentos"]
    assert asked["address"] == confirmed["address"] == "127.0.0.1"


@pytest.mark.parametrize(
    "email", ["", "ana", "a@b", "a b@c.example", "a@b.example\nBcc: c@d.example", "é@b.example",
              "a..b@c.example", "<a@b.example>", "a@b.example,c@d.example", "\0@b.example",
              "a" * 65 + "@b.example", "a@" + "b" * 250 + ".example"],
)  # fmt: skip
async def test_a_bad_address_is_refused(web: Web, on: City, email: str) -> None:
    sent = await web.post(on, f"{ROOT}/assinar", {"email": email, "temas": "golpes"})
    assert sent.status_code == 422
    assert "Escreva um e-mail completo" in sent.text
    async with on.scope() as tx:
        assert await tx.fetchval("SELECT count(*) FROM newsletter_subscriber") == 0


async def test_the_question_is_not_asked_twice_at_once(
    web: Web, on: City, box: Box, plugins: Plugins, clock: MovingClock
) -> None:
    await signed_up(web, on, ANA, plugins)
    await signed_up(web, on, ANA, plugins)
    assert len(box.all(ANA)) == 1
    clock.forward(minutes=11)
    await signed_up(web, on, ANA, plugins)
    first, second = box.all(ANA)
    old = await web.get(on, link_in(first.get_content(), f"{ROOT}/confirmar/"))
    assert old.status_code == 404
    clock.forward(days=3)
    late = await web.get(on, link_in(second.get_content(), f"{ROOT}/confirmar/"))
    assert late.status_code == 409


async def test_who_never_confirms_is_forgotten(
    web: Web, on: City, plugins: Plugins, clock: MovingClock
) -> None:
    await signed_up(web, on, ANA, plugins)
    await subscribe(on, "eva@leitora.example")
    for days, kept in ((32, 2), (2, 1)):
        clock.forward(days=days)
        for sweep in sweeps(plugins, on.db):
            await sweep(on.tenant)
        async with on.scope() as tx:
            assert await tx.fetchval("SELECT count(*) FROM newsletter_subscriber") == kept


async def test_only_post_leaves_and_needs_no_token(web: Web, on: City) -> None:
    token = await subscribe(on, ANA)
    number = await publish(on)
    assert await send(on) == 1
    path = f"{ROOT}/sair/{token}?edicao={number}"
    assert (await web.get(on, path)).status_code == 200
    async with on.scope() as tx:
        assert await tx.fetchval("SELECT state FROM newsletter_subscriber") == "active"
    async with await web.client(on) as client:  # a mail provider: no cookie, no Origin
        del client.headers["Origin"]
        for _ in range(2):
            done = await client.post(path, data={"List-Unsubscribe": "One-Click"})
            assert done.status_code == 200
    async with on.scope() as tx:
        assert await tx.fetchval("SELECT state FROM newsletter_subscriber") == "left"
        left = await tx.fetchval("SELECT count(*) FROM newsletter_consent WHERE act = 'left'")
    assert left == 1
    await publish(on, "Outra")
    assert await send(on) == 0
    figures = await web.get(on, f"{ROOT}/equipe/edicoes/{number}", actor=ADMIN)
    assert figure(figures.text, "Saíram por esta edição") == "1"


async def test_a_forged_form_changes_nothing_else(web: Web, on: City) -> None:
    token = await subscribe(on, ANA)
    async with await web.client(on) as client:
        del client.headers["Origin"]
        for path in (f"meus-dados/{token}", f"meus-dados/{token}/apagar", "assinar"):
            sent = await client.post(f"{ROOT}/{path}", data={"temas": "golpes", "email": ANA})
            assert sent.status_code == 403
    async with on.scope() as tx:
        assert await tx.fetchval("SELECT state FROM newsletter_subscriber") == "active"


async def test_a_reader_chooses_other_topics(web: Web, on: City) -> None:
    token = await subscribe(on, ANA, "golpes")
    own = f"{ROOT}/meus-dados/{token}"
    assert (await web.post(on, own, {"temas": ["precos", "x"]})).status_code == 303
    assert (await web.post(on, own, {"temas": "x"})).status_code == 422
    await publish(on, topics=("golpes",))
    assert await send(on) == 0
    await publish(on, topics=("precos", "direitos"))
    assert await send(on) == 1


async def test_erasure_keeps_the_figures_and_nothing_else(web: Web, on: City) -> None:
    token = await subscribe(on, ANA)
    number = await publish(on)
    await send(on)
    done = await web.post(on, f"{ROOT}/meus-dados/{token}/apagar")
    assert (done.status_code, done.headers["location"]) == (303, ROOT)
    assert (await web.get(on, f"{ROOT}/meus-dados/{token}")).status_code == 404
    assert await states(on) == {"sent": 1}
    async with on.scope() as tx:
        for table in ("subscriber", "topic"):
            assert await tx.fetchval(f"SELECT count(*) FROM newsletter_{table}") == 0
        rows = await tx.fetch("SELECT subscriber_id, domain FROM newsletter_delivery")
        kept = await tx.fetch("SELECT words, sealed FROM newsletter_consent")
    assert [tuple(row) for row in rows] == [(None, "")]
    assert ANA.encode() not in b"".join(bytes(row["sealed"]) for row in kept)
    page = await web.get(on, f"{ROOT}/equipe/edicoes/{number}", actor=ADMIN)
    assert figure(page.text, "Entregues ao correio") == "1"
    again = _list(f"{ANA},golpes,Sim,2026-01-02,203.0.113.9")
    sent = await web.post(
        on, f"{ROOT}/equipe/assinantes/importar", actor=ADMIN, files={"lista": ("l.csv", again)}
    )
    assert "0 incluído(s), 1 já conhecido(s)" in sent.text


async def test_an_import_needs_evidence_and_an_export_runs_nothing(web: Web, on: City) -> None:
    rows = _list(
        "eva@leitora.example,golpes direitos,Sim quero,2026-01-02T10:00:00-03:00,203.0.113.9",
        "sem@prova.example,golpes,,2026-01-02,",
        "futuro@prova.example,golpes,Sim,2999-01-02,",
        "=cmd@leitora.example,golpes,Sim,2026-01-02,",
        "x@y.example,nada,Sim,2026-01-02,",
    )
    sent = await web.post(
        on, f"{ROOT}/equipe/assinantes/importar", actor=ADMIN, files={"lista": ("l.csv", rows)}
    )
    assert sent.status_code == 200
    assert "2 incluído(s), 0 já conhecido(s)" in sent.text
    for line in ("Linha 3: falta o texto", "Linha 4: a data", "Linha 6: assunto desconhecido"):
        assert line in sent.text
    out = await web.get(on, f"{ROOT}/equipe/assinantes.csv", actor=ADMIN)
    assert [line.split(",")[0] for line in out.text.lstrip("\ufeff").splitlines()] == [
        "email",
        "'=cmd@leitora.example",
        "eva@leitora.example",
    ]
    for bad in (b"\xff\xfe", b"email\r\n", b'email,"'):
        refused = await web.post(
            on, f"{ROOT}/equipe/assinantes/importar", actor=ADMIN, files={"lista": ("l.csv", bad)}
        )
        assert refused.status_code == 422


async def test_the_staff_answers_a_data_subject(web: Web, on: City) -> None:
    await subscribe(on, ANA)
    data = await web.post(on, f"{ROOT}/equipe/assinantes/dados", {"email": ANA}, actor=ADMIN)
    assert (json.loads(data.text)["email"], data.headers["cache-control"]) == (ANA, "no-store")
    gone = await web.post(on, f"{ROOT}/equipe/assinantes/apagar", {"email": ANA}, actor=ADMIN)
    assert gone.status_code == 303
    none = await web.post(on, f"{ROOT}/equipe/assinantes/dados", {"email": ANA}, actor=ADMIN)
    assert none.status_code == 422
    for actor in (staff("analyst"), staff("attendant"), citizen()):
        denied = await web.get(on, f"{ROOT}/equipe/assinantes.csv", actor=actor)
        assert denied.status_code == 403


async def test_off_is_inert(web: Web, on: City, city: City) -> None:
    for path in ("", "/assinar", "/feed.xml", "/sair/x", "/equipe"):
        assert (await web.get(city, ROOT + path, actor=ADMIN)).status_code == 404
    async with await web.client(city) as client:
        assert (await client.post(f"{ROOT}/sair/x")).status_code == 404
        assert (await client.post(f"{ROOT}/devolucoes/x")).status_code == 404
    async with city.scope() as tx:
        assert await tx.fetchval("SELECT to_regclass('newsletter_subscriber')") is None
    assert 'href="/p/newsletter"' not in (await web.get(city, "/")).text
    assert 'href="/p/newsletter"' in (await web.get(on, "/")).text


async def test_the_consumer_hears_of_it_on_the_case(web: Web, on: City, city: City) -> None:
    for one, expected in ((on, True), (city, False)):
        opened = await filed(one)
        page = await web.get(one, f"/processos/{opened.number}", actor=citizen())
        assert page.status_code == 200
        assert ("/p/newsletter/assinar" in page.text) is expected


def figure(html: str, label: str) -> str:
    """The number beside a label of the issue's table."""
    found = re.search(rf"{label}</th><td[^>]*>(\d+)</td>", html)
    assert found
    return found.group(1)


def _list(*rows: str) -> bytes:
    head = "email,temas,texto_do_consentimento,data_do_consentimento,endereco_ip"
    return "\r\n".join((head, *rows)).encode()
