import pytest
from hypothesis import given
from hypothesis import strategies as st

from procon.kernel.case_number import (
    BadCaseNumber,
    canonical_case_number,
    format_case_number,
    parse_case_number,
)

YEARS = st.integers(1000, 9999)
NUMBERS = st.one_of(st.integers(1, 999_999), st.integers(1, 999_999_999))


def accepts(text: str) -> bool:
    try:
        parse_case_number(text)
    except BadCaseNumber:
        return False
    return True


def test_verhoeff_gives_the_well_known_digits() -> None:
    from procon.kernel.case_number import _check_digit  # noqa: PLC0415 - private on purpose

    assert _check_digit("236") == 3
    assert _check_digit("12345") == 1


@given(YEARS, NUMBERS)
def test_round_trip(year: int, n: int) -> None:
    assert parse_case_number(format_case_number(year, n)) == (year, n)


def test_ways_to_type_it() -> None:
    printed = format_case_number(2026, 123)
    digit = printed[-1]
    assert printed == f"2026.000123-{digit}"
    for text in (
        f"2026000123{digit}",
        f"2026/000123-{digit}",
        f" 2026 000123 {digit} ",
        f"2026.123-{digit}",
        f"2026 / 123 – {digit}",
    ):
        assert canonical_case_number(text) == printed


@pytest.mark.parametrize(
    "text",
    ["", "abc", "2026", "2026.0-1", "2026.000000-0", "2026..-", "٢٠٢٦.000123-4", "\0", "9" * 40],
)
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(BadCaseNumber) as caught:
        parse_case_number(text)
    assert caught.value.reason.endswith(".")


@given(YEARS, NUMBERS, st.data())
def test_every_single_wrong_digit_is_found(year: int, n: int, data: st.DataObject) -> None:
    digits = format_case_number(year, n).replace(".", "").replace("-", "")
    place = data.draw(st.integers(0, len(digits) - 1))
    for other in "0123456789":
        wrong = digits[:place] + other + digits[place + 1 :]
        assert accepts(wrong) == (other == digits[place])


@given(YEARS, NUMBERS, st.data())
def test_every_swap_of_neighbours_is_found(year: int, n: int, data: st.DataObject) -> None:
    digits = format_case_number(year, n).replace(".", "").replace("-", "")
    place = data.draw(st.integers(0, len(digits) - 2))
    a, b = digits[place : place + 2]
    swapped = digits[:place] + b + a + digits[place + 2 :]
    assert accepts(swapped) == (a == b)


@pytest.mark.parametrize(("year", "n"), [(999, 1), (10_000, 1), (2026, 0), (2026, 1_000_000_000)])
def test_out_of_range(year: int, n: int) -> None:
    with pytest.raises(ValueError, match="out of range"):
        format_case_number(year, n)
