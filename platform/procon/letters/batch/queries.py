"""Reads of batches."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from procon.tenancy.scope import Tx


class Batch(Struct, frozen=True):
    """A batch. `words`: what goes into the field "ato.texto"; `size`: of the joined PDF, bytes."""

    id: UUID
    code: str
    title: str
    wording_version: int
    body: str
    words: str
    total: int
    state: str
    size: int | None
    created_by: str
    created_name: str
    created_at: datetime
    finished_at: datetime | None


class Item(Struct, frozen=True):
    """One case of a batch. `code` is the letter's verification code."""

    place: int
    case_id: UUID
    letter_id: UUID
    code: str
    year: int | None
    number: int | None
    state: str
    reason: str


class Progress(Struct, frozen=True):
    """How far a batch is."""

    done: int
    failed: int
    waiting: int


_BATCH = (
    "id, code, title, wording_version, body, words, total, state, size, created_by, created_name,"
    " created_at, finished_at"
)


async def batch_by_id(tx: Tx, batch_id: UUID) -> Batch | None:
    """The batch, or None."""
    row = await tx.fetchrow(f"SELECT {_BATCH} FROM letter_batch WHERE id = $1", batch_id)
    return Batch(*row) if row else None


async def recent_batches(tx: Tx, limit: int = 20) -> list[Batch]:
    """The newest first."""
    rows = await tx.fetch(
        f"SELECT {_BATCH} FROM letter_batch ORDER BY created_at DESC, id DESC LIMIT $1", limit
    )
    return [Batch(*row) for row in rows]


async def waiting_items(tx: Tx, batch_id: UUID, first: int, count: int) -> list[Item]:
    """What is still to be printed of `count` places from `first` on."""
    rows = await tx.fetch(
        "SELECT place, case_id, letter_id, code, year, number, state, reason"
        " FROM letter_batch_item WHERE batch_id = $1 AND place >= $2 AND place < $3"
        " AND state = 'waiting' ORDER BY place",
        batch_id,
        first,
        first + count,
    )
    return [Item(*row) for row in rows]


async def progress_of(tx: Tx, batch_id: UUID) -> Progress:
    """Counts by state."""
    rows = await tx.fetch(
        "SELECT state, count(*) FROM letter_batch_item WHERE batch_id = $1 GROUP BY state", batch_id
    )
    counts = {row[0]: row[1] for row in rows}
    return Progress(counts.get("done", 0), counts.get("failed", 0), counts.get("waiting", 0))


async def failed_items(tx: Tx, batch_id: UUID) -> list[tuple[str, str]]:
    """Number of the case and why no letter came out, of the first hundred."""
    rows = await tx.fetch(
        "SELECT c.number, i.reason FROM letter_batch_item i JOIN case_file c ON c.id = i.case_id"
        " WHERE i.batch_id = $1 AND i.state = 'failed' ORDER BY i.place LIMIT 100",
        batch_id,
    )
    return [(row[0], row[1]) for row in rows]


async def cases_by_number(tx: Tx, numbers: list[str]) -> list[tuple[UUID, str, str, str]]:
    """Id, number, consumer and company of the cases that exist, in the order of `numbers`."""
    rows = await tx.fetch(
        "SELECT c.id, c.number, p.name, s.name FROM unnest($1::text[]) WITH ORDINALITY AS n (v, i)"
        " JOIN case_file c ON c.number = n.v JOIN person p ON p.id = c.person_id"
        " JOIN supplier s ON s.id = c.supplier_id ORDER BY n.i",
        numbers,
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]
