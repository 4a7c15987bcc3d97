"""The court's number: published examples, every single wrong digit, and every swap."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procon.ext.cnj import (
    BadCourtNumber,
    CourtNumber,
    canonical_court_number,
    parse_court_number,
)

NUMBERS = st.builds(
    CourtNumber,
    serial=st.integers(1, 9_999_999),
    year=st.integers(1000, 9999),
    branch=st.integers(1, 9),
    court=st.integers(0, 99),
    office=st.integers(0, 9999),
)


@pytest.mark.parametrize(
    "printed",
    ["4000001-55.2026.8.26.0114", "1012345-56.2025.8.26.0114", "0000001-36.2024.8.13.0024"],
)
def test_known_numbers(printed: str) -> None:
    number = parse_court_number(printed)
    assert (number.printed, len(number.digits)) == (printed, 20)


@given(NUMBERS)
def test_what_is_printed_is_read_again(number: CourtNumber) -> None:
    assert parse_court_number(number.printed) == number
    assert parse_court_number(number.digits) == number
    # ISO 7064 MOD 97-10: with the check digits at the end the whole leaves 1.
    digits = number.digits
    assert int(digits[:7] + digits[9:] + digits[7:9]) % 97 == 1


@given(NUMBERS, st.integers(0, 19), st.integers(1, 9))
def test_every_single_wrong_digit_is_found(number: CourtNumber, place: int, add: int) -> None:
    digits = number.digits
    wrong = digits[:place] + str((int(digits[place]) + add) % 10) + digits[place + 1 :]
    with pytest.raises(BadCourtNumber):
        parse_court_number(wrong)


@given(NUMBERS, st.integers(0, 18))
def test_every_swap_of_two_neighbours_is_found(number: CourtNumber, place: int) -> None:
    digits = number.digits
    swapped = digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :]
    if swapped == digits:
        return
    with pytest.raises(BadCourtNumber):
        parse_court_number(swapped)


@pytest.mark.parametrize(
    "text", ["", "4000001", "4000001-56.2026.8.26.0114", "٤000001-55.2026.8.26.0114", "0" * 20]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(BadCourtNumber):
        canonical_court_number(text)


def test_other_separators_and_missing_zeros() -> None:
    assert canonical_court_number(" 1-36/2024.8.13.0024 ") == "0000001-36.2024.8.13.0024"
