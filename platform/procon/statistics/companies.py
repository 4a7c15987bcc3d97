"""Companies by CNPJ root: their counts in a year, protected as one table."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from procon.statistics.figures import Result, tables_of, three_results
from procon.statistics.formula import KEPT, SMALLEST, Shown, hide_all, protect, public_name
from procon.statistics.period import Period
from procon.statistics.queries import RESULTS, Opened, company_names, opened_in
from procon.tenancy.scope import Tx

LISTED_MOST = 50


class Company(Struct, frozen=True):
    """One company in a year. `total`: its complaints that have one of the three results."""

    root: str
    name: str
    total: Shown
    results: tuple[Result, ...]


async def companies_of(tx: Tx, opened: Opened) -> tuple[Company, ...]:
    """Every company with a complaint in the year, by how many have a result. One query."""
    names = await company_names(tx, [root for root in opened.companies if root])
    return protected_companies(opened, names)


async def company_in(tx: Tx, period: Period, root: str) -> Company | None:
    """One company in the year as the list has it, or None without a complaint. Two queries."""
    opened = await opened_in(tx, period)
    if root not in opened.companies:
        return None
    names = await company_names(tx, [root])
    return next(one for one in protected_companies(opened, names) if one.root == root)


def protected_companies(opened: Opened, names: Mapping[str, str]) -> tuple[Company, ...]:
    """The rows of the table, the largest first, then by root; nobody without a CNPJ.

    A row's results are hidden together when one of them is small. One hidden row alone could be
    found by subtracting the others from the city's results, so the least of the rest goes too.
    Where the city's own results are hidden the rows would add up to them: then none is shown.
    """
    kept = any(one.count.value is None for one in tables_of(opened).results)
    # By root, so that the order of hidden ones does not tell which is larger.
    counts = {
        root: [found.get(key, 0) for key in RESULTS]
        for root, found in sorted(opened.companies.items())
    }
    sums = [sum(row) for row in counts.values()]
    totals = hide_all(sums) if kept else protect(sums)
    of = dict(zip(counts, totals.cells, strict=True))
    hidden = {root for root, row in counts.items() if of[root].value is None or _has_small(row)}
    shown = sorted((sum(row), root) for root, row in counts.items() if root not in hidden)
    large = [root for count, root in shown if count]
    if len(hidden) == 1 and large:
        hidden.add(large[0])
    rows = [
        _company(root, names.get(root, root), of[root], counts[root], hide=root in hidden)
        for root in counts
        if root
    ]
    return tuple(sorted(rows, key=lambda one: (-(one.total.value or 0), one.root)))


def _has_small(row: list[int]) -> bool:
    return any(0 < count < SMALLEST for count in row)


def _company(root: str, name: str, total: Shown, row: list[int], *, hide: bool) -> Company:
    counts = dict(zip(RESULTS, row, strict=True))
    cells = [Shown(None, KEPT) if hide else Shown(count) for count in row]
    return Company(root, public_name(name), total, three_results(counts, cells)[0])
