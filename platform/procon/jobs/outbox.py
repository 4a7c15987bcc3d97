"""Work that survives: rows written with the facts, done by a worker at least once.

A row is leased by moving `available_at` ahead, so a worker that dies frees it by itself. The
effect key is unique, so the same work is never put out twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
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
BATCH = 20

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


async def drain(db: Database, tenant: Tenant, handlers: Handlers) -> int:
    """Do all the tenant's due work; returns how many rows were worked on."""
    total = 0
    while rows := await _lease(db, tenant):
        for row in rows:
            work = Work(
                id=row["id"],
                effect_key=row["effect_key"],
                topic=row["topic"],
                payload=row["payload"],
                tenant=tenant,
                db=db,
            )
            await _work(work, handlers)
        total += len(rows)
    return total


async def parked(tx: Tx) -> list[tuple[str, str, str]]:
    """Work that failed for good: (topic, effect key, last error)."""
    rows = await tx.fetch(
        "SELECT topic, effect_key, last_error FROM outbox WHERE parked_at IS NOT NULL ORDER BY id"
    )
    return [tuple(row) for row in rows]


async def _lease(db: Database, tenant: Tenant) -> list[Any]:
    async with tenant_scope(db, tenant) as tx:
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
        if work.topic == EVENT_TOPIC:
            await _fan_out(work, handlers)
        else:
            await handlers[work.topic](work)
    except Exception as error:
        bound.warning("work_failed", exc_info=True)
        await _postpone(work, f"{type(error).__name__}: {error}")
        return
    async with tenant_scope(work.db, work.tenant) as tx:
        await tx.execute(
            "UPDATE outbox SET done_at = $2, last_error = '' WHERE id = $1", work.id, tx.now
        )
    bound.info("work_done")


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
                error[:2000],
            )
            return
        await tx.execute(
            "UPDATE outbox SET available_at = $2, last_error = $3 WHERE id = $1",
            work.id,
            tx.now + timedelta(seconds=5 * 2**attempts),
            error[:2000],
        )
