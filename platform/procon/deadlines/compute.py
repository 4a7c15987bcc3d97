"""From a rule, a notice and a calendar to a deadline that can explain itself."""

from datetime import UTC, date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from procon.deadlines.calendar import Calendar
from procon.deadlines.explain import Count, explanation, step_reason
from procon.deadlines.rules import Rule, Unit
from procon.kernel.workdays import count_days

Status = Literal["no prazo", "vence hoje", "vencido"]


class CalendarEnds(ValueError):
    """The count left the years that the calendar knows."""


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    """One day of the count. `number` is its place in the count, 0 when it was not counted."""

    day: date
    counted: bool
    number: int
    reason: str


class Deadline(Struct, frozen=True, forbid_unknown_fields=True):
    """A computed deadline, complete enough to be stored and shown years later.

    `start_at` and `due_at` are UTC; `start_day` (the day of the notice), `first_day` (day 1) and
    `due_day` are local days of `timezone`.
    """

    rule_key: str
    rule_version: str
    legal_basis: str
    amount: int
    unit: Unit
    timezone: str
    start_at: datetime
    start_day: date
    first_day: date
    due_day: date
    due_at: datetime
    explanation: str
    steps: tuple[Step, ...]


def compute(rule: Rule, start_at: datetime, calendar: Calendar, tz: str) -> Deadline:
    """Count `rule` from the notice at `start_at` (aware) in the time zone `tz`.

    The day of the notice does not count; day 1 is the first working day after it (or, for rules
    that start on the next day, simply the next one); a last day without office hours moves
    forward; the deadline ends at 23:59:59 local time. Norm: CPC arts. 219 and 224 and Lei
    9.784/1999 art. 66, by analogy. Raises ValueError for a naive `start_at`, for a rule that is
    not a count of days and when the count leaves the calendar's years.
    """
    if rule.unit == "minutos":
        raise ValueError(f"{rule.key} is a threshold in minutes, not a deadline")
    if start_at.tzinfo is None:
        raise ValueError("start_at without time zone")
    zone = ZoneInfo(tz)
    start_day = start_at.astimezone(zone).date()
    count = _count(rule, start_day, calendar)
    due_day = count.due
    # fold=1: where the clock is set back at midnight, the later of the two 23:59:59.
    due_local = datetime(due_day.year, due_day.month, due_day.day, 23, 59, 59, 0, zone, fold=1)
    return Deadline(
        rule_key=rule.key,
        rule_version=rule.version,
        legal_basis=rule.legal_basis,
        amount=rule.amount,
        unit=rule.unit,
        timezone=tz,
        start_at=start_at.astimezone(UTC),
        start_day=start_day,
        first_day=count.first,
        due_day=due_day,
        due_at=due_local.astimezone(UTC),
        explanation=explanation(count, tz),
        steps=_steps(count),
    )


def due_day_of(rule: Rule, start_day: date, calendar: Calendar) -> date:
    """The last day alone, for counting very many. Raises as `compute` does."""
    return _count(rule, start_day, calendar).due


def _count(rule: Rule, start_day: date, calendar: Calendar) -> Count:
    recesses = calendar.recesses if rule.suspended_by_recess else ()
    days: list[tuple[date, bool]] = []
    for day, counted in count_days(
        start_day,
        rule.amount,
        working=rule.unit == "uteis",
        holidays=calendar.closed,
        suspensions=[(recess.first_day, recess.last_day) for recess in recesses],
        starts_on_working_day=rule.start == "next_working_day",
        never_last=calendar.never_last,
    ):
        if not calendar.first_year <= day.year <= calendar.last_year:
            raise CalendarEnds(f"the calendar does not know the year {day.year}")
        days.append((day, counted))
    return Count(rule, start_day, tuple(days), calendar, recesses)


def _steps(count: Count) -> tuple[Step, ...]:
    steps = [Step(count.start_day, False, 0, "Dia do aviso: não entra na conta.")]
    number = 0
    for day, counted in count.days:
        number += counted
        reason = step_reason(count, day, counted=counted, number=number)
        steps.append(Step(day, counted, number if counted else 0, reason))
    return tuple(steps)


def _due_at(deadline: Deadline | datetime) -> datetime:
    return deadline.due_at if isinstance(deadline, Deadline) else deadline


def days_left(deadline: Deadline | datetime, now: datetime, tz: str) -> int:
    """Calendar days from today to the due day, both local: 0 = due today, negative = past.

    Takes a Deadline or its stored `due_at`; `now` is aware.
    """
    zone = ZoneInfo(tz)
    due = _due_at(deadline).astimezone(zone).date()
    return (due - now.astimezone(zone).date()).days


def status(deadline: Deadline | datetime, now: datetime, tz: str) -> Status:
    """The words for the badge. The last second of the due day is still in time.

    `due_at` is whole seconds, so anything inside 23:59:59 counts as in time.
    """
    left = days_left(deadline, now, tz)
    if left < 0:
        return "vencido"
    return "vence hoje" if left == 0 else "no prazo"
