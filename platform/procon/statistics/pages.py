"""The public pages of figures: a year, the companies, one company, and how it is counted."""

from __future__ import annotations

import re

from msgspec import Struct

from procon.kernel.errors import NotFound
from procon.statistics.chart import Bars, Columns, Point, bars, columns, shares
from procon.statistics.companies import LISTED_MOST, Company, companies_of, company_in
from procon.statistics.figures import SHORT_NAMES, Figures, Line, Result, figures_of
from procon.statistics.formula import FORMULA_VERSION, SMALLEST, public_name
from procon.statistics.period import parse_year, period_of, this_year
from procon.statistics.queries import company_names, first_year, opened_in
from procon.statistics.register.pages import CompanyLine, PublicEntry, lines_of, public_entries
from procon.statistics.register.queries import living_of_root
from procon.tenancy.scope import Tx

_ROOT = re.compile(r"[0-9A-Z]{8}\Z")


class IndicatorsPage(Struct, frozen=True):
    """A year's figures with their charts."""

    figures: Figures
    results: Bars
    months: Columns
    channels: Bars
    areas: Bars
    companies: tuple[Company, ...]
    version: str = FORMULA_VERSION


class MethodPage(Struct, frozen=True):
    """How the figures are made."""

    version: str = FORMULA_VERSION
    smallest: int = SMALLEST


class CompanyPage(Struct, frozen=True):
    """A company in a year. `company` is None without a complaint in that year."""

    root: str
    name: str
    year: int
    years: tuple[int, ...]
    company: Company | None
    results: Bars | None
    register: CompanyLine | None
    entries: tuple[PublicEntry, ...]


async def indicators_page(tx: Tx, *, year: str) -> IndicatorsPage:
    """The page of a year, the running one unless asked. Four queries."""
    period = period_of(tx, parse_year(year, now=this_year(tx)))
    opened = await opened_in(tx, period)
    figures = await figures_of(tx, period, opened)
    companies = [one for one in await companies_of(tx, opened) if one.total.value is not None]
    return IndicatorsPage(
        figures=figures,
        results=_result_bars(figures.results),
        months=columns([(one.label[:3], one.count.value) for one in figures.months]),
        channels=_count_bars(figures.channels),
        areas=_count_bars(figures.areas),
        companies=tuple(companies[:LISTED_MOST]),
    )


async def company_page(tx: Tx, *, root: str, year: str) -> CompanyPage:
    """The public page of a company.

    Raises:
        NotFound: not a CNPJ root, or one that nobody complained about.
    """
    if not _ROOT.match(root):
        raise NotFound("Não há empresa com esta raiz de CNPJ.")
    period = period_of(tx, parse_year(year, now=this_year(tx)))
    company = await company_in(tx, period, root)
    entries = await living_of_root(tx, root)
    name = (await company_names(tx, [root])).get(root)
    if name is None:
        raise NotFound("Não há empresa com esta raiz de CNPJ.")
    return CompanyPage(
        root=root,
        name=public_name(name),
        year=period.year,
        years=tuple(range(this_year(tx), await first_year(tx) - 1, -1)),
        company=company,
        results=_result_bars(company.results) if company else None,
        register=next(iter(lines_of(entries)), None),
        entries=public_entries(tx, entries),
    )


def percent(share: float) -> str:
    """A share for people: 63,2 %."""
    return f"{share * 100:.1f} %".replace(".", ",")


def _result_bars(results: tuple[Result, ...]) -> Bars:
    return bars([_point(one) for one in results])


def _point(one: Result) -> Point:
    if one.interval is None:
        return Point(SHORT_NAMES[one.key], one.count.text, None)
    share = one.interval
    return Point(SHORT_NAMES[one.key], percent(share.share), share.share, share.low, share.high)


def _count_bars(lines: tuple[Line, ...]) -> Bars:
    return shares([(one.label, one.count.value, one.count.text) for one in lines])
