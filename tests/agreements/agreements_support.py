"""Days as people type them, a proposal's form, and what the tests read back."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from procon.agreements.commands import Instalment, record_agreement
from procon.auth.actor import Actor
from procon.cases.commands import Opened
from procon.cases.moves import move
from support.cities import City, MovingClock, staff
from support.web import Web

KEY = "0123456789abcdef0123456789abcdef"


def today(city: City, clock: MovingClock) -> date:
    """The city's day."""
    return clock().astimezone(ZoneInfo(city.tenant.timezone)).date()


def typed_day(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def form(city: City, clock: MovingClock, **changes: str) -> dict[str, str]:
    """300 reais in three instalments, the first in 20 days."""
    now = today(city, clock)
    return {
        "_chave": KEY,
        "responde": "",
        "tipo": "pagamento",
        "texto": "Devolução por Pix.",
        "valor": "1.000,00",
        "parcelas": "3",
        "primeira": typed_day(now + timedelta(days=20)),
        "linhas": "",
        "validade": typed_day(now + timedelta(days=10)),
        "passo": "enviar",
        **changes,
    }


def supplier_path(case: Opened) -> str:
    return f"/fornecedor/processos/{case.number}"


def consumer_path(case: Opened) -> str:
    return f"/processos/{case.number}"


async def offered(
    web: Web, city: City, case: Opened, clock: MovingClock, actor: Actor, **changes: str
) -> None:
    """The company's proposal is on the table."""
    path = f"{supplier_path(case)}/proposta"
    answer = await web.post(city, path, form(city, clock, **changes), actor=actor)
    assert (answer.status_code, answer.headers["Location"]) == (303, path)


async def proposal_ids(city: City, case: Opened) -> list[tuple[str, str]]:
    """(id, status) of each proposal, oldest first."""
    async with city.scope() as tx:
        rows = await tx.fetch(
            "SELECT id, status FROM proposal WHERE case_id = $1 ORDER BY made_at, id", case.id
        )
    return [(str(row[0]), row[1]) for row in rows]


async def agreements(city: City, case: Opened) -> list[tuple[str, str, Decimal | None]]:
    """(source, status, total) of each agreement."""
    async with city.scope() as tx:
        rows = await tx.fetch(
            "SELECT source, status, total FROM agreement WHERE case_id = $1 ORDER BY id", case.id
        )
    return [(row[0], row[1], row[2]) for row in rows]


async def dates(city: City, case: Opened) -> list[tuple[str, date, Decimal, str]]:
    """(id, day, amount, status) of each date of the case's agreements."""
    async with city.scope() as tx:
        rows = await tx.fetch(
            "SELECT i.id, i.due_on, i.amount, i.status FROM agreement_instalment i"
            " JOIN agreement a ON a.id = i.agreement_id WHERE a.case_id = $1 ORDER BY i.n",
            case.id,
        )
    return [(str(row[0]), row[1], row[2], row[3]) for row in rows]


async def agreed(city: City, case: Opened, *instalments: Instalment) -> None:
    """The parties have an agreement, and the case is in its fulfilment."""
    total = sum((one.amount for one in instalments), Decimal(0))
    async with city.scope() as tx:
        await record_agreement(
            tx,
            actor=staff(),
            case_id=case.id,
            source="proposal",
            text="Devolução por Pix.",
            instalments=list(instalments),
            total=total,
        )
        await move(tx, actor=staff(), side="staff", case_id=case.id, transition="settle")


async def questions(city: City) -> list[tuple[str, str]]:
    """(recipient, subject) of every question about a date, oldest first."""
    async with city.scope() as tx:
        rows = await tx.fetch(
            "SELECT recipient, subject FROM message WHERE effect_key LIKE 'agreement/%' ORDER BY id"
        )
    return [(row[0], row[1]) for row in rows]


async def sentences(city: City, case: Opened) -> list[str]:
    """What the log says, for the acts that this slice writes."""
    async with city.scope() as tx:
        rows = await tx.fetch(
            "SELECT payload::jsonb->'event'->>'sentence' FROM case_log WHERE case_id = $1"
            " AND payload::jsonb->'event'->>'kind' IN ('act_recorded', 'case_moved') ORDER BY seq",
            case.id,
        )
    return [row[0] for row in rows]


async def topics(city: City, case: Opened) -> list[str]:
    """Topic or transition of each act that this slice writes, in the log's order."""
    async with city.scope() as tx:
        rows = await tx.fetch(
            "SELECT coalesce(payload::jsonb->'event'->>'topic',"
            " payload::jsonb->'event'->>'transition') FROM case_log WHERE case_id = $1"
            " AND payload::jsonb->'event'->>'kind' IN ('act_recorded', 'case_moved') ORDER BY seq",
            case.id,
        )
    return [row[0] for row in rows]


def at_hour(city: City, clock: MovingClock, *, days: int, hour: int) -> datetime:
    """Move the clock to this hour of the city's day that is `days` ahead of today."""
    zone = ZoneInfo(city.tenant.timezone)
    now = clock().astimezone(zone)
    wanted = datetime(now.year, now.month, now.day, hour, 0, tzinfo=zone) + timedelta(days=days)
    clock.forward(seconds=(wanted - now).total_seconds())
    return wanted


def working_day(city: City, clock: MovingClock, *, ahead: int) -> date:
    """A Tuesday at least `ahead` days away: its next working day is known without a calendar.

    Not near the end of the year, so that no holiday is in between.
    """
    day = today(city, clock) + timedelta(days=ahead)
    while day.weekday() != 1:
        day += timedelta(days=1)
    return day


def notice_of(page: str) -> str:
    """The banner at the page's top."""
    found = re.search(r'<p class="govuk-notification-banner__heading">(.*?)</p>', page, re.DOTALL)
    return found.group(1).strip() if found else ""
