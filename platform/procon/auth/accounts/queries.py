"""Reads of accounts."""

from __future__ import annotations

from uuid import UUID

from msgspec import Struct

from procon.auth.actor import Actor
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


async def actor_by_id(tx: Tx, account_id: UUID) -> Actor | None:
    """Who this account is now, for what acts on its behalf without a session; None when it is
    gone or was disabled.
    """
    row = await tx.fetchrow(
        "SELECT kind, name, cpf, cnpj, email, roles, level FROM account"
        " WHERE id = $1 AND disabled_at IS NULL",
        account_id,
    )
    if row is None:
        return None
    return Actor(
        kind=row["kind"],
        name=row["name"],
        account_id=account_id,
        cpf=row["cpf"],
        email=row["email"],
        roles=frozenset(row["roles"] or (row["kind"],)),
        level=row["level"],
        cnpjs=frozenset({row["cnpj"]} if row["cnpj"] else ()),
    )
