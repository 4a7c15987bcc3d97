"""The staff's list: any filter, any order, one index walk, however many cases there are."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from procon.cases.queries import CaseRow
from procon.cases.taxonomy import SUBJECTS
from procon.desk.lists.forms import ME, NOBODY, Cursor, Filter
from procon.desk.search.words import searched, tsquery
from procon.kernel.text import search_key
from procon.parties.queries import supplier_search
from procon.tenancy.scope import Tx

PAGE_SIZE = 50
COMPANIES_MOST = 50
RARE = 2_000  # cases that hold a word

# Order → what is ordered by and in which direction. An index has exactly this expression.
_DUE = "COALESCE(c.due_at, 'infinity'::timestamptz)"
_ORDERS = {
    "prazo": (_DUE, "ASC", ">"),
    "aberto": ("c.created_at", "DESC", "<"),
    "mudanca": ("c.changed_at", "DESC", "<"),
}
# First which cases, from an index that holds all of the filter's columns; then what of them shows.
_PAGE = """
WITH page AS MATERIALIZED (
    SELECT c.id, {key} AS key FROM case_file c WHERE {where}
    ORDER BY {key} {direction}, c.id {direction} LIMIT {limit:d}
)
SELECT c.id, c.number, c.status, c.outcome, c.subject, s.name, p.name, c.assigned_to,
       c.assigned_name, c.due_at, c.created_at, c.changed_at
FROM page JOIN case_file c ON c.id = page.id
JOIN supplier s ON s.id = c.supplier_id JOIN person p ON p.id = c.person_id
ORDER BY page.key {direction}, page.id {direction}
"""


class Found(Struct, frozen=True):
    """One page of the list; `next` is where the following one begins, or None."""

    rows: list[CaseRow]
    next: Cursor | None


class SavedRow(Struct, frozen=True):
    """A saved filter."""

    id: UUID
    owner: UUID
    owner_name: str
    name: str
    query: str
    shared: bool


class _Condition:
    """SQL with numbered parameters, put together piece by piece. Pieces are ours alone."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.values: list[Any] = []

    def add(self, sql: str, *values: Any) -> None:
        """One more condition; `{}` in `sql` stand for the values."""
        places = [f"${len(self.values) + place}" for place in range(1, len(values) + 1)]
        self.values += values
        self.parts.append(sql.format(*places))

    @property
    def where(self) -> str:
        """All of them together."""
        return " AND ".join(self.parts) or "TRUE"


async def list_cases(
    tx: Tx, wanted: Filter, *, me: UUID | None, after: Cursor | None = None, limit: int = PAGE_SIZE
) -> Found:
    """The cases that answer to a filter, from `after` on."""
    key, direction, beyond = _ORDERS[wanted.ordem]
    condition = await _condition(tx, wanted, me)
    if after is not None:
        if after.at is None:
            condition.add(f"({key}, c.id) {beyond} ('infinity'::timestamptz, {{}}::uuid)", after.id)
        else:
            condition.add(
                f"({key}, c.id) {beyond} ({{}}::timestamptz, {{}}::uuid)", after.at, after.id
            )
    rows = await tx.fetch(
        _PAGE.format(key=key, where=condition.where, direction=direction, limit=limit + 1),
        *condition.values,
    )
    found = [CaseRow(*row) for row in rows[:limit]]
    return Found(found, _cursor(found[-1], wanted.ordem) if len(rows) > limit else None)


async def filtered_ids(tx: Tx, wanted: Filter, *, me: UUID | None, limit: int) -> list[UUID]:
    """Ids of the first `limit` cases of a filter."""
    key, direction, _ = _ORDERS[wanted.ordem]
    condition = await _condition(tx, wanted, me)
    rows = await tx.fetch(
        f"SELECT c.id FROM case_file c WHERE {condition.where}"
        f" ORDER BY {key} {direction}, c.id {direction} LIMIT {limit:d}",
        *condition.values,
    )
    return [row["id"] for row in rows]


