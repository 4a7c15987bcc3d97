"""What a city's deadlines rest on: its rules by date, its calendar and its outage log."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from procon.deadlines.calendar import Calendar, Holiday, build_calendar
from procon.deadlines.compute import CalendarEnds, Deadline, compute
from procon.deadlines.rules import DEFAULT_RULES, OUTAGE, Rule, Start, Unit, rules_for
from procon.kernel.errors import Refused
from procon.portal.render import plural
from procon.tenancy.manifest import Tenant

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)


class RuleVersion(Struct, frozen=True, forbid_unknown_fields=True):
    """The city's own wording of a rule; in force from `valid_from` to `valid_to` (None: open).

    `version` counts the changes of one key. A later version wins wherever two are in force.
    """

    key: str
    version: int
    amount: int
    unit: Unit
    start: Start
    suspended_by_recess: bool
    legal_basis: str
    valid_from: date
    valid_to: date | None
    changed_at: datetime
    author: str


class Outage(Struct, frozen=True, forbid_unknown_fields=True):
    """The service could not be used from `from_at` until `to_at` (UTC)."""

    id: UUID
    from_at: datetime
    to_at: datetime
    note: str


class Book(Struct, frozen=True):
    """One city's rules, calendar entries and outages, as one read of the database found them."""

    tenant: Tenant
    versions: tuple[RuleVersion, ...]
    holidays: tuple[Holiday, ...]
    outages: tuple[Outage, ...]

    def local_day(self, at: datetime) -> date:
        """The city's own date at an instant."""
        return at.astimezone(ZoneInfo(self.tenant.timezone)).date()


def rule_on(book: Book, key: str, day: date) -> Rule:
    """The rule `key` as it is in force on `day`: the city's version, else its manifest's, else the
    core's. Amounts outside the core's bounds are brought inside: the law holds whatever was stored.
    Raises KeyError for a key that the core does not declare, Refused for a manifest out of bounds.
    """
    base = rules_for(book.tenant)[key]
    held = [v for v in book.versions if v.key == key and _in_force(v, day)]
    return _as_rule(base, max(held, key=lambda v: v.version)) if held else base


def rule_behind(book: Book, deadline: Deadline) -> Rule:
    """The rule by which a stored deadline was counted, so that it can be counted again."""
    default = DEFAULT_RULES[deadline.rule_key]
    base = msgspec.structs.replace(
        default,
        amount=deadline.amount,
        unit=deadline.unit,
        legal_basis=deadline.legal_basis,
        version=deadline.rule_version,
    )
    for held in book.versions:
        if (held.key, _name(default, held)) == (deadline.rule_key, deadline.rule_version):
            return msgspec.structs.replace(
                base, start=held.start, suspended_by_recess=held.suspended_by_recess
            )
    return base


def calendar_of(book: Book, first_year: int, last_year: int) -> Calendar:
    """The city's calendar for these years; the book must have been read for them."""
    days = _down_days(book)
    return build_calendar(book.tenant.uf, (first_year, last_year), book.holidays, days)


def count_in(book: Book, rule: Rule, start_at: datetime) -> Deadline:
    """Count `rule` from a notice at `start_at` (aware).

    Raises as `compute` does, but Refused when the city's calendar leaves no day to end on.
    """
    calendar = calendar_of(book, start_at.year - 1, start_at.year + 2)
    try:
        return compute(rule, start_at, calendar, book.tenant.timezone)
    except CalendarEnds as error:
        raise Refused(
            "Este prazo não termina nos próximos anos: o calendário da cidade tem dias parados"
            " demais. Avise a administração do Procon.",
            "calendar-without-days",
        ) from error


def _in_force(version: RuleVersion, day: date) -> bool:
    return version.valid_from <= day and (version.valid_to is None or day <= version.valid_to)


def _as_rule(base: Rule, held: RuleVersion) -> Rule:
    own = base.own_course
    return msgspec.structs.replace(
        base,
        amount=min(max(held.amount, base.least), base.most),
        unit=held.unit if held.unit in base.units else base.unit,
        start=held.start if own else base.start,
        suspended_by_recess=held.suspended_by_recess if own else base.suspended_by_recess,
        legal_basis=held.legal_basis,
        version=_name(DEFAULT_RULES[base.key], held),
        valid_from=held.valid_from,
    )


def _name(default: Rule, held: RuleVersion) -> str:
    return f"{default.version}+cidade.{held.version}"


def _down_days(book: Book) -> dict[date, str]:
    """Local days on which the system was down, in all, for longer than the rule allows."""
    zone = ZoneInfo(book.tenant.timezone)
    down: dict[date, timedelta] = {}
    for start, end in _merged(book.outages):
        day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
        while day <= last:
            opens, closes = _midnight(day, zone), _midnight(day + _DAY, zone)
            down[day] = down.get(day, timedelta()) + max(
                min(end, closes) - max(start, opens), timedelta()
            )
            day += _DAY
    return {
        day: f"Sistema fora do ar por {plural(lasted // _MINUTE, 'minuto', 'minutos')}"
        for day, lasted in sorted(down.items())
        if lasted > rule_on(book, OUTAGE, day).amount * _MINUTE
    }


def _merged(outages: tuple[Outage, ...]) -> list[tuple[datetime, datetime]]:
    """Intervals without overlaps: a minute that two entries tell of was one minute."""
    found: list[tuple[datetime, datetime]] = []
    for start, end in sorted((one.from_at, one.to_at) for one in outages):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    # In UTC: the difference of two instants of one zone would ignore its clock changes.
    return datetime.combine(day, time(), zone).astimezone(UTC)
