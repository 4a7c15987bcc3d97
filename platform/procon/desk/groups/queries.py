"""Many complaints about one problem of one company."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from procon.tenancy.scope import Tx

LEAST = 5  # complaints
WITHIN = timedelta(days=60)
SUGGESTIONS_MOST = 50
# Cases added to a collective at once; as many as a bulk act takes.
MEMBERS_MOST = 1_000


class Suggestion(Struct, frozen=True):
    """A company and a problem that stand out. `count`: complaints in the last WITHIN."""

    supplier_id: UUID
    supplier_name: str
    problem: str
    count: int
    first_at: datetime


class Collective(Struct, frozen=True):
    """A collective case. `fresh`: complaints that fit and are not in it yet."""

    id: UUID
    supplier_id: UUID
    supplier_name: str
    problem: str
    created_by: str
    created_at: datetime
    members: int
    fresh: int


class Member(Struct, frozen=True):
    """A case of a collective."""

    id: UUID
    number: str
    status: str
    outcome: str
    person_name: str
    created_at: datetime


class Membership(Struct, frozen=True):
    """The collective of one case."""

    id: UUID
    supplier_name: str
    members: int


async def suggestions(tx: Tx) -> list[Suggestion]:
    """What may deserve a collective case, the most complaints first."""
    rows = await tx.fetch(
        "SELECT g.supplier_id, s.name, g.problem, g.found, g.first_at FROM ("
        " SELECT c.supplier_id, c.problem, count(*) AS found, min(c.created_at) AS first_at"
        " FROM case_file c WHERE c.created_at >= $1 AND c.problem <> ''"
        " GROUP BY c.supplier_id, c.problem HAVING count(*) >= $2) g"
        " JOIN supplier s ON s.id = g.supplier_id"
        " WHERE NOT EXISTS (SELECT 1 FROM collective_case k"
        " WHERE k.supplier_id = g.supplier_id AND k.problem = g.problem)"
        " ORDER BY g.found DESC, s.name, g.problem LIMIT $3",
        tx.now - WITHIN,
        LEAST,
        SUGGESTIONS_MOST,
    )
    return [Suggestion(*row) for row in rows]


_COLLECTIVE = """
SELECT k.id, k.supplier_id, s.name, k.problem, k.created_by, k.created_at,
    (SELECT count(*) FROM collective_member m WHERE m.collective_id = k.id),
    (SELECT count(*) FROM case_file c WHERE c.supplier_id = k.supplier_id
        AND c.problem = k.problem AND c.created_at >= k.created_at - $1::interval
        AND NOT EXISTS (SELECT 1 FROM collective_member m WHERE m.case_id = c.id))
FROM collective_case k JOIN supplier s ON s.id = k.supplier_id
"""


async def collectives(tx: Tx) -> list[Collective]:
    """The city's collective cases, the newest first."""
    rows = await tx.fetch(f"{_COLLECTIVE} ORDER BY k.created_at DESC, k.id LIMIT 200", WITHIN)
    return [Collective(*row) for row in rows]


async def collective_by_id(tx: Tx, collective_id: UUID) -> Collective | None:
    """One collective case, or None."""
    row = await tx.fetchrow(f"{_COLLECTIVE} WHERE k.id = $2", WITHIN, collective_id)
    return Collective(*row) if row else None


async def members_of(tx: Tx, collective_id: UUID) -> list[Member]:
    """Its cases, the oldest first."""
    rows = await tx.fetch(
        "SELECT c.id, c.number, c.status, c.outcome, p.name, c.created_at"
        " FROM collective_member m JOIN case_file c ON c.id = m.case_id"
        " JOIN person p ON p.id = c.person_id WHERE m.collective_id = $1"
        " ORDER BY c.created_at, c.id LIMIT $2",
        collective_id,
        MEMBERS_MOST,
    )
    return [Member(*row) for row in rows]


async def collective_of(tx: Tx, case_id: UUID) -> Membership | None:
    """The collective that a case belongs to, or None."""
    row = await tx.fetchrow(
        "SELECT k.id, s.name, (SELECT count(*) FROM collective_member o"
        " WHERE o.collective_id = k.id) FROM collective_member m"
        " JOIN collective_case k ON k.id = m.collective_id"
        " JOIN supplier s ON s.id = k.supplier_id WHERE m.case_id = $1",
        case_id,
    )
    return Membership(*row) if row else None
