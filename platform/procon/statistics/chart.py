"""Where the parts of a chart go. Plain numbers: the template draws them, the table tells them."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

WIDTH = 320  # of every drawing, in its own units: the narrowest screen
ROW, THICK = 40, 16
TALL = 120


class Bar(Struct, frozen=True):
    """A bar of a chart; `width` 0 and the mark as its text where the count is not shown.

    `low` and `high` are the ends of the interval's line, both 0 when there is none.
    """

    label: str
    text: str
    y: int
    width: float
    low: float = 0
    high: float = 0


class Bars(Struct, frozen=True):
    """Horizontal bars, one below the other."""

    height: int
    bars: tuple[Bar, ...]


class Column(Struct, frozen=True):
    """A column of a chart. `hidden`: drawn as a mark on the ground, without a height."""

    label: str
    x: float
    y: float
    height: float
    hidden: bool


class Columns(Struct, frozen=True):
    """Columns side by side, as for the months of a year."""

    width: float
    columns: tuple[Column, ...]


class Point(Struct, frozen=True):
    """What a bar shows. `share` is None where the count is not shown."""

    label: str
    text: str
    share: float | None
    low: float = 0
    high: float = 0


def bars(points: Sequence[Point]) -> Bars:
    """Bars for shares from 0 to 1 of the whole width."""
    drawn = tuple(
        Bar(
            one.label,
            one.text,
            place * ROW,
            round((one.share or 0) * WIDTH, 1),
            round(one.low * WIDTH, 1),
            round(one.high * WIDTH, 1),
        )
        for place, one in enumerate(points)
    )
    return Bars(len(points) * ROW, drawn)


def columns(points: Sequence[tuple[str, int | None]]) -> Columns:
    """Columns for counts; the highest fills the height."""
    most = max((count or 0 for _, count in points), default=0) or 1
    step = WIDTH / max(len(points), 1)
    drawn = []
    for place, (label, count) in enumerate(points):
        height = round((count or 0) / most * TALL, 1)
        x = round(place * step + step * 0.15, 1)
        drawn.append(Column(label, x, round(TALL - height, 1), height, count is None))
    return Columns(round(step * 0.7, 1), tuple(drawn))


def shares(points: Sequence[tuple[str, int | None, str]]) -> Bars:
    """Bars for counts, against the greatest of them."""
    most = max((count or 0 for _, count, _ in points), default=0) or 1
    return bars(
        [
            Point(label, text, None if count is None else count / most)
            for label, count, text in points
        ]
    )
