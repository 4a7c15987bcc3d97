"""Changes to cases that come from the staff's registers, not from the procedure."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from procon.auth.actor import Actor
from procon.cases.moves import lock, record_act, write
from procon.tenancy.scope import Tx


async def release(tx: Tx, *, actor: Actor, case_id: UUID) -> None:
    """Nobody is in charge any more."""
    case = await lock(tx, case_id)
    await write(tx, case, assigned_to=None, assigned_name="")
    await record_act(
        tx,
        actor=actor,
        case_id=case_id,
        topic="case_released",
        sentence="O processo voltou a ficar sem responsável.",
        act="Distribuição desfeita",
        internal=True,
    )


async def move_to_supplier(
    tx: Tx,
    *,
    actor: Actor,
    before: UUID,
    after: UUID,
    sentence: str,
    only: Sequence[UUID] | None = None,
) -> list[UUID]:
    """Put the cases of one register entry under another one of the same company.

    Args:
        sentence: what the log of each case says.
        only: these cases, as far as they still are under `before`; None: all of them.

    Returns:
        The cases that moved.
    """
    rows = await tx.fetch(
        "SELECT id FROM case_file WHERE supplier_id = $1 AND ($2::uuid[] IS NULL OR id = ANY($2))"
        " ORDER BY id FOR UPDATE",
        before,
        None if only is None else list(only),
    )
    moved: list[UUID] = [row["id"] for row in rows]
    for case_id in moved:
        case = await lock(tx, case_id)
        await write(tx, case, supplier_id=after)
        await record_act(
            tx,
            actor=actor,
            case_id=case_id,
            topic="suppliers_merged",
            sentence=sentence,
            act="Correção do cadastro da empresa",
        )
    return moved
