"""Months as tables, with a mark on each day that matters."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import date
from typing import Literal

from msgspec import Struct

from procon.portal.render import MONTHS

# What a day is for a deadline; the style sheet has one look for each.
Look = Literal["aviso", "conta", "parado", "fim", "limite"]


class Mark(Struct, frozen=True):
    """What is said of a day: `short` is seen, `text` is read out and listed."""

    look: Look
    short: str
    text: str


class Cell(Struct, frozen=True):
    """One day of a month."""

    day: int
    mark: Mark | None


class Month(Struct, frozen=True):
    """A month, weeks from Sunday to Saturday; None outside of it."""

    title: str
    weeks: tuple[tuple[Cell | None, ...], ...]


def months_of(first: date, last: date, marks: Mapping[date, Mark]) -> tuple[Month, ...]:
    """Every month from the one of `first` to the one of `last`."""
    found: list[Month] = []
    year, month = first.year, first.month
    while (year, month) <= (last.year, last.month):
        found.append(_month(year, month, marks))
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return tuple(found)


def _month(year: int, month: int, marks: Mapping[date, Mark]) -> Month:
    weeks = calendar.Calendar(firstweekday=calendar.SUNDAY).monthdayscalendar(year, month)
    return Month(
        title=f"{MONTHS[month - 1].capitalize()} de {year}",
        weeks=tuple(
            tuple(Cell(day, marks.get(date(year, month, day))) if day else None for day in week)
            for week in weeks
        ),
    )
