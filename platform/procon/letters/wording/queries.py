"""The words in force for each document, and the versions before them."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from procon.letters.wording.documents import DOCUMENTS, default_body
from procon.tenancy.scope import Tx


class Wording(Struct, frozen=True):
    """One version. Version 0 is the platform's own, which nobody in the city wrote."""

    code: str
    version: int
    title: str
    body: str
    changed_name: str = ""
    changed_at: datetime | None = None


_COLUMNS = "code, version, title, body, changed_name, changed_at"


def default_wording(code: str) -> Wording:
    """The platform's words. Raises KeyError for an unknown document."""
    return Wording(code, 0, DOCUMENTS[code].title, default_body(code))


async def wording_in_force(tx: Tx, code: str) -> Wording:
    """The newest version of the city, else the platform's. Raises KeyError as above."""
    row = await tx.fetchrow(
        f"SELECT {_COLUMNS} FROM letter_wording WHERE code = $1 ORDER BY version DESC LIMIT 1",
        code,
    )
    return Wording(*row) if row else default_wording(code)


async def wordings_in_force(tx: Tx) -> dict[str, Wording]:
    """What is in force for every document, in the catalogue's order."""
    rows = await tx.fetch(
        f"SELECT DISTINCT ON (code) {_COLUMNS} FROM letter_wording ORDER BY code, version DESC"
    )
    own = {row["code"]: Wording(*row) for row in rows}
    return {code: own.get(code) or default_wording(code) for code in DOCUMENTS}


async def versions_of(tx: Tx, code: str) -> list[Wording]:
    """Every version, the newest first, the platform's last."""
    rows = await tx.fetch(
        f"SELECT {_COLUMNS} FROM letter_wording WHERE code = $1 ORDER BY version DESC", code
    )
    return [*(Wording(*row) for row in rows), default_wording(code)]
