"""The case's log: append, read, verify. One row per act; nobody may change or delete one."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from procon.auth.actor import Actor
from procon.ext.events import CaseEvent, Event, is_internal, kind_of
from procon.jobs.outbox import publish
from procon.kernel.chain import GENESIS, canonical, link
from procon.kernel.ids import new_id
from procon.tenancy.scope import Tx


class Act(Struct, frozen=True, forbid_unknown_fields=True):
    """What is hashed: who did what, when, in which place of the log."""

    seq: int
    at: datetime
    actor: str
    actor_name: str
    event: CaseEvent


class Entry(Struct, frozen=True):
    """A log entry as read."""

    act: Act
    hash: str

    @property
    def kind(self) -> str:
        """Name of the event."""
        return kind_of(self.act.event)

    @property
    def internal(self) -> bool:
        """Only the staff may see it."""
        return is_internal(self.act.event)


async def record(tx: Tx, *, actor: Actor, event: Event) -> str:
    """Append an act to its case and put its event out, in this transaction.

    The case's row must be locked by the caller (every command locks it first), so that two acts
    never get one place.

    Returns:
        The entry's hash, hexadecimal.
    """
    last = await tx.fetchrow(
        "SELECT seq, hash FROM case_log WHERE case_id = $1 ORDER BY seq DESC LIMIT 1",
        event.case_id,
    )
    seq, previous = (last["seq"] + 1, last["hash"]) if last else (1, GENESIS)
    payload = canonical(
        {
            "seq": seq,
            "at": tx.now,
            "actor": actor.label,
            "actor_name": actor.name,
            "event": msgspec.to_builtins(event),
        }
    )
    digest = link(previous, payload)
    identifier = new_id()
    await tx.execute(
        # The case keeps the newest hash too, so that cutting off the log's end shows.
        "WITH head AS (UPDATE case_file SET log_head = $5 WHERE id = $2)"
        " INSERT INTO case_log (id, case_id, seq, payload, hash) VALUES ($1, $2, $3, $4, $5)",
        identifier,
        event.case_id,
        seq,
        payload.decode(),
        digest,
    )
    await publish(tx, identifier, event)
    return digest.hex()


async def entries(tx: Tx, case_id: UUID, *, internal: bool) -> list[Entry]:
    """The log in order; without the staff's internal acts unless `internal`."""
    rows = await tx.fetch(
        "SELECT payload, hash FROM case_log WHERE case_id = $1 ORDER BY seq", case_id
    )
    found = [Entry(msgspec.json.decode(row[0], type=Act), row[1].hex()) for row in rows]
    return [entry for entry in found if internal or not entry.internal]


async def last_entry(tx: Tx, case_id: UUID) -> Entry | None:
    """The newest act, internal or not."""
    row = await tx.fetchrow(
        "SELECT payload, hash FROM case_log WHERE case_id = $1 ORDER BY seq DESC LIMIT 1", case_id
    )
    return Entry(msgspec.json.decode(row[0], type=Act), row[1].hex()) if row else None


class Verdict(Struct, frozen=True):
    """Result of checking a log. `broken_at`: place of the first wrong or missing entry, or 0."""

    entries: int
    broken_at: int


async def verify_log(tx: Tx, case_id: UUID) -> Verdict:
    """Recompute the whole chain from what is stored."""
    rows: list[Any] = await tx.fetch(
        "SELECT seq, payload, hash FROM case_log WHERE case_id = $1 ORDER BY seq", case_id
    )
    previous = GENESIS
    for place, (seq, payload, digest) in enumerate(rows, start=1):
        previous = link(previous, payload.encode())
        if seq != place or previous != digest or msgspec.json.decode(payload)["seq"] != seq:
            return Verdict(entries=len(rows), broken_at=place)
    head = await tx.fetchval("SELECT log_head FROM case_file WHERE id = $1", case_id)
    cut = bool(rows or head) and previous != head
    return Verdict(entries=len(rows), broken_at=len(rows) + 1 if cut else 0)
