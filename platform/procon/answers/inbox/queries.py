"""The company's cases: filtered, counted, and by page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

from msgspec import Struct

from procon.auth.companies.queries import Reach
from procon.cases.access import BEFORE_CIP
from procon.cases.standard import STANDARD
from procon.tenancy.scope import Tx

PAGE = 50
SOON = timedelta(days=7)

# What the company itself has to do something about.
COMPANY_TURN = ("cip_issued", "unanswered", "notified")
_RUNNING = ("cip_issued", "notified")

# Filter → condition; $5 states that ended, $6 the company's turn, $7 those with its deadline
# running, $8 now, $9 the end of the coming week.
FILTERS: Mapping[str, str] = MappingProxyType(
    {
        "abertos": "NOT c.status = ANY($5)",
        "semana": "c.status = ANY($7) AND c.due_at >= $8 AND c.due_at < $9",
        "vencidos": "c.status = 'unanswered' OR (c.status = ANY($7) AND c.due_at < $8)",
        "respondidos": "NOT c.status = ANY($5) AND NOT c.status = ANY($6)",
        "encerrados": "c.status = ANY($5)",
        "todos": "TRUE",
    }
)

# $1 CNPJs, $2 roots, $3 states before the supplier is told, $4 words that were searched for.
# A company that was added to another's case sees it too.
_THEIRS = (
    "c.id IN (WITH own AS (SELECT id FROM supplier WHERE cnpj = ANY($1)"
    " OR left(cnpj, 8) = ANY($2))"
    " SELECT id FROM case_file WHERE supplier_id IN (SELECT id FROM own)"
    " UNION SELECT case_id FROM case_party WHERE removed_at IS NULL"
    " AND supplier_id IN (SELECT id FROM own))"
    " AND (c.complaint_number <> '' OR (c.cip_round > 0 AND NOT c.status = ANY($3)))"
)
_FROM = (
    "FROM case_file c JOIN supplier s ON s.id = c.supplier_id JOIN person p ON p.id = c.person_id"
    " LEFT JOIN company_task t ON t.case_id = c.id AND t.root = left(s.cnpj, 8)"
)
# Parameters that a filter may not mention are named once, so that each has a type.
_TYPES = (
    "$4::text IS NOT NULL AND $5::text[] IS NOT NULL AND $6::text[] IS NOT NULL"
    " AND $7::text[] IS NOT NULL AND $8::timestamptz IS NOT NULL AND $9::timestamptz IS NOT NULL"
)
_WORDS = "($4 = '' OR c.number LIKE '%' || $4 || '%' OR p.name ILIKE '%' || $4 || '%')"


class InboxRow(Struct, frozen=True):
    """A case of the company."""

    id: UUID
    number: str
    status: str
    outcome: str
    subject: str
    person_name: str
    supplier_name: str
    cnpj: str | None
    due_at: datetime | None
    created_at: datetime
    member_name: str


class Branch(Struct, frozen=True):
    """An establishment that has cases here, and how many."""

    cnpj: str
    name: str
    cases: int


_COLUMNS = (
    "c.id, c.number, c.status, c.outcome, c.subject, p.name, s.name, s.cnpj, c.due_at,"
    " c.created_at, COALESCE(t.member_name, '')"
)
# The company's own deadline first, then what waits for others.
_ORDER = "NOT c.status = ANY($6), c.due_at NULLS LAST, c.created_at DESC, c.id"


async def inbox(
    tx: Tx, reach: Reach, *, chosen: str, words: str = "", branch: str = "", page_no: int = 1
) -> tuple[list[InboxRow], int]:
    """One page of the company's cases, and how many there are in all.

    Args:
        chosen: a key of FILTERS.
        words: part of a number or of the consumer's name; blank finds all.
        branch: a CNPJ, or "" for every one in reach.
    """
    where = f"{_THEIRS} AND {_TYPES} AND {_WORDS} AND ({FILTERS[chosen]})"
    where += " AND ($10 = '' OR s.cnpj = $10)"
    rows = await tx.fetch(
        f"SELECT {_COLUMNS}, count(*) OVER () {_FROM} WHERE {where}"
        f" ORDER BY {_ORDER} LIMIT {PAGE} OFFSET $11",
        *_arguments(tx, reach, words),
        branch,
        (page_no - 1) * PAGE,
    )
    return [InboxRow(*row[:-1]) for row in rows], int(rows[0][-1]) if rows else 0


async def inbox_counts(tx: Tx, reach: Reach) -> dict[str, int]:
    """How many cases each filter holds. One query."""
    columns = ", ".join(
        f'count(*) FILTER (WHERE {condition}) AS "{name}"' for name, condition in FILTERS.items()
    )
    row = await tx.fetchrow(
        f"SELECT {columns} {_FROM} WHERE {_THEIRS} AND {_TYPES}", *_arguments(tx, reach, "")
    )
    return {name: int(row[name]) for name in FILTERS}


async def branches_of(tx: Tx, reach: Reach) -> list[Branch]:
    """The establishments with cases here."""
    rows = await tx.fetch(
        f"SELECT s.cnpj, s.name, count(*) {_FROM} WHERE {_THEIRS} AND {_TYPES}"
        " GROUP BY s.cnpj, s.name ORDER BY s.cnpj LIMIT 500",
        *_arguments(tx, reach, ""),
    )
    return [Branch(*row) for row in rows]


async def waiting_for(tx: Tx, reach: Reach, *, limit: int) -> tuple[list[InboxRow], int]:
    """Cases in which it is the company's turn, the nearest deadline first, and how many in all."""
    where = f"{_THEIRS} AND {_TYPES} AND c.status = ANY($6)"
    rows = await tx.fetch(
        f"SELECT {_COLUMNS}, count(*) OVER () {_FROM} WHERE {where} ORDER BY {_ORDER} LIMIT $10",
        *_arguments(tx, reach, ""),
        limit,
    )
    return [InboxRow(*row[:-1]) for row in rows], int(rows[0][-1]) if rows else 0


def their_cases(reach: Reach) -> tuple[str, tuple[Any, ...]]:
    """The condition on `case_file c` for the company's cases, with its three first parameters."""
    return _THEIRS, (list(reach.cnpjs), list(reach.roots), sorted(BEFORE_CIP))


def _arguments(tx: Tx, reach: Reach, words: str) -> tuple[Any, ...]:
    escaped = words.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    ended = [state.key for state in STANDARD.states if state.ends]
    return (
        *their_cases(reach)[1],
        escaped,
        ended,
        list(COMPANY_TURN),
        list(_RUNNING),
        tx.now,
        tx.now + SOON,
    )
