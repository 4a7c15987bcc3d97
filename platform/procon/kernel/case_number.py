"""The number people read on a case: year, running number of the city, one check digit."""

import re

# Verhoeff's scheme (dihedral group D5): one digit that finds every single wrong digit and every
# swap of two neighbours, which mod 97 would need two digits for.
_TIMES = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 2, 3, 4, 0, 6, 7, 8, 9, 5),
    (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7),
    (4, 0, 1, 2, 3, 9, 5, 6, 7, 8),
    (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2),
    (7, 6, 5, 9, 8, 2, 1, 0, 4, 3),
    (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)
_STEP = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
_INVERSE = (0, 4, 3, 2, 1, 5, 6, 7, 8, 9)

_MAX = 999_999_999
_GROUPS = re.compile(r"(\d{4})\D+(\d{1,9})\D+(\d)")
_TOGETHER = re.compile(r"(\d{4})(\d{6,9})(\d)")
_SEPARATORS = re.compile(r"[\s./\-–—_]+")


class BadCaseNumber(ValueError):
    """The text is not a case number. `reason` is a Portuguese sentence for the person."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _permuted(digit: int, times: int) -> int:
    for _ in range(times % 8):
        digit = _STEP[digit]
    return digit


def _check_digit(digits: str) -> int:
    total = 0
    for place, char in enumerate(reversed(digits), start=1):
        total = _TIMES[total][_permuted(int(char), place)]
    return _INVERSE[total]


def format_case_number(year: int, n: int) -> str:
    """The number as printed: 2026.000123-4. `n` counts from 1 in each city and year.

    Raises ValueError outside 1000-9999 and 1-999 999 999.
    """
    if not 1000 <= year <= 9999 or not 1 <= n <= _MAX:
        raise ValueError("year or number out of range")
    return f"{year}.{n:06d}-{_check_digit(f'{year}{n:06d}')}"


def parse_case_number(text: str) -> tuple[int, int]:
    """(year, n) of a number as people type it: other separators, spaces or none at all.

    The zeros in front of `n` may be left out when the three groups are apart. Raises
    BadCaseNumber with one sentence when it cannot be a number or the check digit differs.
    """
    bare = _SEPARATORS.sub(" ", text).strip()
    found = _GROUPS.fullmatch(bare) or _TOGETHER.fullmatch(bare.replace(" ", ""))
    if not bare.isascii() or found is None:
        raise BadCaseNumber("O número do processo é parecido com 2026.000123-4.")
    year, n, digit = int(found[1]), int(found[2]), int(found[3])
    if year < 1000 or n < 1 or _check_digit(f"{year}{n:06d}") != digit:
        raise BadCaseNumber("Este número não confere. Veja de novo no seu recibo ou e-mail.")
    if len(found[2]) > 6 and found[2][0] == "0":
        raise BadCaseNumber("O número do processo é parecido com 2026.000123-4.")
    return year, n


def canonical_case_number(text: str) -> str:
    """What people typed, as it is printed and stored. Raises BadCaseNumber."""
    return format_case_number(*parse_case_number(text))
