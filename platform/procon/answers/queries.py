"""Reads of answers and ratings."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from procon.tenancy.scope import Tx


class AnswerRow(Struct, frozen=True):
    """An answer as the parties read it."""

    id: UUID
    text: str
    author: str
    sha256: str
    late: bool
    submitted_at: datetime


class RatingRow(Struct, frozen=True):
    """The consumer's verdict."""

    solved: bool
    stars: int
    why: str
    rated_at: datetime


async def answers_of_case(tx: Tx, case_id: UUID) -> list[AnswerRow]:
    """Answers in the order in which they came."""
    rows = await tx.fetch(
        "SELECT id, text, author, sha256, late, submitted_at FROM answer"
        " WHERE case_id = $1 ORDER BY id",
        case_id,
    )
    return [AnswerRow(*row) for row in rows]


async def rating_of_case(tx: Tx, case_id: UUID) -> RatingRow | None:
    """The rating, or None."""
    row = await tx.fetchrow(
        "SELECT solved, stars, why, rated_at FROM rating WHERE case_id = $1", case_id
    )
    return RatingRow(*row) if row else None
