"""Finding letters in the register."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from procon.tenancy.scope import Tx

_COLUMNS = (
    "id, case_id, kind, year, number, code, case_number, sha256, content_sha256, size, created_at,"
    " title, wording_version, only_for"
)


class Letter(Struct, frozen=True, forbid_unknown_fields=True):
    """One row of the register, without the facts. `size` is the PDF's, in bytes.

    `title`: what the document was called when it was issued; "" = as its kind is called.
    `only_for`: the one side that may have it (it shows their address); "" = both.
    """

    id: UUID
    case_id: UUID
    kind: str
    year: int | None
    number: int | None
    code: str
    case_number: str
    sha256: bytes
    content_sha256: bytes
    size: int
    created_at: datetime
    title: str = ""
    wording_version: int | None = None
    only_for: str = ""


async def letter_by_id(tx: Tx, letter_id: UUID) -> Letter | None:
    """The letter with this id."""
    return _letter(await tx.fetchrow(f"SELECT {_COLUMNS} FROM letter WHERE id = $1", letter_id))


async def letter_by_code(tx: Tx, code: str) -> Letter | None:
    """The letter with this verification code, as `kernel.ids.normalise_code` leaves it."""
    return _letter(await tx.fetchrow(f"SELECT {_COLUMNS} FROM letter WHERE code = $1", code))


async def letter_by_sha256(tx: Tx, sha256: bytes) -> Letter | None:
    """The letter whose PDF file, or whose content as printed at its foot, has this hash."""
    row = await tx.fetchrow(
        f"SELECT {_COLUMNS} FROM letter WHERE sha256 = $1 OR content_sha256 = $1 "
        "ORDER BY created_at, id LIMIT 1",
        sha256,
    )
    return _letter(row)


async def case_letters(tx: Tx, case_id: UUID) -> list[Letter]:
    """The letters of a case, oldest first. Who may see them is the caller's question."""
    rows = await tx.fetch(
        f"SELECT {_COLUMNS} FROM letter WHERE case_id = $1 ORDER BY created_at, id", case_id
    )
    return [Letter(*row) for row in rows]


def _letter(row: object) -> Letter | None:
    return None if row is None else Letter(*row)  # type: ignore[misc] # asyncpg rows are tuples
