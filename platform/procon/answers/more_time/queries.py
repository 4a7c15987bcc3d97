"""Requests for more time, and how much there may be."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Literal
from uuid import UUID

from msgspec import Struct

from procon.deadlines.compute import Deadline
from procon.deadlines.rules import DEFAULT_RULES
from procon.kernel.errors import NotFound
from procon.tenancy.scope import Tx

State = Literal["pending", "granted", "refused"]

# Status → rule of the deadline that may be longer in it: up to as many days again, and never more
# than the rule's most in all.
EXTENDABLE: Mapping[str, str] = MappingProxyType(
    {"cip_issued": "cip_answer", "notified": "reclamacao_defence"}
)
_REQUEST = (
    "SELECT m.id, m.case_id, m.rule_key, m.start_at, m.due_at, m.reason, m.asked_by, m.asked_at,"
    " m.state, m.days, m.answer, m.decided_by, m.decided_at FROM more_time m"
)


class Request(Struct, frozen=True):
    """One request. `days` asked for, in the deadline's unit."""

    id: UUID
    case_id: UUID
    rule_key: str
    start_at: datetime
    due_at: datetime
    reason: str
    asked_by: str
    asked_at: datetime
    state: State
    days: int
    answer: str
    decided_by: str
    decided_at: datetime | None


class Waiting(Struct, frozen=True):
    """A request in the staff's list."""

    number: str
    supplier_name: str
    days: int
    due_at: datetime
    asked_at: datetime


def most_days(deadline: Deadline | None, status: str) -> int:
    """How many days the deadline that runs may be longer; 0: not at all."""
    if deadline is None or EXTENDABLE.get(status) != deadline.rule_key:
        return 0
    room = DEFAULT_RULES[deadline.rule_key].most - deadline.amount
    return max(0, min(deadline.amount, room))


async def request_for(tx: Tx, case_id: UUID, deadline: Deadline) -> Request | None:
    """What was asked about this very deadline. An extended one starts at the same notice."""
    row = await tx.fetchrow(
        f"{_REQUEST} WHERE m.case_id = $1 AND m.rule_key = $2 AND m.start_at = $3",
        case_id,
        deadline.rule_key,
        deadline.start_at,
    )
    return Request(*row) if row else None


async def request_by_id(tx: Tx, case_id: UUID, request_id: UUID) -> Request:
    """One request of a case. Raises NotFound."""
    row = await tx.fetchrow(f"{_REQUEST} WHERE m.case_id = $1 AND m.id = $2", case_id, request_id)
    if row is None:
        raise NotFound("Não encontramos este pedido.")
    return Request(*row)


async def last_request(tx: Tx, case_id: UUID) -> Request | None:
    """The newest request of a case."""
    row = await tx.fetchrow(
        f"{_REQUEST} WHERE m.case_id = $1 ORDER BY m.asked_at DESC LIMIT 1", case_id
    )
    return Request(*row) if row else None


async def waiting_requests(tx: Tx) -> list[Waiting]:
    """Every request that waits for the staff, the nearest deadline first."""
    rows = await tx.fetch(
        "SELECT c.number, s.name, m.days, m.due_at, m.asked_at FROM more_time m"
        " JOIN case_file c ON c.id = m.case_id JOIN supplier s ON s.id = c.supplier_id"
        " WHERE m.state = 'pending' ORDER BY m.due_at, m.id LIMIT 200"
    )
    return [Waiting(*row) for row in rows]
