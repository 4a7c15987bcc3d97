"""The office's figures, each with the address of the list behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from msgspec import Struct

from procon.cases.standard import STANDARD
from procon.cases.taxonomy import AREAS, SUBJECTS
from procon.notices.queries import digital_share
from procon.statistics.figures import CHANNEL_NAMES
from procon.statistics.management.queries import Group, backlog, documents_issued, stages
from procon.statistics.period import parse_year, period_of, this_year
from procon.statistics.queries import Medians, first_year, medians_in, opened_in
from procon.tenancy.scope import Tx

LIST = "/equipe/processos"
# What a document would have been on paper: two copies of three pages, and what a page costs with
# toner and paper, in reais. Assumptions, shown on the page.
PAGES_PER_DOCUMENT = 6
COST_OF_A_PAGE = Decimal("0.25")
# Days since filing at which an open case becomes older than a row of the table.
AGES = (10, 30, 90)
ENDS = tuple(state.key for state in STANDARD.states if state.ends)
OPEN = tuple(state.key for state in STANDARD.states if not state.ends)


class Count(Struct, frozen=True):
    """A number and the list behind it."""

    label: str
    count: int
    href: str


class StageLine(Struct, frozen=True):
    """A stage: what stands in it now, and how long cases stayed. `days` is None when unknown."""

    label: str
    count: int
    href: str
    overdue: int
    overdue_href: str
    days: float | None


class ManagementPage(Struct, frozen=True):
    """The office at a glance. Shares and savings are of the chosen year."""

    year: int
    years: tuple[int, ...]
    opened: Count
    opened_before: Count
    medians: Medians
    open: Count
    overdue: Count
    stages: tuple[StageLine, ...]
    ages: tuple[Count, ...]
    people: tuple[Count, ...]
    channels: tuple[Count, ...]
    areas: tuple[Count, ...]
    digital: int
    notices: int
    documents: int
    pages_saved: int
    money_saved: Decimal
    pages_per_document: int = PAGES_PER_DOCUMENT
    cost_of_a_page: Decimal = COST_OF_A_PAGE


async def management_page(tx: Tx, *, year: str) -> ManagementPage:
    """The page of a year. Eight queries, however many cases there are."""
    period = period_of(tx, parse_year(year, now=this_year(tx)))
    zone = ZoneInfo(tx.tenant.timezone)
    day = tx.now.astimezone(zone).date()
    edges = [_midnight(day - timedelta(days=days), zone) for days in reversed(AGES)]
    groups = await backlog(tx, states=OPEN, today=_midnight(day, zone), edges=edges)
    stays = {one.key: one.days for one in await stages(tx, period, ends=ENDS)}
    share = await digital_share(tx, since=period.start)
    documents = await documents_issued(tx, period)
    before = period_of(tx, period.year - 1)
    saved = documents * PAGES_PER_DOCUMENT
    return ManagementPage(
        year=period.year,
        years=tuple(range(this_year(tx), await first_year(tx) - 1, -1)),
        opened=_year_count(period.year, (await opened_in(tx, period)).total),
        opened_before=_year_count(before.year, (await opened_in(tx, before)).total),
        medians=await medians_in(tx, period),
        open=_count("Abertos", groups, {}),
        overdue=_count("Vencidos", [g for g in groups if g.overdue], _late(day)),
        stages=_stages(groups, stays, day),
        ages=_ages(groups, day),
        people=_people(groups),
        channels=_channels(groups),
        areas=_areas(groups),
        digital=share.digital,
        notices=share.total,
        documents=documents,
        pages_saved=saved,
        money_saved=saved * COST_OF_A_PAGE,
    )


def _stages(groups: list[Group], stays: dict[str, float], day: date) -> tuple[StageLine, ...]:
    lines = []
    for state in STANDARD.states:
        if state.ends:
            continue
        here = [one for one in groups if one.status == state.key]
        late = [one for one in here if one.overdue]
        if here or state.key in stays:
            lines.append(
                StageLine(
                    label=state.title,
                    count=_sum(here),
                    href=_href({}, (state.key,)),
                    overdue=_sum(late),
                    overdue_href=_href(_late(day), (state.key,)),
                    days=stays.get(state.key),
                )
            )
    return tuple(lines)


def _ages(groups: list[Group], day: date) -> tuple[Count, ...]:
    """Whole days since filing; both ends of a row belong to it, as in the list's filter."""
    names = ("Até 10 dias", "De 11 a 30 dias", "De 31 a 90 dias", "Mais de 90 dias")
    firsts = (*AGES, None)
    lasts = (None, *(days + 1 for days in AGES))
    counts = []
    for place, (name, first, last) in enumerate(zip(names, firsts, lasts, strict=True)):
        limits = {
            field: (day - timedelta(days=days)).isoformat()
            for field, days in (("aberto_de", first), ("aberto_ate", last))
            if days is not None
        }
        counts.append(_count(name, [g for g in groups if len(AGES) - g.age == place], limits))
    return tuple(counts)


def _people(groups: list[Group]) -> tuple[Count, ...]:
    names = {one.assigned_to: one.assigned_name for one in groups if one.assigned_to}
    counts = [
        _count(name, [g for g in groups if g.assigned_to == who], {"responsavel": str(who)})
        for who, name in names.items()
    ]
    free = [one for one in groups if one.assigned_to is None]
    nobody = _count("Sem responsável", free, {"responsavel": "ninguem"})
    return (*sorted(counts, key=lambda one: (-one.count, one.label)), nobody)


def _channels(groups: list[Group]) -> tuple[Count, ...]:
    return tuple(
        _count(name, [g for g in groups if g.channel == key], {"canal": key})
        for key, name in CHANNEL_NAMES.items()
    )


def _areas(groups: list[Group]) -> tuple[Count, ...]:
    area_of = {subject.code: subject.area for subject in SUBJECTS}
    counts = [
        _count(
            area.title,
            [g for g in groups if area_of.get(g.subject) == area.code],
            {"assunto": area.code},
        )
        for area in AREAS
    ]
    return tuple(one for one in counts if one.count)


def _count(label: str, groups: Iterable[Group], wanted: Mapping[str, str]) -> Count:
    return Count(label, _sum(groups), _href(wanted))


def _sum(groups: Iterable[Group]) -> int:
    return sum(one.cases for one in groups)


def _year_count(year: int, count: int) -> Count:
    days = {"aberto_de": f"{year}-01-01", "aberto_ate": f"{year}-12-31"}
    return Count(f"Abertos em {year}", count, _href(days, ()))


def _late(day: date) -> dict[str, str]:
    return {"prazo_ate": (day - timedelta(days=1)).isoformat()}


def _href(wanted: Mapping[str, str], states: Iterable[str] = OPEN) -> str:
    """The staff's list with this filter."""
    pairs = [*(("estado", one) for one in states), *wanted.items()]
    return f"{LIST}?{urlencode(pairs)}"


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
