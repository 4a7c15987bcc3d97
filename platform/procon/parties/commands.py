"""Registering consumers and suppliers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from procon.kernel.ids import new_id
from procon.kernel.text import search_key
from procon.tenancy.scope import Tx


async def register_person(tx: Tx, *, cpf: str, name: str, email: str = "", phone: str = "") -> UUID:
    """The person with this CPF, made or brought up to date. Blank contacts change nothing.

    Args:
        cpf: 11 digits, checked.
    """
    found: Any = await tx.fetchval(
        "INSERT INTO person AS p (id, cpf, name, email, phone, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (cpf) DO UPDATE SET"
        " name = excluded.name, email = COALESCE(NULLIF(excluded.email, ''), p.email),"
        " phone = COALESCE(NULLIF(excluded.phone, ''), p.phone) RETURNING id",
        new_id(),
        cpf,
        name,
        email,
        phone,
        tx.now,
    )
    return UUID(str(found))


async def register_supplier(
    tx: Tx, *, name: str, cnpj: str | None = None, trade_name: str = "", email: str = ""
) -> UUID:
    """The supplier with this CNPJ, or a new one. Without a CNPJ always a new row: only the staff
    may decide that two of them are one company.

    Args:
        cnpj: 14 characters, checked, or None when the consumer does not know it.
    """
    if cnpj is not None:
        known = await tx.fetchval("SELECT id FROM supplier WHERE cnpj = $1", cnpj)
        if known is not None:
            return UUID(str(known))
    identifier = new_id()
    made = await tx.fetchval(
        "INSERT INTO supplier (id, cnpj, name, trade_name, email, search, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (cnpj) DO UPDATE SET cnpj = excluded.cnpj"
        " RETURNING id",
        identifier,
        cnpj,
        name,
        trade_name,
        email,
        search_key(f"{name} {trade_name}"),
        tx.now,
    )
    return UUID(str(made))


async def set_supplier_email(tx: Tx, *, supplier_id: UUID, email: str) -> None:
    """The address to which notices to this supplier go."""
    await tx.execute("UPDATE supplier SET email = $2 WHERE id = $1", supplier_id, email)
