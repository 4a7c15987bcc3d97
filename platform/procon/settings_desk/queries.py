"""Deadlines that run in open cases, to see what a change would do to them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from procon.deadlines.compute import Deadline
from procon.tenancy.scope import Tx

# The day-by-day steps are most of a stored deadline, and a recount makes its own.
_OPEN = """
SELECT c.id, c.number, s.name, jsonb_set(c.deadline::jsonb, '{steps}', '[]')::text
FROM case_file c JOIN supplier s ON s.id = c.supplier_id
WHERE c.due_at >= $1 AND c.deadline <> '' AND c.closed_at IS NULL
    AND ($2 = '' OR starts_with(c.deadline, '{"rule_key":"' || $2 || '"'))
ORDER BY c.due_at, c.id
"""


class OpenDeadline(Struct, frozen=True):
    """A stored deadline of an open case. Its `steps` are left out."""

    case_id: UUID
    number: str
    supplier_name: str
    deadline: Deadline


async def open_deadlines(tx: Tx, *, since: datetime, key: str = "") -> list[OpenDeadline]:
    """Deadlines of open cases that end at `since` or later; of one rule when `key` is given."""
    rows = await tx.fetch(_OPEN, since, key)
    return [
        OpenDeadline(row[0], row[1], row[2], msgspec.json.decode(row[3], type=Deadline))
        for row in rows
    ]
