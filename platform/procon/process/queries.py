"""Reads of what was filed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from procon.tenancy.scope import Tx


class FilingRow(Struct, frozen=True):
    """One filed text. `code` is the document type ("DEF"), `outcome` a decision's result."""

    id: UUID
    code: str
    transition: str
    side: str
    author: str
    text: str
    outcome: str
    files: int
    sha256: str
    late: bool
    filed_at: datetime


async def filings_of_case(tx: Tx, case_id: UUID) -> list[FilingRow]:
    """Everything filed in a case, in order."""
    rows = await tx.fetch(
        "SELECT id, code, transition, side, author, text, outcome, files, sha256, late, filed_at"
        " FROM filing WHERE case_id = $1 ORDER BY filed_at, id",
        case_id,
    )
    return [FilingRow(*row) for row in rows]


async def filing_known(tx: Tx, idempotency_key: str) -> bool:
    """Whether a form with this key was filed already."""
    return bool(
        await tx.fetchval("SELECT TRUE FROM filing WHERE idempotency_key = $1", idempotency_key)
    )


async def filings_count(tx: Tx, case_id: UUID, transition: str) -> int:
    """How often this act was done in the case."""
    count: int = await tx.fetchval(
        "SELECT count(*) FROM filing WHERE case_id = $1 AND transition = $2", case_id, transition
    )
    return count
