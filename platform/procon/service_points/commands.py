"""Changing the city's service points."""

from __future__ import annotations

from typing import Literal

from procon.kernel.ids import new_id
from procon.tenancy.scope import Tx


async def set_service_point(
    tx: Tx,
    *,
    name: str,
    kind: Literal["fixo", "movel"],
    address: str = "",
    hours: str = "",
    active: bool = True,
) -> None:
    """Make the post of this name, or bring it up to date. There is no delete: `active=False`."""
    await tx.execute(
        "INSERT INTO service_point (id, name, kind, address, hours, active)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (name) DO UPDATE SET kind = excluded.kind,"
        " address = excluded.address, hours = excluded.hours, active = excluded.active",
        new_id(),
        name,
        kind,
        address,
        hours,
        active,
    )
