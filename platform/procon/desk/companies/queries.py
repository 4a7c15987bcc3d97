"""Companies together with their cases."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from procon.parties.queries import SupplierRow
from procon.tenancy.scope import Tx

SUPPLIERS_MOST = 200
COUNTED = 2_000


async def suppliers_with_cases(tx: Tx, *, limit: int = SUPPLIERS_MOST) -> list[SupplierRow]:
    """The companies with most cases, by name."""
    rows = await tx.fetch(
        "WITH most AS (SELECT supplier_id FROM case_file GROUP BY supplier_id"
        " ORDER BY count(*) DESC LIMIT $1)"
        " SELECT s.id, s.cnpj, s.name, s.trade_name, s.email FROM most"
        " JOIN supplier s ON s.id = most.supplier_id ORDER BY s.name, s.id",
        limit,
    )
    return [SupplierRow(*row) for row in rows]


async def case_counts(tx: Tx, supplier_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many cases each company has; of more than COUNTED only COUNTED + 1 are counted."""
    rows = await tx.fetch(
        "SELECT wanted.id, (SELECT count(*) FROM (SELECT 1 FROM case_file c"
        f" WHERE c.supplier_id = wanted.id LIMIT {COUNTED + 1}) few)"
        " FROM unnest($1::uuid[]) AS wanted (id)",
        list(supplier_ids),
    )
    return {row[0]: row[1] for row in rows}
