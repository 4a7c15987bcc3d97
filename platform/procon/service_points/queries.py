"""Reads of the city's service points."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from msgspec import Struct

from procon.tenancy.scope import Tx


class ServicePointRow(Struct, frozen=True):
    """A post: `kind` is "fixo" or "movel"."""

    id: UUID
    name: str
    kind: Literal["fixo", "movel"]
    address: str
    hours: str


async def open_service_points(tx: Tx) -> list[ServicePointRow]:
    """The posts that receive people now, fixed ones first."""
    rows = await tx.fetch(
        "SELECT id, name, kind, address, hours FROM service_point WHERE active ORDER BY kind, name"
    )
    return [ServicePointRow(*row) for row in rows]
