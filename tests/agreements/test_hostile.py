"""Whatever is sent to these pages, nothing is our fault and nothing is agreed."""

from __future__ import annotations

import pytest

from agreements.agreements_support import (
    agreements,
    consumer_path,
    form,
    offered,
    proposal_ids,
    supplier_path,
)
from cases.cases_support import issued, status_of
from procon.auth.actor import Actor
from procon.settings import Settings
from support.cities import City, MovingClock, citizen, filed, staff, supplier
from support.web import Web

FORM = "application/x-www-form-urlencoded"
VALUES = (
    b"%00",
    b"%FF%FE",
    b"%ED%A0%80",
    b"9" * 5_000,
    b"NaN",
    b"31%2F12%2F9999",
    b"%D9%A1%D9%A2",
    b"%E2%80%AE%E2%80%8B",
    b"00000000-0000-0000-0000-000000000000",
)
FIELDS = ("tipo", "texto", "valor", "parcelas", "primeira", "linhas")
FIELDS += ("validade", "responde", "passo", "_chave", "proposta", "motivo", "data", "resposta")


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value[:20].decode())
async def test_no_value_breaks_a_page_or_makes_an_agreement(
    web: Web, city: City, clock: MovingClock, settings: Settings, value: bytes
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    await offered(web, city, case, clock, supplier())
    before = await proposal_ids(city, case)
    everything = b"&".join(name.encode() + b"=" + value for name in FIELDS)
    sides: list[tuple[str, Actor]] = [
        (supplier_path(case), supplier()),
        (consumer_path(case), citizen()),
    ]
    paths = [
        (f"{base}/{tail}", actor)
        for base, actor in sides
        for tail in (
            "proposta",
            "proposta/aceitar",
            "proposta/recusar",
            "proposta/retirar",
            "acordo",
        )
    ]
    paths.append((f"/equipe/processos/{case.number}/acordo", staff("analyst")))
    for path, actor in paths:
        async with await web.client(city, actor) as browser:
            for kind, body in ((FORM, everything), ("application/json", value)):
                answer = await browser.post(path, content=body, headers={"Content-Type": kind})
                assert answer.status_code < 500, (path, kind)
    assert await proposal_ids(city, case) == before
    assert await agreements(city, case) == []
    assert await status_of(city, case) == ("cip_issued", "")


@pytest.mark.parametrize("name", ["valor", "parcelas", "primeira", "linhas", "validade", "texto"])
async def test_one_bad_field_among_good_ones_is_refused_or_shown_never_a_fault(
    web: Web, city: City, clock: MovingClock, settings: Settings, name: str
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    typed = form(city, clock, passo="conferir")
    bad = ["\x00", "9" * 5_000, "99999999999999999999", "-1", "NaN", "31/12/9999", "٣", "\u202e"]
    for value in bad:
        answer = await web.post(
            city, f"{supplier_path(case)}/proposta", {**typed, name: value}, actor=supplier()
        )
        assert answer.status_code in {200, 422}, value[:20]
    assert await proposal_ids(city, case) == []
