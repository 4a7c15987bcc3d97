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


class ServicePointDetail(Struct, frozen=True):
    """A post as the city's staff keep it; an inactive one receives nobody."""

    id: UUID
    name: str
    kind: Literal["fixo", "movel"]
    address: str
    hours: str
    active: bool


async def all_service_points(tx: Tx) -> list[ServicePointDetail]:
    """Every post, those that receive people first."""
    rows = await tx.fetch(
        "SELECT id, name, kind, address, hours, active FROM service_point"
        " ORDER BY active DESC, kind, name"
    )
    return [ServicePointDetail(*row) for row in rows]
