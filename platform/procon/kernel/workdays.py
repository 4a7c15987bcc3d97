"""Arithmetic with days: which ones count, and where a count ends. No clock, no time zone."""

from collections import deque
from collections.abc import Container, Iterable, Iterator
from datetime import date, timedelta

_ONE = timedelta(days=1)

# (first day, last day), both inside, in which a count stands still.
Interval = tuple[date, date]


def is_working_day(day: date, holidays: Container[date]) -> bool:
    """Monday to Friday and not one of `holidays`."""
    return day.weekday() < 5 and day not in holidays


def next_working_day(day: date, holidays: Container[date]) -> date:
    """`day` itself when it is a working day, else the first one after it."""
    while not is_working_day(day, holidays):
        day += _ONE
    return day


def is_suspended(day: date, suspensions: Iterable[Interval]) -> bool:
    """Whether the count stands still on `day`."""
    return any(first <= day <= last for first, last in suspensions)


def count_days(
    start: date,
    amount: int,
    *,
    working: bool,
    holidays: Container[date],
    suspensions: Iterable[Interval] = (),
    starts_on_working_day: bool = False,
    never_last: Container[date] = frozenset(),
) -> Iterator[tuple[date, bool]]:
    """Each day after `start` up to the last day of the count, and whether it was counted.

    `start` itself never counts. `working` counts working days only, otherwise every day.
    `starts_on_working_day` holds day 1 back until a working day. Suspended days do not count;
    what is left of the count resumes on the first working day after them. The last day moves
    forward while it is not a working day, is suspended, or is in `never_last` (the office
    closed early, the system was down). Raises ValueError when `amount` is below 1.
    """
    if amount < 1:
        raise ValueError("a count has at least one day")
    stops = tuple(suspensions)
    day, left, waiting = start, amount, starts_on_working_day
    while True:
        day += _ONE
        open_day = is_working_day(day, holidays)
        suspended = is_suspended(day, stops)
        waiting = suspended or (waiting and not open_day)
        counts = left > 0 and not waiting and (open_day or not working)
        left -= counts
        yield day, counts
        if not left and open_day and not suspended and day not in never_last:
            return


def add_working_days(
    start: date, amount: int, holidays: Container[date], suspensions: Iterable[Interval] = ()
) -> date:
    """The day `amount` working days after `start`, which itself does not count."""
    days = count_days(start, amount, working=True, holidays=holidays, suspensions=suspensions)
    return deque(days, maxlen=1)[0][0]


def add_calendar_days(
    start: date, amount: int, holidays: Container[date], suspensions: Iterable[Interval] = ()
) -> date:
    """The day `amount` days after `start`, moved forward to a working day when it is not one."""
    days = count_days(start, amount, working=False, holidays=holidays, suspensions=suspensions)
    return deque(days, maxlen=1)[0][0]
