"""Reads of the city's rules, calendar and outages, and deadlines counted on them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime

import msgspec

from procon.deadlines.book import Book, Outage, RuleVersion, calendar_of, count_in, rule_on
from procon.deadlines.calendar import Calendar, Holiday
from procon.deadlines.compute import Deadline
from procon.deadlines.rules import Rule
from procon.tenancy.scope import Tx

_HOLIDAYS = """
SELECT day, last_day, name, kind, suspends
FROM holiday WHERE last_day >= $1 AND day <= $2 ORDER BY day, kind
"""

# One row of three lists, so that counting a deadline costs one trip to the database.
_BOOK = """
SELECT
(SELECT COALESCE(json_agg(json_build_object('key', key, 'version', version, 'amount', amount,
    'unit', unit, 'start', start, 'suspended_by_recess', suspended_by_recess,
    'legal_basis', legal_basis, 'valid_from', valid_from, 'valid_to', valid_to,
    'changed_at', changed_at, 'author', author) ORDER BY key, version), '[]')
    FROM deadline_rule)::text,
(SELECT COALESCE(json_agg(json_build_object('day', day, 'last_day', last_day, 'name', name,
    'kind', kind, 'suspends', suspends) ORDER BY day, kind), '[]')
    FROM holiday WHERE last_day >= $1 AND day <= $2)::text,
(SELECT COALESCE(json_agg(json_build_object('id', id, 'from_at', from_at, 'to_at', to_at,
    'note', note) ORDER BY from_at, id), '[]')
    FROM outage WHERE to_at >= $3 AND from_at <= $4)::text
"""


async def holiday_list(tx: Tx, years: Iterable[int]) -> list[Holiday]:
    """The city's own entries that touch the years from the least to the greatest given."""
    wanted = sorted(years)
    rows = await tx.fetch(_HOLIDAYS, date(wanted[0], 1, 1), date(wanted[-1], 12, 31))
    return [Holiday(*row) for row in rows]


async def book_for(tx: Tx, first_year: int, last_year: int) -> Book:
    """Every rule's versions, and the calendar and the outages of these years. One query."""
    row = await tx.fetchrow(
        _BOOK,
        date(first_year, 1, 1),
        date(last_year, 12, 31),
        datetime(first_year, 1, 1, tzinfo=UTC),
        datetime(last_year + 1, 1, 2, tzinfo=UTC),
    )
    return Book(
        tenant=tx.tenant,
        versions=msgspec.json.decode(row[0], type=tuple[RuleVersion, ...]),
        holidays=msgspec.json.decode(row[1], type=tuple[Holiday, ...]),
        outages=msgspec.json.decode(row[2], type=tuple[Outage, ...]),
    )


async def calendar_for(tx: Tx, years: Iterable[int] | None = None) -> Calendar:
    """National, state and city calendar of the tenant. One query.

    Without `years`: from last year to two years ahead of the transaction's time.
    """
    now = tx.now.year
    wanted = sorted(years) if years is not None else [now - 1, now + 2]
    book = await book_for(tx, wanted[0], wanted[-1])
    return calendar_of(book, wanted[0], wanted[-1])


async def deadline_for(tx: Tx, *, key: str, start_at: datetime) -> Deadline:
    """The deadline `key` of this city for a notice at `start_at` (aware). One query.

    Raises KeyError for a deadline the core does not declare, Refused when the tenant's manifest
    is out of bounds.
    """
    book = await book_for(tx, start_at.year - 1, start_at.year + 2)
    return count_in(book, rule_on(book, key, book.local_day(start_at)), start_at)


async def rule_in_force(tx: Tx, *, key: str, on: date) -> Rule:
    """The rule `key` as this city applies it on a day. Raises as `deadline_for` does."""
    return rule_on(await book_for(tx, on.year, on.year), key, on)
