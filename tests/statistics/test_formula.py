"""The interval against known values; the protection against whoever knows how it works."""

from __future__ import annotations

import itertools
from collections import defaultdict

import pytest

from procon.statistics.formula import (
    FEW,
    KEPT,
    protect,
    protect_together,
    public_name,
    wilson,
)


def texts(counts: list[int]) -> list[str]:
    found = protect(counts)
    return [*(cell.text for cell in found.cells), found.total.text]


# Newcombe (1998), Statistics in Medicine 17: 857-872, table I, method 3.
@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_wilsons(hits: int, n: int, low: float, high: float) -> None:
    found = wilson(hits, n)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)
    assert found.share == hits / n


def test_no_share_of_nothing() -> None:
    with pytest.raises(ValueError, match="0 of 0"):
        wilson(0, 0)


def test_small_counts_are_hidden_and_cannot_be_subtracted() -> None:
    assert texts([7, 12, 0]) == ["7", "12", "0", "19"]
    assert texts([3, 40, 12]) == [FEW, "40", KEPT, "55"]
    assert texts([3, 2, 40, 0]) == [FEW, FEW, "40", "0", "45"]
    assert texts([4, 2, 40, 0]) == [FEW, FEW, KEPT, "0", "46"]
    assert texts([1, 1, 0]) == [FEW, FEW, FEW, FEW]
    assert texts([4, 4, 0]) == [KEPT, KEPT, "0", KEPT]
    assert texts([1, 5]) == [KEPT, KEPT, KEPT]
    assert texts([1234, 5]) == ["1.234", "5", "1.239"]


@pytest.mark.parametrize(("cells", "most"), [(2, 40), (3, 24), (4, 13)])
def test_who_knows_the_procedure_still_learns_no_hidden_count(cells: int, most: int) -> None:
    """Every table there could be: none that looks alike has one and the same hidden small count."""
    alike: dict[tuple[str, ...], list[tuple[int, ...]]] = defaultdict(list)
    for counts in itertools.product(range(most), repeat=cells):
        alike[tuple(texts(list(counts)))].append(counts)
    told = [
        (shown, place)
        for shown, tables in alike.items()
        if max(max(counts) for counts in tables) < most - 1  # else the missing ones are outside
        for place in range(cells)
        if shown[place] == FEW and len({counts[place] for counts in tables}) == 1
    ]
    assert told == []
    assert len(alike) > most


def test_tables_of_the_same_people_do_not_tell_each_others_total() -> None:
    by_channel, by_month = protect_together([4, 4], [8, 0, 0])
    assert [cell.text for cell in by_month.cells] == [KEPT, "0", "0"]
    assert by_month.total.text == by_channel.total.text == KEPT
    by_channel, by_month = protect_together([10, 20], [15, 15])
    assert by_month.total.text == by_channel.total.text == "30"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("JOAO DA SILVA 12345678909", "JOAO DA SILVA"),
        ("João da Silva - 123.456.789-09", "João da Silva"),
        ("52998224725", "Nome não divulgado"),
        ("Loja 24 horas 2000", "Loja 24 horas 2000"),
    ],
)
def test_a_companys_name_carries_no_cpf(name: str, shown: str) -> None:
    assert public_name(name) == shown
