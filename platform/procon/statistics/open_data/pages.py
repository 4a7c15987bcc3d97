"""The page of the open data."""

from __future__ import annotations

from msgspec import Struct

from procon.statistics.open_data.datasets import DATASETS, Dataset
from procon.statistics.period import parse_year, this_year
from procon.statistics.queries import first_year
from procon.tenancy.scope import Tx


class DataPage(Struct, frozen=True):
    """Datasets of a year, with the dictionary."""

    year: int
    years: tuple[int, ...]
    datasets: tuple[Dataset, ...]


async def data_page(tx: Tx, *, year: str) -> DataPage:
    """The page of a year. One query."""
    now = this_year(tx)
    years = tuple(range(now, await first_year(tx) - 1, -1))
    return DataPage(parse_year(year, now=now), years, tuple(DATASETS.values()))
