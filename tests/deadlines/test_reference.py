"""The engine against a reference that walks day by day, over ten years and more of dates.

The reference is written from the law's words alone and shares nothing with the engine: no module
of the engine is used by it, holidays come from the library, minutes are counted one by one.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from types import SimpleNamespace
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import holidays
import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from procon.deadlines.book import Book, Outage, RuleVersion, count_in, rule_on
from procon.deadlines.calendar import Holiday

ONE, MINUTE = timedelta(days=1), timedelta(minutes=1)
# São Paulo had DST until 2019; Asunción until 2024, both from midnight to midnight.
ZONES = (
    "America/Sao_Paulo",
    "America/Asuncion",
    "America/Manaus",
    "America/Rio_Branco",
    "America/Noronha",
)
UFS = ("SP", "MG", "AM", "AC", "PE")
START_DAYS = st.dates(date(2016, 1, 1), date(2031, 12, 31))
NEAR = st.integers(-40, 160)


class Case(msgspec.Struct, frozen=True):
    """One question, in plain values only."""

    start_at: datetime
    tz: str
    uf: str
    amount: int
    working: bool
    next_day: bool
    stops: bool
    own: tuple[Holiday, ...]
    outages: tuple[tuple[datetime, datetime], ...]
    minutes: int


@st.composite
def cases(draw: st.DrawFn) -> Case:
    tz = draw(st.sampled_from(ZONES))
    start = datetime.combine(
        draw(START_DAYS), time(draw(st.integers(0, 23)), draw(st.integers(0, 59))), ZoneInfo(tz)
    )
    day = start.date()
    own = []
    for kind in ("feriado", "facultativo", "meio_expediente", "indisponibilidade", "dia_util"):
        for ahead in draw(st.lists(NEAR, max_size=8, unique=True)):
            when = day + ahead * ONE
            own.append(Holiday(when, when, "Dia da cidade", kind, draw(st.booleans())))  # type: ignore[arg-type]  # kind is a literal
    if draw(st.booleans()):
        for year in range(day.year - 1, day.year + 2):
            own.append(Holiday(date(year, 12, 20), date(year + 1, 1, 20), "Recesso", "recesso"))
    for ahead in draw(st.lists(NEAR, max_size=2, unique=True)):
        first = day + ahead * ONE
        own.append(Holiday(first, first + draw(st.integers(0, 12)) * ONE, "Parada", "recesso"))
    case = Case(
        start_at=start,
        tz=tz,
        uf=draw(st.sampled_from(UFS)),
        amount=draw(st.integers(5, 60)),
        working=draw(st.booleans()),
        next_day=draw(st.booleans()),
        stops=draw(st.booleans()),
        own=tuple(own),
        outages=(),
        minutes=draw(st.integers(1, 240)),
    )
    # Outages matter at the end of a count alone, and there by a minute more or less.
    last = reference(case)[1]
    outages = []
    for ahead in draw(st.lists(st.sampled_from([-1, 0, 0, 0, 1, 1, 2]), max_size=4)):
        begin = datetime.combine(last + ahead * ONE, time(draw(st.integers(0, 23))), UTC)
        begin += draw(st.integers(0, 59)) * MINUTE
        lasts = case.minutes + draw(st.sampled_from([-case.minutes // 2, -1, 0, 1, 1_500]))
        outages.append((begin, begin + max(lasts, 1) * MINUTE))
    return msgspec.structs.replace(case, outages=tuple(outages))


# --- the reference ------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def public(uf: str, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("BR", subdiv=uf, years=year))


def is_office_day(case: Case, day: date) -> bool:
    if day.weekday() in {5, 6}:
        return False
    if any(h.day == day and h.kind == "dia_util" for h in case.own):
        return True
    if day in public(case.uf, day.year):
        return False
    off = [h for h in case.own if h.day == day and h.kind in {"feriado", "facultativo"}]
    return not any(h.kind == "feriado" or h.suspends for h in off)


def is_stopped(case: Case, day: date) -> bool:
    recess = [h for h in case.own if h.kind == "recesso"]
    return case.stops and any(h.day <= day <= h.last_day for h in recess)


def minutes_down(case: Case) -> dict[date, int]:
    zone, moments = ZoneInfo(case.tz), set()
    for begin, end in case.outages:
        moment = begin
        while moment < end:
            moments.add(moment)
            moment += MINUTE
    found: dict[date, int] = {}
    for moment in moments:
        day = moment.astimezone(zone).date()
        found[day] = found.get(day, 0) + 1
    return found


def may_end(case: Case, day: date, down: dict[date, int]) -> bool:
    held = {"meio_expediente", "indisponibilidade"}
    if any(h.day == day and h.kind in held for h in case.own):
        return False
    return down.get(day, 0) <= case.minutes


def reference(case: Case) -> tuple[date, date]:
    """(day 1, last day): one day after the other, a finger on a paper calendar."""
    down = minutes_down(case)
    day = case.start_at.astimezone(ZoneInfo(case.tz)).date()
    runs, counted, first = case.next_day, 0, date.min
    while True:
        day += ONE
        if is_stopped(case, day):
            runs = False  # goes on, or begins, on an office day after the recess
            continue
        if not runs and not is_office_day(case, day):
            continue
        runs = True
        if counted < case.amount and (is_office_day(case, day) or not case.working):
            counted += 1
            first = day if counted == 1 else first
        if counted == case.amount and is_office_day(case, day) and may_end(case, day, down):
            return first, day


def last_second(day: date, tz: str) -> datetime:
    """The last second that a clock on the wall dates with `day`."""
    moment = datetime.combine(day + 2 * ONE, time(12), UTC)
    for step in (timedelta(hours=1), MINUTE, timedelta(seconds=1)):
        while moment.astimezone(ZoneInfo(tz)).date() > day:
            moment -= step
        moment += step if step > timedelta(seconds=1) else timedelta()
    return moment


# --- the engine ---------------------------------------------------------------------------------


def book_of(case: Case) -> Book:
    def version(key: str, amount: int, unit: str) -> RuleVersion:
        return RuleVersion(
            key=key,
            version=1,
            amount=amount,
            unit=unit,  # type: ignore[arg-type]  # a Unit
            start="next_day" if case.next_day else "next_working_day",
            suspended_by_recess=case.stops,
            legal_basis="Decreto",
            valid_from=date(2000, 1, 1),
            valid_to=None,
            changed_at=case.start_at,
            author="",
        )

    tenant: Any = SimpleNamespace(uf=case.uf, timezone=case.tz, deadlines={})
    # The rule with the widest bounds, so that every amount is allowed.
    return Book(
        tenant=tenant,
        versions=(
            version("missing_documents", case.amount, "uteis" if case.working else "corridos"),
            version("outage_minutes", case.minutes, "minutos"),
        ),
        holidays=case.own,
        outages=tuple(Outage(uuid4(), begin, end, "") for begin, end in case.outages),
    )


@settings(max_examples=250, deadline=None)
@given(case=cases())
def test_the_engine_agrees_with_the_finger_on_the_calendar(case: Case) -> None:
    book = book_of(case)
    rule = rule_on(book, "missing_documents", book.local_day(case.start_at))
    assert rule.amount == case.amount
    deadline = count_in(book, rule, case.start_at)
    assert (deadline.first_day, deadline.due_day) == reference(case)
    assert deadline.due_at == last_second(deadline.due_day, case.tz)
    assert deadline.start_day == case.start_at.date()
    assert sum(step.counted for step in deadline.steps) == case.amount
    assert f"{deadline.due_day:%d/%m/%Y}" in deadline.explanation
    assert all(step.reason.endswith(".") for step in deadline.steps)


@settings(max_examples=150, deadline=None)
@given(case=cases(), more=st.integers(1, 20))
def test_more_days_never_end_earlier(case: Case, more: int) -> None:
    book = book_of(case)
    rule = rule_on(book, "missing_documents", case.start_at.date())
    longer = msgspec.structs.replace(rule, amount=rule.amount + more)
    assert (
        count_in(book, longer, case.start_at).due_at >= count_in(book, rule, case.start_at).due_at
    )


def test_midnight_that_does_not_exist_and_midnight_that_comes_twice() -> None:
    assert last_second(date(2017, 10, 14), "America/Sao_Paulo") == datetime(
        2017, 10, 15, 2, 59, 59, tzinfo=UTC
    )
    assert last_second(date(2018, 2, 17), "America/Sao_Paulo") == datetime(
        2018, 2, 18, 2, 59, 59, tzinfo=UTC
    )
