"""Reads of macros, text modules and assignment rules."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from procon.tenancy.scope import Tx


class MacroRow(Struct, frozen=True):
    """A macro. `assign`: "", "eu" or an account's id."""

    id: UUID
    name: str
    note: str
    assign: str
    tag: str
    changed_by: str
    changed_at: datetime


class ModuleRow(Struct, frozen=True):
    """A text module."""

    id: UUID
    name: str
    body: str
    changed_by: str
    changed_at: datetime


class RuleRow(Struct, frozen=True):
    """An assignment rule; the lowest `place` is looked at first."""

    id: UUID
    place: int
    area: str
    service_point: str
    supplier_id: UUID | None
    supplier_name: str | None
    persons: list[UUID]
    turn: int


async def macros(tx: Tx) -> list[MacroRow]:
    """The city's macros, by name."""
    rows = await tx.fetch(
        "SELECT id, name, note, assign, tag, changed_by, changed_at FROM macro ORDER BY name, id"
    )
    return [MacroRow(*row) for row in rows]


async def macro_by_id(tx: Tx, macro_id: UUID) -> MacroRow | None:
    """One macro, or None."""
    found = [one for one in await macros(tx) if one.id == macro_id]
    return found[0] if found else None


async def modules(tx: Tx) -> list[ModuleRow]:
    """The city's text modules, by name."""
    rows = await tx.fetch(
        "SELECT id, name, body, changed_by, changed_at FROM text_module ORDER BY name, id"
    )
    return [ModuleRow(*row) for row in rows]


async def rules(tx: Tx) -> list[RuleRow]:
    """The city's assignment rules in the order in which they are tried."""
    rows = await tx.fetch(
        "SELECT r.id, r.place, r.area, r.service_point, r.supplier_id, s.name, r.persons, r.turn"
        " FROM assignment_rule r LEFT JOIN supplier s ON s.id = r.supplier_id"
        " ORDER BY r.place, r.id"
    )
    return [RuleRow(*row) for row in rows]
