"""Finding consumers and suppliers."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from procon.kernel.documents import BadDocument, parse_cnpj
from procon.kernel.text import search_key
from procon.tenancy.scope import Tx


class SupplierRow(Struct, frozen=True):
    """A supplier as a search shows it."""

    id: UUID
    cnpj: str | None
    name: str
    trade_name: str
    email: str


class PersonRow(Struct, frozen=True):
    """A consumer."""

    id: UUID
    cpf: str
    name: str
    email: str
    phone: str


_SUPPLIER = "SELECT id, cnpj, name, trade_name, email FROM supplier"


async def supplier_search(tx: Tx, text: str, *, limit: int = 8) -> list[SupplierRow]:
    """Suppliers by CNPJ, or by name or trade name with typing errors forgiven; best first."""
    wanted = search_key(text)
    try:
        cnpj = parse_cnpj(text)
    except BadDocument:
        cnpj = ""
    if cnpj:
        # A CNPJ that belongs to another entry by now leads to that one.
        rows = await tx.fetch(
            f"{_SUPPLIER} WHERE id = (SELECT COALESCE(m.merged_into, m.id) FROM supplier m"
            " WHERE m.cnpj = $1)",
            cnpj,
        )
    elif len(wanted) < 2:
        rows = []
    else:
        rows = await _by_name(tx, wanted, limit)
    return [SupplierRow(*row) for row in rows]


async def _by_name(tx: Tx, wanted: str, limit: int) -> list[Any]:
    """The index finds names that hold the text or are much like it (0.6, PostgreSQL's own limit);
    only when there is none, all names are compared, for what is less alike."""
    alike = (
        "(search LIKE '%' || $2 || '%' OR $1 OPERATOR(extensions.<%) search)",
        "$2::text IS NOT NULL AND word_similarity($1, search) > 0.45",
    )
    for condition in alike:
        rows = await tx.fetch(
            f"{_SUPPLIER} WHERE merged_into IS NULL AND {condition}"
            " ORDER BY word_similarity($1, search) DESC, name LIMIT $3",
            wanted,
            _literal(wanted),
            limit,
        )
        if rows:
            return rows
    return []


async def supplier_by_id(tx: Tx, supplier_id: UUID) -> SupplierRow | None:
    """One supplier, or None."""
    row = await tx.fetchrow(f"{_SUPPLIER} WHERE id = $1", supplier_id)
    return SupplierRow(*row) if row else None


class Merge(Struct, frozen=True):
    """Two entries that were made one. `undone_by` is empty while it stands."""

    id: UUID
    kept: UUID
    merged: UUID
    merged_name: str
    merged_cnpj: str | None
    case_ids: list[UUID]
    made_by: str
    made_at: datetime
    undone_by: str


_MERGE = """
SELECT m.id, m.kept, m.merged, s.name, s.cnpj, m.case_ids, m.made_by, m.made_at,
       COALESCE(u.made_by, '')
FROM supplier_merge m JOIN supplier s ON s.id = m.merged
LEFT JOIN supplier_merge_undo u ON u.merge_id = m.id
"""


async def duplicates_of(tx: Tx, supplier: SupplierRow, *, limit: int = 20) -> list[SupplierRow]:
    """Entries that may be the same company: the same CNPJ root, or nearly the same name."""
    rows = await tx.fetch(
        f"{_SUPPLIER} WHERE id <> $1 AND merged_into IS NULL AND (left(cnpj, 8) = $2"
        " OR (search OPERATOR(extensions.%) $3 AND similarity(search, $3) > 0.5))"
        " ORDER BY COALESCE(left(cnpj, 8) = $2, false) DESC, similarity(search, $3) DESC, id"
        " LIMIT $4",
        supplier.id,
        (supplier.cnpj or "")[:8] or None,
        search_key(f"{supplier.name} {supplier.trade_name}"),
        limit,
    )
    return [SupplierRow(*row) for row in rows]


async def merges_into(tx: Tx, supplier_id: UUID) -> list[Merge]:
    """What was merged into this entry, the newest first."""
    rows = await tx.fetch(f"{_MERGE} WHERE m.kept = $1 ORDER BY m.made_at DESC", supplier_id)
    return [Merge(*row) for row in rows]


async def merge_by_id(tx: Tx, merge_id: UUID) -> Merge | None:
    """One merge, or None."""
    row = await tx.fetchrow(f"{_MERGE} WHERE m.id = $1", merge_id)
    return Merge(*row) if row else None


async def kept_for(tx: Tx, supplier_id: UUID) -> UUID | None:
    """The entry that stands for this one, None when it stands for itself."""
    found: UUID | None = await tx.fetchval(
        "SELECT merged_into FROM supplier WHERE id = $1", supplier_id
    )
    return found


async def person_by_cpf(tx: Tx, cpf: str) -> PersonRow | None:
    """The consumer with this CPF (11 digits), or None."""
    row = await tx.fetchrow("SELECT id, cpf, name, email, phone FROM person WHERE cpf = $1", cpf)
    return PersonRow(*row) if row else None


def _literal(text: str) -> str:
    """`text` for LIKE: its wildcards stand for themselves."""
    return text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
