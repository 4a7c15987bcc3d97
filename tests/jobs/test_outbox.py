"""A promise is kept once, whatever fails: the row is the truth."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from jobs.conftest import Inbox
from jobs.killed_worker import DIED
from procon.ext.events import SupplierEntered
from procon.jobs import outbox
from procon.jobs.outbox import Handler, Work, drain, parked, put_out
from procon.settings import Settings
from procon.tenancy.scope import Database
from support.cities import City, MovingClock, citizen, filed

WORK = "probe/work"


async def rows(city: City) -> list[tuple[str, int, bool, bool]]:
    """(topic, attempts, done, parked) of everything put out."""
    async with city.scope() as tx:
        found = await tx.fetch(
            "SELECT topic, attempts, done_at IS NOT NULL, parked_at IS NOT NULL FROM outbox"
            " ORDER BY id"
        )
    return [tuple(row) for row in found]


async def promise(city: City, *keys: str) -> None:
    """Work for the topic WORK, one row for each key."""
    async with city.scope() as tx:
        for key in keys:
            await put_out(tx, topic=WORK, payload=key, effect_key=key)


def failing(times: int, error: Callable[[], Exception]) -> tuple[Handler, list[str]]:
    """A handler that fails so often, and the effect keys it was called with."""
    calls: list[str] = []

    async def handle(work: Work) -> None:
        calls.append(work.effect_key)
        if len(calls) <= times:
            raise error()

    return handle, calls


async def counts(city: City) -> tuple[int, int, int]:
    """How many cases, log entries and outbox rows there are."""
    async with city.scope() as tx:
        row = await tx.fetchrow(
            "SELECT (SELECT count(*) FROM case_file), (SELECT count(*) FROM case_log),"
            " (SELECT count(*) FROM outbox)"
        )
    return tuple(row)


async def test_case_log_and_promise_are_written_together(city: City) -> None:
    await filed(city)
    assert await counts(city) == (1, 1, 1)


async def test_what_is_rolled_back_promises_nothing(city: City) -> None:
    opened = await filed(city)
    before = await counts(city)
    with pytest.raises(ZeroDivisionError):
        async with city.scope() as tx:
            await outbox.publish(tx, uuid4(), SupplierEntered(case_id=opened.id, by="govbr"))
            assert await tx.fetchval("SELECT count(*) FROM outbox") == before[2] + 1
            raise ZeroDivisionError
    assert await counts(city) == before


async def test_an_event_is_told_once_though_drained_twice(
    city: City, db: Database, handlers: dict[str, Handler], inbox: Inbox
) -> None:
    opened = await filed(city)
    await drain(db, city.tenant, handlers)
    assert await drain(db, city.tenant, handlers) == 0
    assert inbox.letters() == [(("ana@example.com",), f"Recebemos sua reclamação {opened.number}")]


async def test_two_workers_at_once_tell_each_event_once(
    city: City, db: Database, handlers: dict[str, Handler], inbox: Inbox
) -> None:
    opened = [await filed(city, key=f"k{n}") for n in range(12)]
    await asyncio.gather(*(drain(db, city.tenant, handlers) for _ in range(2)))
    subjects = sorted(subject for _, subject in inbox.letters())
    assert subjects == sorted(f"Recebemos sua reclamação {case.number}" for case in opened)


async def test_no_row_is_leased_to_two_workers(city: City, db: Database) -> None:
    for turn in range(5):
        await promise(city, *(f"{turn}/{n}" for n in range(40)))
        leased = await asyncio.gather(*(outbox._lease(db, city.tenant) for _ in range(4)))
        keys = [row["effect_key"] for rows in leased for row in rows]
        assert len(keys) == len(set(keys))


async def test_one_citys_worker_never_does_the_others_work(
    city: City, other: City, db: Database
) -> None:
    handle, calls = failing(0, ValueError)
    await promise(city, "ours")
    await promise(other, "theirs")
    await drain(db, city.tenant, {WORK: handle})
    assert calls == ["ours"]
    assert await rows(other) == [(WORK, 0, False, False)]


async def test_the_same_effect_is_never_promised_twice(city: City) -> None:
    await promise(city, "once")
    await promise(city, "once")
    assert await rows(city) == [(WORK, 0, False, False)]


async def test_work_that_fails_is_tried_again_later_and_then_done(
    city: City, db: Database, clock: MovingClock
) -> None:
    handle, calls = failing(2, lambda: OSError("no route"))
    await promise(city, "one")
    assert await drain(db, city.tenant, {WORK: handle}) == 1
    assert await drain(db, city.tenant, {WORK: handle}) == 0
    clock.forward(seconds=11)
    assert await drain(db, city.tenant, {WORK: handle}) == 1
    clock.forward(seconds=21)
    assert await drain(db, city.tenant, {WORK: handle}) == 1
    assert calls == ["one"] * 3
    assert await rows(city) == [(WORK, 3, True, False)]


async def test_work_is_parked_after_eight_attempts_and_says_why(
    city: City, db: Database, clock: MovingClock
) -> None:
    handle, calls = failing(100, lambda: OSError("no route"))
    await promise(city, "never")
    for _ in range(12):
        await drain(db, city.tenant, {WORK: handle})
        clock.forward(hours=1)
    assert len(calls) == 8
    async with city.scope() as tx:
        assert await parked(tx) == [(WORK, "never", "OSError: no route")]


async def test_work_without_a_handler_is_parked_not_lost(
    city: City, db: Database, clock: MovingClock
) -> None:
    await promise(city, "nobody")
    for _ in range(8):
        await drain(db, city.tenant, {})
        clock.forward(hours=1)
    async with city.scope() as tx:
        assert await parked(tx) == [(WORK, "nobody", f"KeyError: '{WORK}'")]


async def test_one_failing_row_does_not_stop_the_rest(city: City, db: Database) -> None:
    handle, calls = failing(1, lambda: OSError("no route"))
    await promise(city, "first", "second", "third")
    await drain(db, city.tenant, {WORK: handle})
    assert calls == ["first", "second", "third"]
    assert await rows(city) == [
        (WORK, 1, False, False),
        (WORK, 1, True, False),
        (WORK, 1, True, False),
    ]


async def test_an_error_that_quotes_nul_or_a_surrogate_stops_nobody(
    city: City, db: Database
) -> None:
    handle, calls = failing(2, lambda: ValueError("bad \0 byte \ud800"))
    await promise(city, "first", "second", "third")
    await drain(db, city.tenant, {WORK: handle})
    async with city.scope() as tx:
        errors = await tx.fetch("SELECT last_error FROM outbox ORDER BY id")
    assert calls == ["first", "second", "third"]
    assert [row[0] for row in errors] == [
        "ValueError: bad \N{REPLACEMENT CHARACTER} byte ?"
    ] * 2 + [""]


async def test_a_handler_that_hangs_is_given_up_before_its_lease_ends(
    city: City, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(_: Work) -> None:
        await asyncio.Event().wait()

    lease = outbox.LEASE.total_seconds()
    assert lease > outbox.START_SECONDS + outbox.HANDLER_SECONDS
    monkeypatch.setattr(outbox, "HANDLER_SECONDS", 0.05)
    await promise(city, "hangs")
    await drain(db, city.tenant, {WORK: hang})
    async with city.scope() as tx:
        assert await tx.fetchval("SELECT last_error FROM outbox") == "TimeoutError: "


async def test_a_slow_batch_leaves_its_rest_to_the_next_lease(
    city: City, db: Database, clock: MovingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle, calls = failing(0, ValueError)
    await promise(city, "first", "second")
    monkeypatch.setattr(outbox, "START_SECONDS", -1.0)
    assert await drain(db, city.tenant, {WORK: handle}) == 0
    monkeypatch.undo()
    assert await drain(db, city.tenant, {WORK: handle}) == 0
    clock.forward(seconds=61)
    assert await drain(db, city.tenant, {WORK: handle}) == 2
    assert calls == ["first", "second"]


async def test_work_that_kills_its_worker_is_parked_at_last(
    city: City, db: Database, clock: MovingClock
) -> None:
    async def die(_: Work) -> None:
        raise SystemExit

    await promise(city, "deadly")
    for _ in range(8):
        with pytest.raises(SystemExit):
            await drain(db, city.tenant, {WORK: die})
        clock.forward(seconds=61)
    assert await drain(db, city.tenant, {WORK: die}) == 0
    async with city.scope() as tx:
        assert await parked(tx) == [(WORK, "deadly", outbox.DIED)]


async def test_killed_between_sending_and_saying_so_the_mail_goes_again_under_the_same_id(
    city: City,
    settings: Settings,
    handlers: dict[str, Handler],
    inbox: Inbox,
    clock: MovingClock,
) -> None:
    db = city.db
    await filed(city, actor=citizen())
    environment = {
        f"PROCON_{name.upper()}": str(getattr(settings, name))
        for name in settings.__struct_fields__
    }
    worker = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).with_name("killed_worker.py")),
        city.slug,
        env={**os.environ, **environment},
    )
    assert await asyncio.wait_for(worker.wait(), 60) == DIED
    await drain(db, city.tenant, handlers)
    assert len(inbox.message_ids()) == 1, "the dead worker's lease has not ended"
    clock.forward(seconds=outbox.LEASE.total_seconds() + 1)
    await drain(db, city.tenant, handlers)
    first, second = inbox.message_ids()
    assert first == second
    async with city.scope() as tx:
        assert first == f"<{await tx.fetchval('SELECT id FROM message')}@{city.host}>"
    clock.forward(seconds=61)
    await drain(db, city.tenant, handlers)
    assert inbox.message_ids() == [first, second]


async def test_a_delayed_promise_waits(city: City, db: Database, clock: MovingClock) -> None:
    handle, calls = failing(0, ValueError)
    async with city.scope() as tx:
        await put_out(tx, topic=WORK, payload=1, effect_key="later", delay=timedelta(minutes=5))
    assert await drain(db, city.tenant, {WORK: handle}) == 0
    clock.forward(minutes=6)
    assert await drain(db, city.tenant, {WORK: handle}) == 1
    assert calls == ["later"]
