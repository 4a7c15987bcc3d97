from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procon.kernel.workdays import (
    add_calendar_days,
    add_working_days,
    count_days,
    is_suspended,
    is_working_day,
    next_working_day,
)

DAYS = st.dates(date(2024, 1, 1), date(2034, 12, 31))
HOLIDAYS = st.frozensets(DAYS.filter(lambda d: d.weekday() < 5), max_size=400)


def naive_working_list(start: date, holidays: frozenset[date], span: int) -> list[date]:
    days = [start + timedelta(days=i) for i in range(1, span)]
    return [d for d in days if d.isoweekday() not in (6, 7) and d not in holidays]


@given(DAYS, st.integers(1, 60), HOLIDAYS)
def test_working_days_against_a_plain_list(
    start: date, amount: int, holidays: frozenset[date]
) -> None:
    assert (
        add_working_days(start, amount, holidays)
        == (naive_working_list(start, holidays, 700)[amount - 1])
    )


@given(DAYS, st.integers(1, 120), HOLIDAYS)
def test_calendar_days_against_a_plain_list(
    start: date, amount: int, holidays: frozenset[date]
) -> None:
    nominal = start + timedelta(days=amount)
    later = [d for d in naive_working_list(start, holidays, 900) if d >= nominal]
    assert add_calendar_days(start, amount, holidays) == later[0]


def test_plain_examples() -> None:
    friday, monday = date(2026, 11, 27), date(2026, 11, 30)
    assert add_working_days(friday, 1, frozenset()) == monday
    assert add_calendar_days(friday, 1, frozenset()) == monday
    assert add_working_days(friday, 1, {monday}) == date(2026, 12, 1)
    assert next_working_day(friday, frozenset()) == friday
    assert next_working_day(date(2026, 11, 28), {monday}) == date(2026, 12, 1)
    assert not is_working_day(date(2026, 11, 28), frozenset())


def test_a_suspension_stops_the_count_and_the_rest_resumes() -> None:
    recess = ((date(2026, 12, 20), date(2027, 1, 20)),)
    assert is_suspended(date(2026, 12, 20), recess)
    assert is_suspended(date(2027, 1, 20), recess)
    assert not is_suspended(date(2027, 1, 21), recess)
    # Notice on Tuesday 15 December: 16, 17, 18, 19 = four days; six remain from 21 January.
    assert add_calendar_days(date(2026, 12, 15), 10, frozenset(), recess) == date(2027, 1, 26)
    assert add_working_days(date(2026, 12, 15), 10, frozenset(), recess) == date(2027, 1, 29)


def test_the_rest_resumes_on_a_working_day() -> None:
    stop = ((date(2026, 11, 26), date(2026, 11, 27)),)  # Thursday and Friday
    days = list(count_days(date(2026, 11, 25), 2, working=False, holidays=(), suspensions=stop))
    assert [d for d, counted in days if counted] == [date(2026, 11, 30), date(2026, 12, 1)]


def test_the_last_day_leaves_a_day_on_which_nothing_may_end() -> None:
    held = {date(2026, 11, 26)}
    days = list(count_days(date(2026, 11, 25), 1, working=True, holidays=(), never_last=held))
    assert days == [(date(2026, 11, 26), True), (date(2026, 11, 27), False)]


@pytest.mark.parametrize("amount", [0, -1])
def test_a_count_has_a_day(amount: int) -> None:
    with pytest.raises(ValueError, match="at least one"):
        add_working_days(date(2026, 1, 1), amount, frozenset())
