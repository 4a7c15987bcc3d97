"""Reads of attendances."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from procon.tenancy.scope import Tx

SHOWN = 50


class AdviceRow(Struct, frozen=True):
    """An attendance that ended at once."""

    kind: str
    subject: str
    person_name: str
    text: str
    minutes: int
    service_point: str
    made_by: str
    created_at: datetime


class KindCount(Struct, frozen=True):
    """How many of a kind, and how many minutes they took together."""

    kind: str
    count: int
    minutes: int


async def recent_advice(tx: Tx, *, limit: int = SHOWN) -> list[AdviceRow]:
    """The last attendances, the newest first."""
    rows = await tx.fetch(
        "SELECT kind, subject, person_name, text, minutes, service_point, made_by, created_at"
        " FROM attendance ORDER BY created_at DESC, id DESC LIMIT $1",
        limit,
    )
    return [AdviceRow(*row) for row in rows]


async def advice_counts(tx: Tx, *, since: datetime) -> list[KindCount]:
    """Numbers of each kind since an instant, the most frequent first."""
    rows = await tx.fetch(
        "SELECT kind, count(*), sum(minutes) FROM attendance WHERE created_at >= $1"
        " GROUP BY kind ORDER BY count(*) DESC, kind",
        since,
    )
    return [KindCount(*row) for row in rows]
