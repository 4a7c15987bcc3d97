"""Reminders: to whose turn it is, three days and one day before, never at night."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from procon.auth.actor import SYSTEM
from procon.cases.commands import Opened, issue_cip, mark_answered
from procon.cases.moves import extend_deadline
from procon.cases.queries import CaseDetail, detail_by_id
from procon.feeds.jobs import remind
from support.cities import SUPPLIER_EMAIL, City, MovingClock, filed, staff


async def with_cip(city: City) -> Opened:
    opened = await filed(city)
    async with city.scope() as tx:
        await issue_cip(tx, actor=staff(), case_id=opened.id)
    return opened


async def case_of(city: City, opened: Opened) -> CaseDetail:
    async with city.scope() as tx:
        found = await detail_by_id(tx, opened.id)
    assert found is not None
    return found


async def due_day(city: City, opened: Opened) -> date:
    deadline = (await case_of(city, opened)).deadline
    assert deadline is not None
    return deadline.due_day


def go(clock: MovingClock, city: City, day: date, hour: int, minute: int = 0) -> None:
    """Move the clock to an hour of the city."""
    at = datetime.combine(day, time(hour, minute), ZoneInfo(city.tenant.timezone))
    clock.forward(seconds=(at - clock()).total_seconds())


async def run(city: City) -> int:
    return await remind(city.db, city.tenant, lambda host, path: f"http://{host}{path}")


async def reminders(city: City) -> list[tuple[Any, ...]]:
    async with city.scope() as tx:
        rows = await tx.fetch(
            "SELECT recipient, subject, body FROM message WHERE effect_key LIKE 'reminder/%'"
            " ORDER BY id"
        )
    return [tuple(row) for row in rows]


async def test_three_days_and_one_day_before_and_once_each(
    city: City, other: City, clock: MovingClock
) -> None:
    opened = await with_cip(city)
    await with_cip(other)
    day = await due_day(city, opened)
    go(clock, city, day - timedelta(days=4), 10)
    assert await run(city) == 0
    go(clock, city, day - timedelta(days=3), 10)
    assert (await run(city), await run(city)) == (1, 0)
    go(clock, city, day - timedelta(days=2), 10)
    assert await run(city) == 0
    go(clock, city, day - timedelta(days=1), 10)
    assert (await run(city), await run(city)) == (1, 0)
    go(clock, city, day, 10)
    assert await run(city) == 0
    told = await reminders(city)
    assert [(to, subject) for to, subject, _ in told] == [
        (SUPPLIER_EMAIL, f"Seu prazo termina em 3 dias: {opened.number}"),
        (SUPPLIER_EMAIL, f"Seu prazo termina amanhã: {opened.number}"),
    ]
    assert f"em {day:%d/%m/%Y} às 23h59." in told[0][2]
    assert f"/fornecedor/processos/{opened.number}" in told[0][2]
    assert await reminders(other) == []


async def test_nothing_leaves_between_20h_and_8h(city: City, clock: MovingClock) -> None:
    day = await due_day(city, await with_cip(city))
    for when, hour in ((4, 23), (3, 0), (3, 7), (3, 20)):
        go(clock, city, day - timedelta(days=when), hour)
        assert await run(city) == 0
    go(clock, city, day - timedelta(days=3), 7, 59)
    assert await run(city) == 0
    go(clock, city, day - timedelta(days=3), 8)
    assert await run(city) == 1


async def test_the_consumer_is_reminded_of_the_rating(city: City, clock: MovingClock) -> None:
    opened = await with_cip(city)
    async with city.scope() as tx:
        await mark_answered(tx, actor=SYSTEM, case_id=opened.id, sha256="0" * 64)
    day = await due_day(city, opened)
    go(clock, city, day - timedelta(days=1), 9)
    assert await run(city) == 1
    [(to, subject, body)] = await reminders(city)
    assert to == "ana@example.com"
    assert subject == f"Seu prazo termina amanhã: {opened.number}"
    assert f"http://{city.host}/processos/{opened.number}" in body


async def test_after_an_outage_of_ours_the_truth_is_told(city: City, clock: MovingClock) -> None:
    """A reminder that is late says what is left, and the passed step is not made up for."""
    day = await due_day(city, await with_cip(city))
    go(clock, city, day, 9)
    assert await run(city) == 1
    assert [subject.partition(":")[0] for _, subject, _ in await reminders(city)] == [
        "Seu prazo termina hoje"
    ]


async def test_a_new_end_is_reminded_of_again(city: City, clock: MovingClock) -> None:
    opened = await with_cip(city)
    day = await due_day(city, opened)
    go(clock, city, day - timedelta(days=3), 9)
    assert await run(city) == 1
    deadline = (await case_of(city, opened)).deadline
    assert deadline is not None
    later = msgspec.structs.replace(
        deadline,
        due_at=deadline.due_at + timedelta(days=10),
        due_day=deadline.due_day + timedelta(days=10),
    )
    async with city.scope() as tx:
        await extend_deadline(
            tx, actor=staff(), case_id=opened.id, deadline=later, reason="Pedido."
        )
    assert await run(city) == 0
    go(clock, city, later.due_day - timedelta(days=3), 9)
    assert await run(city) == 1
    assert len(await reminders(city)) == 2
