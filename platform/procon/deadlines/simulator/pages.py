"""What the public simulator shows: one act, one notice, the end and how it was counted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from msgspec import Struct

from procon.deadlines.book import Book, count_in, rule_on
from procon.deadlines.compute import Deadline, Step
from procon.deadlines.queries import book_for
from procon.deadlines.rules import UNIT_NAMES, Rule
from procon.deadlines.simulator.months import Mark, Month, months_of
from procon.deadlines.typed import day_parts, field, parse_day, parse_hour
from procon.kernel.errors import Invalid
from procon.portal.render import date_and_hour, plural
from procon.portal.shell import Option
from procon.tenancy.scope import Tx

# What people ask about. The other rules are the office's own duties, or not counts of days.
ACTS = (
    "cip_answer",
    "consumer_rating",
    "missing_documents",
    "reclamacao_defence",
    "hearing_notice",
    "proposal_answer",
    "auto_notificacao_answer",
    "sanction_defence",
    "appeal",
    "fine_payment",
    "register_rectification_request",
    "register_rectification_decision",
    "tacit_notice",
    "ouvidoria_answer",
    "lai_answer",
)
BACK_YEARS, AHEAD_YEARS = 10, 5
_NOON = time(12)


class Result(Struct, frozen=True, forbid_unknown_fields=True):
    """The counted deadline, ready to be read."""

    title: str
    amount: str
    until: str
    notice: str
    deadline: Deadline
    months: tuple[Month, ...]


class SimulatorPage(Struct, frozen=True, forbid_unknown_fields=True):
    """The question, and the answer once there is one."""

    acts: tuple[Option, ...]
    act: str
    day: str
    month: str
    year: str
    hour: str
    result: Result | None = None
    errors: Mapping[str, str] = {}


async def simulator_page(tx: Tx, query: Mapping[str, str]) -> SimulatorPage:
    """The form alone when nothing was asked yet, with today's date in it; else the answer too.

    A question that cannot be answered comes back with its errors.
    """
    zone = ZoneInfo(tx.tenant.timezone)
    today = tx.now.astimezone(zone).date()
    if "ato" not in query:
        book = await book_for(tx, today.year, today.year)
        return SimulatorPage(
            acts=_options(book, today),
            act=ACTS[0],
            day=str(today.day),
            month=str(today.month),
            year=str(today.year),
            hour="",
        )
    errors: dict[str, str] = {}
    act, day, hour = field(query, "ato"), today, _NOON
    if act not in ACTS:
        errors["ato"] = "Escolha um dos atos da lista."
    try:
        day = parse_day(query, "data", first=_years(today, -BACK_YEARS, 1, 1),
                        last=_years(today, AHEAD_YEARS, 12, 31))  # fmt: skip
    except Invalid as refusal:
        errors |= refusal.fields
    try:
        hour = parse_hour(query, "hora", default=_NOON)
    except Invalid as refusal:
        errors |= refusal.fields
    book = await book_for(tx, day.year - 1, day.year + 2)
    typed = day_parts(query, "data")
    return SimulatorPage(
        acts=_options(book, day),
        act=act if act in ACTS else "",
        day=typed[0],
        month=typed[1],
        year=typed[2],
        hour=field(query, "hora")[:10],
        result=None
        if errors
        else _result(
            book, act, datetime.combine(day, hour, zone), timed=bool(field(query, "hora"))
        ),
        errors=errors,
    )


def amount_of(rule: Rule) -> str:
    """ "10 dias corridos", "1 dia útil", "60 minutos"."""
    one = {"corridos": "dia corrido", "uteis": "dia útil", "minutos": "minuto"}
    return plural(rule.amount, one[rule.unit], UNIT_NAMES[rule.unit])


def deadline_months(deadline: Deadline) -> tuple[Month, ...]:
    """The months of a count, each of its days marked."""
    marks = {step.day: _mark(step, deadline) for step in deadline.steps}
    return months_of(deadline.start_day, deadline.due_day, marks)


def _options(book: Book, day: date) -> tuple[Option, ...]:
    rules = [rule_on(book, key, day) for key in ACTS]
    return tuple(Option(rule.key, f"{rule.title} ({amount_of(rule)})") for rule in rules)


def _result(book: Book, act: str, notice: datetime, *, timed: bool) -> Result:
    rule = rule_on(book, act, notice.date())
    deadline = count_in(book, rule, notice)
    zone = ZoneInfo(deadline.timezone)
    return Result(
        title=rule.title,
        amount=amount_of(rule),
        until=date_and_hour(deadline.due_at, zone),
        notice=date_and_hour(notice, zone) if timed else f"{notice:%d/%m/%Y}",
        deadline=deadline,
        months=deadline_months(deadline),
    )


def _mark(step: Step, deadline: Deadline) -> Mark:
    if step.day == deadline.due_day:
        return Mark("fim", "fim", f"fim do prazo. {step.reason}")
    if step.counted:
        return Mark("conta", f"{step.number}º", step.reason)
    if step.day == deadline.start_day:
        return Mark("aviso", "aviso", step.reason)
    return Mark("parado", "–", step.reason)


def _years(today: date, amount: int, month: int, day: int) -> date:
    return date(today.year + amount, month, day)
