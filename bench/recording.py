"""What one request did: its SQL with arguments, and the bytes that came back."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

from msgspec import Struct


class Statement(Struct, frozen=True):
    """One message to PostgreSQL, as the product sent it."""

    sql: str
    args: tuple[Any, ...]


class Recorded(Struct, frozen=True):
    """A page as the floor repeats it.

    Attributes:
        headers: of the answer, without those that the server itself adds.
        statements: from BEGIN to COMMIT, both included.
    """

    path: str
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    statements: tuple[Statement, ...]

    @property
    def queries(self) -> int:
        """How many statements there are between BEGIN and COMMIT."""
        return len(self.statements) - 2


def save(pages: tuple[Recorded, ...], file: Path) -> None:
    """Write the recording; the arguments are Python values, so it is a pickle."""
    file.write_bytes(pickle.dumps(pages))


def restore(file: Path) -> tuple[Recorded, ...]:
    """Read what `save` wrote, in a folder that only we can write to."""
    pages: tuple[Recorded, ...] = pickle.loads(file.read_bytes())  # noqa: S301 - our own file
    return pages
