"""A year's figures as the public sees them: counted, protected, put into words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from msgspec import Struct

from procon.cases.taxonomy import AREAS, SUBJECTS
from procon.portal.render import MONTHS
from procon.statistics.formula import (
    SMALLEST,
    Interval,
    Protected,
    Shown,
    protect,
    protect_together,
    wilson,
)
from procon.statistics.period import Period, local_year, this_year
from procon.statistics.queries import (
    RESULTS,
    SITUATIONS,
    Median,
    Opened,
    around,
    medians_in,
)
from procon.tenancy.scope import Tx

SITUATION_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "solved": "Resolvida, segundo o consumidor",
        "unsolved": "Não resolvida, segundo o consumidor",
        "silent": "Sem resposta da empresa ou sem avaliação",
        "running": "Ainda em andamento",
        "other": "Encerrada antes, por outro motivo",
        "rest": "Em andamento, ou encerrada antes por outro motivo",
    }
)
SHORT_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "solved": "Resolvida",
        "unsolved": "Não resolvida",
        "silent": "Sem resposta ou sem avaliação",
    }
)
CHANNEL_NAMES: Mapping[str, str] = MappingProxyType(
    {"online": "Pela internet", "post": "No atendimento presencial"}
)

AREA_NAMES: Mapping[str, str] = MappingProxyType(
    {**{area.code: area.title for area in AREAS}, "OUT": "Outros assuntos"}
)
ANSWER_SPAN = "Da reclamação à primeira resposta da empresa"
END_SPAN = "Da reclamação ao encerramento"


class Line(Struct, frozen=True):
    """One row of a table. `key` is the code that open data have for it."""

    key: str
    label: str
    count: Shown


class Result(Struct, frozen=True):
    """One of the three results; `interval` is None when a share would tell a hidden count."""

    key: str
    label: str
    count: Shown
    interval: Interval | None


class Span(Struct, frozen=True):
    """A median in days now and a year before; None: of too few cases."""

    key: str
    label: str
    now: float | None
    before: float | None
    cases: Shown


class Tables(Struct, frozen=True):
    """The tables of all cases of a year."""

    total: Shown
    months: tuple[Line, ...]
    channels: tuple[Line, ...]
    areas: tuple[Line, ...]
    situations: tuple[Line, ...]
    results: tuple[Result, ...]
    rated_of: Shown


class Figures(Struct, frozen=True):
    """Everything that is published about a year."""

    period: Period
    years: tuple[int, ...]
    total: Shown
    months: tuple[Line, ...]
    channels: tuple[Line, ...]
    areas: tuple[Line, ...]
    situations: tuple[Line, ...]
    results: tuple[Result, ...]
    rated_of: Shown
    spans: tuple[Span, ...]
    advice: Shown


async def figures_of(tx: Tx, period: Period, opened: Opened) -> Figures:
    """The figures of a year from its counts. Two more queries, however many cases there are."""
    medians, more = await medians_in(tx, period), await around(tx, period)
    tables = tables_of(opened)
    first = local_year(tx, more.first_at or tx.now)
    return Figures(
        period=period,
        years=tuple(range(this_year(tx), min(first, this_year(tx)) - 1, -1)),
        total=tables.total,
        months=tables.months,
        channels=tables.channels,
        areas=tables.areas,
        situations=tables.situations,
        results=tables.results,
        rated_of=tables.rated_of,
        spans=(
            _span("resposta", ANSWER_SPAN, medians.answer, medians.answer_before),
            _span("encerramento", END_SPAN, medians.end, medians.end_before),
        ),
        advice=protect([more.advice]).total,
    )


def tables_of(opened: Opened) -> Tables:
    """The tables of all cases of a year, protected together: they have one total."""
    months = [opened.months.get(month, 0) for month in range(1, 13)]
    channels = dict.fromkeys(CHANNEL_NAMES, 0) | dict(opened.channels)
    areas, situations = by_area(opened), by_situation(opened)
    shown = protect_together(
        months, list(channels.values()), list(areas.values()), list(situations.values())
    )
    results, rated_of = three_results(situations, shown[3].cells[:3])
    return Tables(
        total=shown[0].total,
        months=_lines({str(n): name for n, name in enumerate(MONTHS, 1)}, shown[0]),
        channels=_lines({key: CHANNEL_NAMES.get(key, key) for key in channels}, shown[1]),
        areas=_lines({code: AREA_NAMES.get(code, code) for code in areas}, shown[2]),
        situations=_lines({key: SITUATION_NAMES[key] for key in situations}, shown[3]),
        results=results,
        rated_of=rated_of,
    )


def by_area(opened: Opened) -> dict[str, int]:
    """Area code → cases, every area; a subject that is no longer known counts as "OUT"."""
    area_of = {subject.code: subject.area for subject in SUBJECTS}
    found = {area.code: 0 for area in AREAS}
    for subject, cases in opened.subjects.items():
        code = area_of.get(subject, "OUT")
        found[code] = found.get(code, 0) + cases
    return found


def by_situation(opened: Opened) -> dict[str, int]:
    """The results and the rest, which is told apart only where that hides nothing."""
    counts = {key: opened.situations.get(key, 0) for key in SITUATIONS}
    if all(not 0 < counts[key] < SMALLEST for key in ("running", "other")):
        return counts
    rest = counts.pop("running") + counts.pop("other")
    return {**counts, "rest": rest}


def three_results(
    counts: Mapping[str, int], shown: Sequence[Shown]
) -> tuple[tuple[Result, ...], Shown]:
    """The three results with their shares, and of how many cases; shares only if all are shown.

    Args:
        shown: what of the counts of RESULTS is shown, in that order.
    """
    cells = dict(zip(RESULTS, shown, strict=True))
    n = sum(counts[key] for key in RESULTS)
    plain = n > 0 and all(cells[key].value is not None for key in RESULTS)
    results = tuple(
        Result(
            key,
            SITUATION_NAMES[key],
            cells[key],
            wilson(counts[key], n) if plain else None,
        )
        for key in RESULTS
    )
    few = Shown(None, "poucos casos para uma taxa")
    return results, Shown(n) if plain or n == 0 else few


def _lines(names: Mapping[str, str], shown: Protected) -> tuple[Line, ...]:
    cells = zip(names.items(), shown.cells, strict=True)
    return tuple(Line(key, label, cell) for (key, label), cell in cells)


def _span(key: str, label: str, now: Median | None, before: Median | None) -> Span:
    cases = now.cases if now else 0
    return Span(key, label, _days(now), _days(before), protect([cases]).total)


def _days(median: Median | None) -> float | None:
    if median is None or median.cases < SMALLEST:
        return None
    return round(median.days, 1)
