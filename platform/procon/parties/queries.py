"""Finding consumers and suppliers."""

from __future__ import annotations

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
        rows = await tx.fetch(f"{_SUPPLIER} WHERE cnpj = $1", cnpj)
    elif len(wanted) < 2:
        rows = []
    else:
        rows = await tx.fetch(
            f"{_SUPPLIER} WHERE search LIKE '%' || $2 || '%'"
            " OR word_similarity($1, search) > 0.45"
            " ORDER BY word_similarity($1, search) DESC, name LIMIT $3",
            wanted,
            _literal(wanted),
            limit,
        )
    return [SupplierRow(*row) for row in rows]


async def supplier_by_id(tx: Tx, supplier_id: UUID) -> SupplierRow | None:
    """One supplier, or None."""
    row = await tx.fetchrow(f"{_SUPPLIER} WHERE id = $1", supplier_id)
    return SupplierRow(*row) if row else None


async def person_by_cpf(tx: Tx, cpf: str) -> PersonRow | None:
    """The consumer with this CPF (11 digits), or None."""
    row = await tx.fetchrow("SELECT id, cpf, name, email, phone FROM person WHERE cpf = $1", cpf)
    return PersonRow(*row) if row else None


def _literal(text: str) -> str:
    """`text` for LIKE: its wildcards stand for themselves."""
    return text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
