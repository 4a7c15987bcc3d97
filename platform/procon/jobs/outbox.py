"""Work that survives: rows written with the facts, done by a worker at least once.

A row is leased by moving `available_at` ahead, so a worker that dies frees it by itself. The
effect key is unique, so the same work is never put out twice.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from operator import itemgetter
from typing import Any
from uuid import UUID

import msgspec
import structlog
from msgspec import Struct

from procon.ext.events import CaseEvent, Event, kind_of
from procon.kernel.ids import new_id
from procon.tenancy.manifest import Tenant
from procon.tenancy.scope import Database, Tx, tenant_scope

LEASE = timedelta(seconds=60)
ATTEMPTS_MOST = 8
EVENT_TOPIC = "event"
DIED = "the worker ended before this did"
BATCH = 20
# A batch is begun only in the first half of its lease and no handler outlasts the other half:
# whoever leases the row next never meets this worker still at it.
START_SECONDS = LEASE.total_seconds() / 2
HANDLER_SECONDS = LEASE.total_seconds() / 2 - 5

log = structlog.get_logger()


class Work(Struct, frozen=True):
    """One leased row, as its handler gets it.

    `effect_key` names the effect: a handler that is called again with the same key must not
    have it twice.
    """

    id: UUID
    effect_key: str
    topic: str
    payload: str
    tenant: Tenant
    db: Database

    def event(self) -> CaseEvent:
        """The event in the payload."""
        decoded: CaseEvent = msgspec.json.decode(self.payload, type=CaseEvent)
        return decoded


Handler = Callable[[Work], Awaitable[None]]
# Topic → handler. Event handlers have the topic "<event kind>/<name>".
Handlers = Mapping[str, Handler]


async def put_out(
    tx: Tx, *, topic: str, payload: Any, effect_key: str, delay: timedelta = timedelta()
) -> None:
    """Promise work in this transaction; a second call with the same `effect_key` does nothing."""
    await tx.execute(
        "INSERT INTO outbox (id, effect_key, topic, payload, created_at, available_at)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (effect_key) DO NOTHING",
        new_id(),
        effect_key,
        topic,
        msgspec.json.encode(payload).decode(),
        tx.now,
        tx.now + delay,
    )
    tx.put_out = True


async def publish(tx: Tx, event_id: UUID, event: Event) -> None:
    """Put an event out; its handlers are found when it is worked on."""
    await put_out(tx, topic=EVENT_TOPIC, payload=event, effect_key=f"event/{event_id}")


async def drain(
    db: Database, tenant: Tenant, handlers: Handlers, *, most: int | None = None
) -> int:
    """Do the tenant's due work; returns how many rows were worked on.

    Args:
        most: stop after the batch that reaches this many rows, so that one city with much to
            send does not keep the others waiting. None: until nothing is due.
    """
    total = 0
    while most is None or total < most:
        started = time.monotonic()
        rows = await _lease(db, tenant)
        if not rows:
            break
        for row in sorted(rows, key=itemgetter("id")):
            if time.monotonic() - started > START_SECONDS:
                break  # the rest comes back by itself when its lease ends
            work = Work(
                id=row["id"],
                effect_key=row["effect_key"],
                topic=row["topic"],
                payload=row["payload"],
                tenant=tenant,
                db=db,
            )
            await _work(work, handlers)
            total += 1
    return total


async def parked(tx: Tx) -> list[tuple[str, str, str]]:
    """Work that failed for good: (topic, effect key, last error)."""
    rows = await tx.fetch(
        "SELECT topic, effect_key, last_error FROM outbox WHERE parked_at IS NOT NULL ORDER BY id"
    )
    return [tuple(row) for row in rows]


async def _lease(db: Database, tenant: Tenant) -> list[Any]:
    async with tenant_scope(db, tenant) as tx:
        # Due again after the last try, yet nobody wrote down how it failed: the worker died of it.
        await tx.execute(
            "UPDATE outbox SET parked_at = $1, last_error = $3 WHERE done_at IS NULL"
            " AND parked_at IS NULL AND available_at <= $1 AND attempts >= $2",
            tx.now,
            ATTEMPTS_MOST,
            DIED,
        )
        return await tx.fetch(
            "UPDATE outbox SET available_at = $2, attempts = attempts + 1 WHERE id IN ("
            " SELECT id FROM outbox WHERE done_at IS NULL AND parked_at IS NULL"
            " AND available_at <= $1 ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED)"
            " RETURNING id, effect_key, topic, payload",
            tx.now,
            tx.now + LEASE,
            BATCH,
        )


async def _work(work: Work, handlers: Handlers) -> None:
    bound = log.bind(tenant=work.tenant.slug, topic=work.topic, effect=work.effect_key)
    try:
        async with asyncio.timeout(HANDLER_SECONDS):
            if work.topic == EVENT_TOPIC:
                await _fan_out(work, handlers)
            else:
                await handlers[work.topic](work)
    except Exception as error:
        bound.warning("work_failed", exc_info=True)
        await _postpone(work, _storable(f"{type(error).__name__}: {error}"))
        return
    async with tenant_scope(work.db, work.tenant) as tx:
        await tx.execute(
            "UPDATE outbox SET done_at = $2, last_error = '' WHERE id = $1", work.id, tx.now
        )
    bound.info("work_done")


def _storable(text: str) -> str:
    """PostgreSQL keeps no NUL and no lone surrogate; an error that quotes one must not stop us."""
    return text[:2000].replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()


async def _fan_out(work: Work, handlers: Handlers) -> None:
    """One row for each handler of the event, so that one failing does not repeat the others."""
    event = work.event()
    prefix = f"{kind_of(event)}/"
    async with tenant_scope(work.db, work.tenant) as tx:
        for topic in sorted(handlers):
            if topic.startswith(prefix):
                await put_out(
                    tx, topic=topic, payload=event, effect_key=f"{work.effect_key}/{topic}"
                )


async def _postpone(work: Work, error: str) -> None:
    """Try again later, twice as late each time; after the last try park the row for a person."""
    async with tenant_scope(work.db, work.tenant) as tx:
        attempts = await tx.fetchval("SELECT attempts FROM outbox WHERE id = $1", work.id)
        if attempts >= ATTEMPTS_MOST:
            await tx.execute(
                "UPDATE outbox SET parked_at = $2, last_error = $3 WHERE id = $1",
                work.id,
                tx.now,
                error,
            )
            return
        await tx.execute(
            "UPDATE outbox SET available_at = $2, last_error = $3 WHERE id = $1",
            work.id,
            tx.now + timedelta(seconds=5 * 2**attempts),
            error,
        )
