"""Time comes in as a value, so that tests and replays can choose it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


# How far a city's clock is ahead. In a demonstration people see deadlines pass; else nothing.
Shift = Callable[[str], timedelta]


def no_shift(_slug: str) -> timedelta:
    """Time as it is."""
    return timedelta()


def shift_in(folder: Path) -> Shift:
    """How far each city's clock is ahead, as the files of `folder` say now.

    A file per city, so that web, worker and command line agree.
    """

    def shift(slug: str) -> timedelta:
        try:
            return timedelta(seconds=int((folder / f"{slug}.seconds").read_text()))
        except (FileNotFoundError, ValueError):
            return timedelta()

    return shift


def move_forward(folder: Path, slug: str, by: timedelta) -> timedelta:
    """Move a city's clock ahead; returns how far it is ahead now.

    Raises:
        ValueError: `by` is not ahead. Back is not possible: what happened has happened.
    """
    if by <= timedelta():
        raise ValueError("the clock only moves forward")
    folder.mkdir(parents=True, exist_ok=True)
    total = shift_in(folder)(slug) + by
    new = folder / f"{slug}.new"
    new.write_text(str(int(total.total_seconds())))
    new.replace(folder / f"{slug}.seconds")
    return total
