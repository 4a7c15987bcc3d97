"""From the case to the imitated court and back, through the real worker's handlers."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from courts.conftest import provisioned
from courts.courts_support import (
    ANALYST,
    approved,
    at,
    base,
    handovers,
    office,
    only,
    own,
    prepared,
    rounds,
    send,
)
from plugins.court_mni.mni_support import PASSWORD, VARIABLE
from procon.embedded.court import Court, CourtServer
from procon.settings import Settings
from procon.tenancy.manifest import Tenant
from procon.tenancy.scope import Database
from support.cities import City, MovingClock, citizen, filed
from support.web import Web

SLUG = "interligada"


@pytest.fixture
async def court(monkeypatch: pytest.MonkeyPatch, clock: MovingClock) -> AsyncIterator[CourtServer]:
    monkeypatch.setenv(VARIABLE, PASSWORD)
    court = Court(password=PASSWORD, now=clock)
    async with CourtServer(court, slow_seconds=3) as server:
        yield server


@pytest.fixture
async def wired(
    owner: Database, db: Database, web: Web, tenants: tuple[Tenant, ...], court: CourtServer
) -> AsyncIterator[City]:
    """A city whose court is the imitated one; empty at the start of each test."""
    settings = {
        "title": "Tribunal de teste",
        "endpoint": court.endpoint,
        "user": "procon-interligado",
        "password": "secret://TEST_COURT",
        "locality": "0114",
        "timeout_seconds": 2,
        "lookup": "immediate",
    }
    tenant = replace(
        tenants[0],
        slug=SLUG,
        name="Procon Interligado",
        hosts=(f"{SLUG}.localhost",),
        ports={"court": "court_mni"},
        plugins={"court_mni": settings},
    )
    async with provisioned(owner, web, db, tenant) as found:
        yield found


@pytest.mark.parametrize("behaviour", ["lost", "slow", "cut", "down", "fault"])
async def test_whatever_the_line_does_there_is_one_case(
    web: Web,
    wired: City,
    other: City,
    court: CourtServer,
    *,
    clock: MovingClock,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    behaviour: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    case = await filed(wired)
    await at(wired, case, "unsolved")
    await approved(web, wired, case)
    court.court.plan = [behaviour]  # type: ignore[list-item]  # one of the behaviours
    await send(web, wired, case)
    await send(web, wired, case)
    await rounds(wired, clock, office(settings), times=3)
    row = await only(wired, case)
    (there,) = court.court.cases.values()
    assert (row.status, row.court_number, row.protocol) == (
        "delivered",
        there.number.printed,
        there.protocol,
    )
    assert there.number.printed in (await web.get(wired, own(case), actor=citizen())).text
    seen = capsys.readouterr()
    assert PASSWORD not in "".join((caplog.text, seen.out, seen.err))
    # The city beside it, whose court gets packages, has nothing of this.
    async with other.scope() as tx:
        assert await tx.fetchval("SELECT count(*) FROM court_handover") == 0
    assert (await web.get(other, base(case), actor=ANALYST)).status_code == 404


async def test_a_refusal_comes_back_with_the_courts_words(
    web: Web, wired: City, court: CourtServer, clock: MovingClock, settings: Settings
) -> None:
    case = await filed(wired)
    await at(wired, case, "unsolved")
    await approved(web, wired, case)
    court.court.plan = ["refuse"]
    await send(web, wired, case)
    await rounds(wired, clock, office(settings))
    row = await only(wired, case)
    assert (row.status, row.message) == (
        "refused",
        "Documento em desacordo com as regras deste tribunal.",
    )
    again = await prepared(web, wired, case, text="Corrigido.")
    await web.post(wired, f"{own(case)}/aprovar", {"sha256": again.sha256}, actor=citizen())
    await send(web, wired, case)
    await rounds(wired, clock, office(settings))
    assert [one.status for one in await handovers(wired, case)] == ["refused", "delivered"]
