"""The years that figures are of. Whole years only: overlapping periods could be subtracted."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from procon.tenancy.scope import Tx

OLDEST = 2015


class Period(Struct, frozen=True):
    """A calendar year of the city's clock, and the same stretch of the year before.

    `end` and `before_end` are exclusive; of the running year both stop where it stands now.
    """

    year: int
    start: datetime
    end: datetime
    before_start: datetime
    before_end: datetime
    running: bool


def this_year(tx: Tx) -> int:
    """The year on the city's clock."""
    return local_year(tx, tx.now)


def period_of(tx: Tx, year: int) -> Period:
    """The period of a year."""
    zone = ZoneInfo(tx.tenant.timezone)
    before, start, after = (first_moment(one, zone) for one in (year - 1, year, year + 1))
    running = year == this_year(tx)
    # The moment of now belongs to it.
    end = tx.now + timedelta(microseconds=1) if running else after
    before_end = before + (end - start) if running else start
    return Period(year, start, end, before, min(before_end, start), running)


def first_moment(year: int, zone: ZoneInfo) -> datetime:
    """Midnight of the first of January."""
    return datetime.combine(date(year, 1, 1), datetime.min.time(), zone)


def parse_year(text: str, *, now: int) -> int:
    """The year asked for; what is no year up to `now` is `now`: links live long."""
    plain = text.strip()
    if plain.isascii() and plain.isdigit() and len(plain) == 4 and OLDEST <= int(plain) <= now:
        return int(plain)
    return now


def local_year(tx: Tx, at: datetime) -> int:
    """The year of an instant on the city's clock."""
    return at.astimezone(ZoneInfo(tx.tenant.timezone)).year
