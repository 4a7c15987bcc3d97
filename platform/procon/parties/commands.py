"""Registering consumers and suppliers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from procon.kernel.errors import Conflict, NotFound
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
        known = await tx.fetchval(
            "SELECT COALESCE(merged_into, id) FROM supplier WHERE cnpj = $1", cnpj
        )
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


async def edit_supplier(
    tx: Tx, *, supplier_id: UUID, trade_name: str, email: str, before: tuple[str, str]
) -> None:
    """Correct trade name and address.

    Args:
        before: trade name and address on the page that the editor decided on.

    Raises:
        NotFound: no such company.
        Conflict: somebody else corrected it meanwhile.
    """
    row = await tx.fetchrow(
        "SELECT name, trade_name, email FROM supplier WHERE id = $1 FOR UPDATE", supplier_id
    )
    if row is None:
        raise NotFound("Não encontramos esta empresa.")
    if (row["trade_name"], row["email"]) != before:
        raise Conflict(
            "Outra pessoa mudou este cadastro enquanto você escrevia. Confira como ele está agora."
        )
    await tx.execute(
        "UPDATE supplier SET trade_name = $2, email = $3, search = $4 WHERE id = $1",
        supplier_id,
        trade_name,
        email,
        search_key(f"{row['name']} {trade_name}"),
    )


async def mark_merged(
    tx: Tx, *, actor_name: str, kept: UUID, merged: UUID, case_ids: list[UUID]
) -> UUID:
    """Let `kept` stand for `merged` from now on; returns the merge's id."""
    merge_id = new_id()
    await tx.execute("UPDATE supplier SET merged_into = $2 WHERE id = $1", merged, kept)
    await tx.execute(
        "INSERT INTO supplier_merge (id, kept, merged, case_ids, made_by, made_at)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        merge_id,
        kept,
        merged,
        case_ids,
        actor_name,
        tx.now,
    )
    return merge_id


async def mark_unmerged(tx: Tx, *, actor_name: str, merge_id: UUID, merged: UUID) -> None:
    """Let `merged` stand for itself again.

    Raises:
        Conflict: it does already.
    """
    done = await tx.execute(
        "INSERT INTO supplier_merge_undo (merge_id, made_by, made_at) VALUES ($1, $2, $3)"
        " ON CONFLICT (merge_id) DO NOTHING",
        merge_id,
        actor_name,
        tx.now,
    )
    if done == "INSERT 0 0":
        raise Conflict("Esta união já foi desfeita.")
    await tx.execute("UPDATE supplier SET merged_into = NULL WHERE id = $1", merged)


async def lock_suppliers(tx: Tx, *supplier_ids: UUID) -> None:
    """Hold these entries until the transaction ends, always in one order.

    Raises:
        NotFound: one of them does not exist.
        Conflict: one of them is part of another one already.
    """
    rows = await tx.fetch(
        "SELECT id, merged_into FROM supplier WHERE id = ANY($1) ORDER BY id FOR UPDATE",
        list(supplier_ids),
    )
    if len(rows) != len(set(supplier_ids)):
        raise NotFound("Não encontramos esta empresa.")
    if any(row["merged_into"] is not None for row in rows):
        raise Conflict("Um destes cadastros já foi unido a outro. Atualize a página.")


async def set_supplier_email(tx: Tx, *, supplier_id: UUID, email: str) -> None:
    """The address to which notices to this supplier go."""
    await tx.execute("UPDATE supplier SET email = $2 WHERE id = $1", supplier_id, email)
