"""Reads of the city's calendar, and deadlines counted on it."""

from collections.abc import Iterable
from datetime import date, datetime

from procon.deadlines.calendar import Calendar, Holiday, build_calendar
from procon.deadlines.compute import Deadline, compute
from procon.deadlines.rules import rules_for
from procon.tenancy.scope import Tx

_ROWS = """
SELECT day, last_day, name, kind, suspends
FROM holiday WHERE last_day >= $1 AND day <= $2 ORDER BY day, kind
"""


async def holiday_list(tx: Tx, years: Iterable[int]) -> list[Holiday]:
    """The city's own entries that touch the years from the least to the greatest given."""
    wanted = sorted(years)
    rows = await tx.fetch(_ROWS, date(wanted[0], 1, 1), date(wanted[-1], 12, 31))
    return [Holiday(*row) for row in rows]


async def calendar_for(tx: Tx, years: Iterable[int] | None = None) -> Calendar:
    """National, state and city calendar of the tenant. One query.

    Without `years`: from last year to two years ahead of the transaction's time.
    """
    now = tx.now.year
    wanted = list(years) if years is not None else [now - 1, now + 2]
    return build_calendar(tx.tenant.uf, wanted, await holiday_list(tx, wanted))


async def deadline_for(tx: Tx, *, key: str, start_at: datetime) -> Deadline:
    """The deadline `key` of this city for a notice at `start_at` (aware). One query.

    Raises KeyError for a deadline the core does not declare, Refused when the tenant's manifest
    is out of bounds.
    """
    rule = rules_for(tx.tenant)[key]
    year = start_at.year
    calendar = await calendar_for(tx, [year - 1, year + 2])
    return compute(rule, start_at, calendar, tx.tenant.timezone)
