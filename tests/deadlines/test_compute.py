"""Each example says what a lawyer would check by hand with a paper calendar."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procon.deadlines.calendar import Calendar, Holiday, Recess, build_calendar
from procon.deadlines.compute import Deadline, compute, days_left, status
from procon.deadlines.rules import DEFAULT_RULES, Rule

SP = "America/Sao_Paulo"
CIP = DEFAULT_RULES["cip_answer"]
RECESS = Holiday(date(2026, 12, 20), date(2027, 1, 20), "Recesso de fim de ano", "recesso")


def rule(amount: int, unit: str = "corridos", **other: object) -> Rule:
    return msgspec.structs.replace(
        DEFAULT_RULES["sanction_defence"], amount=amount, unit=unit, **other
    )


def notice(day: date, hour: int = 10, tz: str = SP) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo(tz))


def due(r: Rule, day: date, *own: Holiday, uf: str = "SP") -> date:
    calendar = build_calendar(uf, [day.year, day.year + 2], own)
    return compute(r, notice(day), calendar, SP).due_day


def off(day: date, name: str = "Feriado", kind: str = "feriado", suspends: bool = True) -> Holiday:
    return Holiday(day, day, name, kind, suspends)  # type: ignore[arg-type]  # kind is a literal


def test_ten_days_from_a_wednesday() -> None:
    calendar = build_calendar("SP", [2026, 2027])
    deadline = compute(CIP, notice(date(2026, 11, 25)), calendar, SP)
    assert deadline.first_day == date(2026, 11, 26)
    assert deadline.due_day == date(2026, 12, 7)  # the tenth day, 5 December, is a Saturday
    assert deadline.due_at == datetime(2026, 12, 8, 2, 59, 59, tzinfo=UTC)
    assert deadline.explanation == (
        "Contamos 10 dias corridos a partir de 26/11/2026 (quinta-feira), o primeiro dia útil"
        " depois do aviso, que foi em 25/11/2026. O último dia cairia em 05/12/2026 (sábado),"
        " dia sem expediente; por isso passa para o próximo dia útil. O prazo termina em"
        " 07/12/2026 (segunda-feira), às 23:59:59 (horário de Brasília)."
    )
    assert (deadline.rule_key, deadline.rule_version) == ("cip_answer", "2026.1")
    assert deadline.legal_basis == CIP.legal_basis


def test_every_step_has_its_reason() -> None:
    calendar = build_calendar("SP", [2026], [off(date(2026, 11, 30), "Padroeira")])
    steps = compute(rule(3), notice(date(2026, 11, 26)), calendar, SP).steps
    assert [(s.day.day, s.counted, s.number, s.reason) for s in steps] == [
        (26, False, 0, "Dia do aviso: não entra na conta."),
        (27, True, 1, "1º dia."),
        (28, True, 2, "2º dia (sábado)."),
        (29, True, 3, "3º dia (domingo)."),
        (30, False, 0, "Sem expediente (Padroeira): o fim do prazo passa para o próximo dia útil."),
        (1, False, 0, "Fim do prazo, que passou para este dia útil."),
    ]


def test_friday_notice_starts_on_monday() -> None:
    assert due(rule(10), date(2026, 11, 27)) == date(2026, 12, 9)
    assert due(rule(10, start="next_day"), date(2026, 11, 27)) == date(2026, 12, 7)


def test_notice_before_midnight_belongs_to_the_local_day() -> None:
    calendar = build_calendar("AM", [2026])
    at = datetime(2026, 11, 26, 3, 30, tzinfo=UTC)  # 00:30 in São Paulo, 23:30 before in Manaus
    days = {
        tz: compute(CIP, at, calendar, tz).start_day
        for tz in (SP, "America/Manaus", "America/Rio_Branco")
    }
    assert days == {
        SP: date(2026, 11, 26),
        "America/Manaus": date(2026, 11, 25),
        "America/Rio_Branco": date(2026, 11, 25),
    }


@pytest.mark.parametrize(
    ("tz", "utc", "clock"),
    [
        (SP, datetime(2026, 12, 8, 2, 59, 59, tzinfo=UTC), "horário de Brasília"),
        ("America/Manaus", datetime(2026, 12, 8, 3, 59, 59, tzinfo=UTC), "horário de Manaus"),
        ("America/Rio_Branco", datetime(2026, 12, 8, 4, 59, 59, tzinfo=UTC), "horário do Acre"),
    ],
)
def test_the_day_ends_on_the_citys_own_clock(tz: str, utc: datetime, clock: str) -> None:
    deadline = compute(CIP, notice(date(2026, 11, 25), tz=tz), build_calendar("SP", [2026]), tz)
    assert deadline.due_at == utc
    assert f"às 23:59:59 ({clock})." in deadline.explanation


def test_carnival_and_corpus_christi_count_unless_the_city_says_otherwise() -> None:
    carnival = [off(date(2026, 2, d), "Carnaval", "facultativo") for d in (16, 17)]
    assert due(rule(5, "uteis"), date(2026, 2, 12)) == date(2026, 2, 19)
    assert due(rule(5, "uteis"), date(2026, 2, 12), *carnival) == date(2026, 2, 23)
    open_carnival = [off(date(2026, 2, d), "Carnaval", "facultativo", False) for d in (16, 17)]
    assert due(rule(5, "uteis"), date(2026, 2, 12), *open_carnival) == date(2026, 2, 19)
    assert due(rule(1, "uteis"), date(2026, 6, 3)) == date(2026, 6, 4)
    corpus_christi = off(date(2026, 6, 4), "Corpus Christi")
    assert due(rule(1, "uteis"), date(2026, 6, 3), corpus_christi) == date(2026, 6, 5)


def test_consciousness_day_is_national_since_2024() -> None:
    assert due(rule(1), date(2026, 11, 19), uf="MG") == date(2026, 11, 23)
    assert due(rule(1), date(2023, 11, 17), uf="MG") == date(2023, 11, 20)


def test_state_holidays_are_of_the_state() -> None:
    assert due(rule(1), date(2026, 7, 8), uf="SP") == date(2026, 7, 10)
    assert due(rule(1), date(2026, 7, 8), uf="MG") == date(2026, 7, 9)


def test_a_moved_holiday_is_a_working_day() -> None:
    assert due(rule(1), date(2026, 7, 8), off(date(2026, 7, 9), "Transferido", "dia_util")) == (
        date(2026, 7, 9)
    )


def test_recess_stops_everything_but_the_cip() -> None:
    calendar = build_calendar("SP", [2026, 2027], [RECESS])
    cip = compute(CIP, notice(date(2026, 12, 15)), calendar, SP)
    assert cip.due_day == date(2026, 12, 28)  # 10th day is Christmas Day
    assert "Recesso" not in cip.explanation
    defence = compute(rule(10), notice(date(2026, 12, 15)), calendar, SP)
    assert defence.due_day == date(2027, 1, 26)
    assert (
        "O prazo fica parado de 20/12/2026 a 20/01/2027 (Recesso de fim de ano) e continua em"
        " 21/01/2027 (quinta-feira), de onde parou."
    ) in defence.explanation
    inside = compute(rule(10), notice(date(2026, 12, 28)), calendar, SP)
    assert (inside.first_day, inside.due_day) == (date(2027, 1, 21), date(2027, 2, 1))
    assert inside.explanation.startswith(
        "Contamos 10 dias corridos a partir de 21/01/2027 (quinta-feira), o primeiro dia útil em"
        " que o prazo pode correr depois do aviso, que foi em 28/12/2026. Nenhum prazo corre de"
        " 20/12/2026 a 20/01/2027 (Recesso de fim de ano); por isso o prazo só começa depois."
    )
    # The tenth day is Saturday 19 December; the next office day is inside the recess.
    edge = compute(rule(10), notice(date(2026, 12, 9)), calendar, SP)
    assert edge.due_day == date(2027, 1, 21)
    assert edge.explanation == (
        "Contamos 10 dias corridos a partir de 10/12/2026 (quinta-feira), o primeiro dia útil"
        " depois do aviso, que foi em 09/12/2026. Nenhum prazo corre de 20/12/2026 a 20/01/2027"
        " (Recesso de fim de ano). O último dia cairia em 19/12/2026 (sábado), dia sem"
        " expediente; por isso passa para o primeiro dia útil depois de 20/01/2027. O prazo"
        " termina em 21/01/2027 (quinta-feira), às 23:59:59 (horário de Brasília)."
    )


def test_working_days_across_the_year_end_name_what_was_skipped() -> None:
    calendar = build_calendar("SP", [2026, 2027])
    deadline = compute(rule(10, "uteis"), notice(date(2026, 12, 21)), calendar, SP)
    assert deadline.due_day == date(2027, 1, 6)
    assert (
        "Sábados e domingos não entram na conta, nem os dias sem expediente: 25/12/2026 (Natal)"
        " e 01/01/2027 (Confraternização Universal)."
    ) in deadline.explanation


def test_an_outage_on_the_last_day_extends_it() -> None:
    outage = off(date(2026, 12, 7), "Sistema fora do ar", "indisponibilidade")
    assert due(CIP, date(2026, 11, 25), outage) == date(2026, 12, 8)
    one_day = off(date(2026, 11, 27), "Sistema fora do ar", "indisponibilidade")
    calendar = build_calendar("SP", [2026], [one_day])
    deadline = compute(rule(1), notice(date(2026, 11, 26)), calendar, SP)
    assert deadline.due_day == date(2026, 11, 30)
    assert "27/11/2026 (sexta-feira), Sistema fora do ar; por isso" in deadline.explanation
    # In the middle of a count it changes nothing.
    assert due(CIP, date(2026, 11, 25), one_day) == date(2026, 12, 7)


def test_a_calendar_does_not_answer_for_years_it_does_not_know() -> None:
    with pytest.raises(ValueError, match="year 2027"):
        compute(rule(20), notice(date(2026, 12, 28)), build_calendar("SP", [2026]), SP)
    with pytest.raises(ValueError, match="without time zone"):
        compute(CIP, datetime(2026, 1, 1), build_calendar("SP", [2026]), SP)  # noqa: DTZ001


def test_a_deadline_survives_storage_as_json() -> None:
    calendar = build_calendar("SP", [2026, 2027], [RECESS])
    deadline = compute(rule(20, "uteis"), notice(date(2026, 12, 15)), calendar, SP)
    assert msgspec.json.decode(msgspec.json.encode(deadline), type=Deadline) == deadline


def test_days_left_and_status_at_the_edges() -> None:
    deadline = compute(CIP, notice(date(2026, 11, 25)), build_calendar("SP", [2026]), SP)
    last = deadline.due_at
    table = [
        (last - timedelta(days=10), 10, "no prazo"),
        (last - timedelta(days=1), 1, "no prazo"),
        (last - timedelta(hours=23, minutes=59, seconds=59), 0, "vence hoje"),
        (last, 0, "vence hoje"),
        (last + timedelta(microseconds=999_999), 0, "vence hoje"),
        (last + timedelta(seconds=1), -1, "vencido"),
        (last + timedelta(days=30), -30, "vencido"),
    ]
    for now, left, words in table:
        assert (days_left(deadline, now, SP), status(deadline, now, SP)) == (left, words)
        assert (days_left(last, now, SP), status(last, now, SP)) == (left, words)


# --- an independent reference: day by day, by classes, over ten years ---------------------------

DAYS = st.dates(date(2025, 1, 1), date(2034, 12, 31))


def open_day(day: date, calendar: Calendar) -> bool:
    return day.isoweekday() <= 5 and day not in calendar.closed


def paused(day: date, recesses: tuple[Recess, ...]) -> bool:
    return any(r.first_day <= day <= r.last_day for r in recesses)


def reference(r: Rule, start: date, calendar: Calendar) -> tuple[date, date]:
    """(day 1, due day) by building the list of countable days first, then picking from it."""
    recesses = calendar.recesses if r.suspended_by_recess else ()
    days = [start + timedelta(days=i) for i in range(1, 400)]
    if r.start == "next_working_day":
        first_open = next(d for d in days if open_day(d, calendar) and not paused(d, recesses))
        days = [d for d in days if d >= first_open]
    running = []
    for d in days:
        if paused(d, recesses):
            continue
        stopped_by = [x for x in recesses if x.last_day < d and x.last_day >= start]
        # After a recess nothing runs until an open day has been seen.
        if any(
            not any(
                open_day(x.last_day + timedelta(days=k), calendar)
                and not paused(x.last_day + timedelta(days=k), recesses)
                for k in range(1, (d - x.last_day).days + 1)
            )
            for x in stopped_by
            if x.last_day > start
        ):
            continue
        running.append(d)
    countable = [d for d in running if r.unit == "corridos" or open_day(d, calendar)]
    nominal = countable[r.amount - 1]
    ends = [
        d
        for d in days
        if d >= nominal
        and open_day(d, calendar)
        and not paused(d, recesses)
        and d not in calendar.never_last
    ]
    return countable[0], ends[0]


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    own = [off(d) for d in draw(st.lists(DAYS, max_size=60))]
    own += [off(d, "Fora do ar", "indisponibilidade") for d in draw(st.lists(DAYS, max_size=60))]
    if draw(st.booleans()):
        own += [
            Holiday(date(y, 12, 20), date(y + 1, 1, 20), "Recesso", "recesso")
            for y in range(2024, 2035)
        ]
    for first in draw(st.lists(DAYS, max_size=6)):
        last = first + timedelta(days=draw(st.integers(0, 9)))
        own.append(Holiday(first, last, "Recesso", "recesso"))
    return build_calendar(draw(st.sampled_from(["SP", "MG", "AC", "AM"])), [2024, 2036], own)


@settings(max_examples=300, deadline=None)
@given(
    start=DAYS,
    amount=st.integers(1, 60),
    unit=st.sampled_from(["corridos", "uteis"]),
    begin=st.sampled_from(["next_working_day", "next_day"]),
    recess=st.booleans(),
    calendar=calendars(),
    hour=st.integers(0, 23),
    tz=st.sampled_from([SP, "America/Manaus", "America/Rio_Branco"]),
)
def test_against_the_reference(
    *,
    start: date,
    amount: int,
    unit: str,
    begin: str,
    recess: bool,
    calendar: Calendar,
    hour: int,
    tz: str,
) -> None:
    r = rule(amount, unit, start=begin, suspended_by_recess=recess)
    deadline = compute(r, notice(start, hour, tz), calendar, tz)
    assert (deadline.first_day, deadline.due_day) == reference(r, start, calendar)
    assert sum(step.counted for step in deadline.steps) == amount
    assert [s.day for s in deadline.steps] == [
        start + timedelta(days=i) for i in range(len(deadline.steps))
    ]
    local = deadline.due_at.astimezone(ZoneInfo(tz))
    assert (local.date(), local.hour, local.minute, local.second) == (
        deadline.due_day, 23, 59, 59,
    )  # fmt: skip
    assert f"{deadline.due_day:%d/%m/%Y}" in deadline.explanation
    assert all(step.reason.endswith(".") and "()" not in step.reason for step in deadline.steps)