async def saved_filters(tx: Tx, *, me: UUID | None) -> list[SavedRow]:
    """One's own filters, then those that colleagues share."""
    rows = await tx.fetch(
        "SELECT id, owner, owner_name, name, query, shared FROM saved_filter"
        " WHERE owner = $1 OR shared ORDER BY owner <> $1, name, id",
        me,
    )
    return [SavedRow(*row) for row in rows]


async def tags_in_use(tx: Tx) -> list[str]:
    """Every tag of the city."""
    rows = await tx.fetch("SELECT DISTINCT tag FROM case_tag ORDER BY tag LIMIT 200")
    return [row["tag"] for row in rows]


async def _condition(tx: Tx, wanted: Filter, me: UUID | None) -> _Condition:
    found = _Condition()
    if wanted.estado:
        found.add("c.status = ANY({}::text[])", list(wanted.estado))
    if wanted.responsavel == NOBODY:
        found.add("c.assigned_to IS NULL")
    elif wanted.responsavel:
        found.add(
            "c.assigned_to = {}", me if wanted.responsavel == ME else UUID(wanted.responsavel)
        )
    if wanted.assunto:
        codes = [one.code for one in SUBJECTS if one.area == wanted.assunto]
        found.add("c.subject = ANY({}::text[])", codes)
    if wanted.empresa:
        found.add("c.supplier_id = ANY({}::uuid[])", await _companies(tx, wanted.empresa))
    for name, value in (("channel", wanted.canal), ("service_point", wanted.posto)):
        if value:
            found.add(f"c.{name} = {{}}", value)
    if wanted.resultado:
        found.add("c.outcome = {}", wanted.resultado)
    if wanted.etiqueta:
        found.add(
            "EXISTS (SELECT 1 FROM case_tag t WHERE t.case_id = c.id AND t.tag = {})",
            wanted.etiqueta,
        )
    if words := searched(wanted.texto):
        await _add_words(tx, found, words)
    _add_days(found, wanted, ZoneInfo(tx.tenant.timezone))
    return found


async def _add_words(tx: Tx, found: _Condition, words: list[str]) -> None:
    """Cases that hold all words. Of a rare word all cases are named: the planner takes a word for
    more frequent than it is, and would look through the whole city for a page of it."""
    rows = await tx.fetch(
        "SELECT case_id FROM case_search WHERE doc @@ to_tsquery('pg_catalog.portuguese', $1)"
        f" LIMIT {RARE + 1}",
        tsquery(words),
    )
    if len(rows) <= RARE:
        found.add("c.id = ANY({}::uuid[])", [row["case_id"] for row in rows])
        return
    found.add(
        "EXISTS (SELECT 1 FROM case_search f WHERE f.case_id = c.id"
        " AND f.doc @@ to_tsquery('pg_catalog.portuguese', {}))",
        tsquery(words),
    )


async def _companies(tx: Tx, text: str) -> list[UUID]:
    """Companies that are called so; only if there is none, those whose names are alike."""
    found = await supplier_search(tx, text, limit=COMPANIES_MOST)
    key = search_key(text)
    exact = [one for one in found if key in search_key(f"{one.name} {one.trade_name}")]
    return [one.id for one in exact or found]


def _add_days(found: _Condition, wanted: Filter, zone: ZoneInfo) -> None:
    """Whole days of the city's clock, both ends included."""
    ends = (
        # Twice, so that the index of the order by deadline begins and ends where the days do.
        (f"c.due_at >= {{0}} AND {_DUE} >= {{0}}", wanted.prazo_de, 0),
        (f"{_DUE} < {{0}}", wanted.prazo_ate, 1),
        ("c.created_at >= {0}", wanted.aberto_de, 0),
        ("c.created_at < {0}", wanted.aberto_ate, 1),
    )
    for sql, day, more in ends:
        if day is not None:
            found.add(sql, _midnight(day + timedelta(days=more), zone))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _cursor(row: CaseRow, order: str) -> Cursor:
    at = {"prazo": row.due_at, "aberto": row.created_at, "mudanca": row.changed_at}[order]
    return Cursor(at, row.id)
