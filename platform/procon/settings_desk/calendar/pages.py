"""What the pages of the city's calendar and outage log show."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from procon.deadlines.book import Book, calendar_of, rule_on
from procon.deadlines.calendar import KIND_NAMES, Calendar, Holiday
from procon.deadlines.commands import FIRST_YEAR, LAST_YEAR
from procon.deadlines.explain import dated
from procon.deadlines.queries import book_for
from procon.deadlines.rules import OUTAGE
from procon.deadlines.simulator.months import Mark, Month, months_of
from procon.portal.render import date_and_hour
from procon.portal.shell import Option
from procon.settings_desk.calendar.forms import DAY_FIELDS, KINDS, OUTAGE_FIELDS, typed
from procon.tenancy.scope import Tx

HERE = "/equipe/configuracoes/calendario"
_ONE = timedelta(days=1)


class Line(Struct, frozen=True, forbid_unknown_fields=True):
    """One closed day or span of the year. `kind` is set when the city may take it out."""

    day: date
    text: str
    name: str
    what: str
    kind: str = ""


class CalendarPage(Struct, frozen=True, forbid_unknown_fields=True):
    """A year of the city, and the form that adds a day to it."""

    year: int
    months: tuple[Month, ...]
    own: tuple[Line, ...]
    public: tuple[Line, ...]
    kinds: tuple[Option, ...]
    form: Mapping[str, str]
    earlier: int
    later: int
    errors: Mapping[str, str] = {}


class ImportPage(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the calendar file is sent to."""

    kinds: tuple[str, ...]
    errors: Mapping[str, str] = {}


class OutageLine(Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of the outage log, by the city's clock."""

    since: str
    until: str
    note: str


class OutagesPage(Struct, frozen=True, forbid_unknown_fields=True):
    """The outage log, the days on which no deadline ends because of it, and the form."""

    lines: tuple[OutageLine, ...]
    days: tuple[str, ...]
    minutes: int
    form: Mapping[str, str]
    errors: Mapping[str, str] = {}


def year_of(text: str, now: datetime) -> int:
    """The year that the address names, else the present one."""
    wanted = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else now.year
    return wanted if FIRST_YEAR <= wanted <= LAST_YEAR else now.year


async def calendar_page(
    tx: Tx,
    *,
    year: int,
    form: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> CalendarPage:
    """A year. One query."""
    book = await book_for(tx, year, year)
    calendar = calendar_of(book, year, year)
    first, last = date(year, 1, 1), date(year, 12, 31)
    own_days = {entry.day for entry in book.holidays}
    return CalendarPage(
        year=year,
        months=months_of(first, last, _marks(calendar, first, last)),
        own=tuple(_own(entry) for entry in book.holidays),
        public=tuple(
            Line(day, dated(day), name, "Feriado nacional ou estadual")
            for day, name in sorted(calendar.closed.items())
            if day not in own_days
        ),
        kinds=tuple(Option(kind, KIND_NAMES[kind]) for kind in KINDS),
        form=form or typed({}, DAY_FIELDS) | {"data_ano": str(year), "suspende": "sim"},
        earlier=max(year - 1, FIRST_YEAR),
        later=min(year + 1, LAST_YEAR),
        errors=errors or {},
    )


async def outages_page(
    tx: Tx, *, form: Mapping[str, str] | None = None, errors: Mapping[str, str] | None = None
) -> OutagesPage:
    """The log of this year and the last one. One query."""
    book = await book_for(tx, tx.now.year - 1, tx.now.year)
    zone = ZoneInfo(tx.tenant.timezone)
    return OutagesPage(
        lines=tuple(
            OutageLine(date_and_hour(o.from_at, zone), date_and_hour(o.to_at, zone), o.note)
            for o in reversed(book.outages)
        ),
        days=_held_days(book, tx.now.year),
        minutes=rule_on(book, OUTAGE, book.local_day(tx.now)).amount,
        form=form or typed({}, OUTAGE_FIELDS),
        errors=errors or {},
    )


def import_page(errors: Mapping[str, str] | None = None) -> ImportPage:
    """The form for the file."""
    # The page has one field; whatever is wrong with the file is said there.
    told = " ".join((errors or {}).values())
    kinds = tuple(kind.replace("_", " ").replace("util", "útil") for kind in KIND_NAMES)
    return ImportPage(kinds, {"arquivo": told} if told else {})


def span_of(entry: Holiday) -> str:
    """The entry's day, or its first and last."""
    if entry.last_day == entry.day:
        return dated(entry.day)
    return f"de {dated(entry.day)} a {dated(entry.last_day)}"


def effect_of(entry: Holiday) -> str:
    """What the entry does to deadlines."""
    effects = {
        "feriado": "Não conta nos dias úteis e nenhum prazo termina neste dia.",
        "facultativo": "Não conta nos dias úteis e nenhum prazo termina neste dia."
        if entry.suspends
        else "Só para constar: os prazos correm e terminam como sempre.",
        "recesso": "Os prazos param e continuam depois; os que a regra deixa de fora não param.",
        "meio_expediente": "O dia conta, mas nenhum prazo termina nele.",
        "indisponibilidade": "O dia conta, mas nenhum prazo termina nele.",
        "dia_util": "Conta como dia útil, apesar do feriado nacional ou estadual.",
    }
    return effects[entry.kind]


def _own(entry: Holiday) -> Line:
    return Line(entry.day, span_of(entry), entry.name, KIND_NAMES[entry.kind], entry.kind)


def _held_days(book: Book, year: int) -> tuple[str, ...]:
    held = calendar_of(book, year - 1, year).never_last
    logged = {book.local_day(o.from_at) + _ONE * n for o in book.outages
              for n in range((o.to_at - o.from_at).days + 2)}  # fmt: skip
    return tuple(f"{dated(day)}: {name}" for day, name in sorted(held.items()) if day in logged)


def _marks(calendar: Calendar, first: date, last: date) -> dict[date, Mark]:
    marks: dict[date, Mark] = {}
    for recess in calendar.recesses:
        day = max(recess.first_day, first)
        while day <= min(recess.last_day, last):
            marks[day] = Mark("parado", "rec.", f"{recess.name}: os prazos param")
            day += _ONE
    marks |= {day: Mark("limite", "½", name) for day, name in calendar.never_last.items()}
    marks |= {day: Mark("parado", "fer.", name) for day, name in calendar.closed.items()}
    return marks
