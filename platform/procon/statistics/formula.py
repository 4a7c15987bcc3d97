"""How the figures are computed and protected. A change here is a new FORMULA_VERSION."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from msgspec import Struct

FORMULA_VERSION = "1"
SMALLEST = 5  # a published count of people is at least this
FEW = "menos de 5"
KEPT = "não divulgado"
_Z = 1.959963984540054  # of 95 %
# Whoever is registered as a "microempresário individual" has a CPF in the company's name.
_CPF = re.compile(r"(?<!\d)\d{3}\.?\d{3}\.?\d{3}-?\d{2}(?!\d)")


class Shown(Struct, frozen=True):
    """A count as the public may see it: a number, or the mark that stands in its place."""

    value: int | None
    mark: str = ""

    @property
    def text(self) -> str:
        """Number or mark, in Portuguese."""
        return self.mark if self.value is None else f"{self.value:,}".replace(",", ".")


class Protected(Struct, frozen=True):
    """The cells of one table and their total."""

    cells: tuple[Shown, ...]
    total: Shown


class Interval(Struct, frozen=True):
    """A share and its 95 % confidence interval, each from 0 to 1."""

    share: float
    low: float
    high: float


def wilson(hits: int, n: int) -> Interval:
    """Wilson's score interval. Raises ValueError unless 0 <= hits <= n and n > 0."""
    if not 0 <= hits <= n or n == 0:
        raise ValueError(f"{hits} of {n}")
    share, z2 = hits / n, _Z * _Z
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    # At the ends the interval touches 0 or 1 exactly; floating point would miss by a hair.
    low = 0.0 if hits == 0 else max(0.0, centre - half)
    high = 1.0 if hits == n else min(1.0, centre + half)
    return Interval(share, low, high)


def protect(counts: Sequence[int]) -> Protected:
    """Hide counts from 1 to 4, and what else it takes that no subtraction finds them.

    That is nothing more when several are hidden already, else the least of the others, else all
    with their total. Whoever knows this procedure, the total and every number that is shown still
    cannot tell a hidden count from 1 to 4. Zero is nobody: it is shown, unless all are few.
    """
    total = sum(counts)
    small = {place for place, count in enumerate(counts) if 0 < count < SMALLEST}
    if not small:
        return Protected(tuple(Shown(count) for count in counts), Shown(total))
    if total < SMALLEST:
        return Protected((Shown(None, FEW),) * len(counts), Shown(None, FEW))
    others = sorted((count, place) for place, count in enumerate(counts) if count >= SMALLEST)
    for more in range(min(len(others), 1) + 1):
        kept = small | {place for _, place in others[:more]}
        shown = others[more][0] if more < len(others) else None
        if _safe(sum(counts[place] for place in kept), len(small), more, shown):
            return _hidden(counts, kept, Shown(total))
    return hide_all(counts)


def hide_all(counts: Sequence[int]) -> Protected:
    """Nothing but zeros is shown; for tables whose total another table must not give away."""
    cells = tuple(Shown(None, KEPT) if count else Shown(0) for count in counts)
    return Protected(cells, Shown(None, KEPT))


def protect_together(*tables: Sequence[int]) -> tuple[Protected, ...]:
    """Several tables of the same people: what one must keep, the sum of another must not tell."""
    found = tuple(protect(one) for one in tables)
    if any(one.total.mark == KEPT for one in found):
        return tuple(hide_all(one) for one in tables)
    return found


def public_name(name: str) -> str:
    """A company's name without the CPF that some have in theirs."""
    return " ".join(_CPF.sub("", name).split()).strip(" -–") or "Nome não divulgado"


def _safe(hidden: int, small: int, large: int, shown: int | None) -> bool:
    """Whether each of the `small` counts may still be anything from 1 to 4.

    Args:
        hidden: sum of all that is hidden, which is the total less what is shown.
        large: how many counts of at least 5 are hidden too; none exceeds `shown`, the least that
            is shown.
    """
    least = (small - 1) + SMALLEST * large
    if hidden - (SMALLEST - 1) < least:
        return False
    if large and shown is None:
        return True
    return hidden - 1 <= (small - 1) * (SMALLEST - 1) + large * (shown or 0)


def _hidden(counts: Sequence[int], places: set[int], total: Shown) -> Protected:
    cells = (
        Shown(count) if place not in places else Shown(None, FEW if count < SMALLEST else KEPT)
        for place, count in enumerate(counts)
    )
    return Protected(tuple(cells), total)
