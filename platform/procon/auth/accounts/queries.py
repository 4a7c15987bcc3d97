"""Reads of accounts."""

from __future__ import annotations

from uuid import UUID

from msgspec import Struct

from procon.tenancy.scope import Tx


class StaffRow(Struct, frozen=True, forbid_unknown_fields=True):
    """A member of the city's staff who has signed in at least once."""

    id: UUID
    name: str


async def staff_list(tx: Tx) -> list[StaffRow]:
    """The city's staff whose accounts are open, by name."""
    rows = await tx.fetch(
        "SELECT id, name FROM account WHERE kind = 'staff' AND disabled_at IS NULL"
        " AND name <> '' ORDER BY name, id"
    )
    return [StaffRow(*row) for row in rows]
