"""Making two entries of one company one, and two again."""

from __future__ import annotations

from uuid import UUID

from procon.auth.actor import Actor
from procon.cases.staff.commands import move_to_supplier
from procon.desk.companies.queries import COUNTED, case_counts
from procon.desk.search.commands import index_later
from procon.kernel.errors import Conflict, NotFound
from procon.parties.commands import lock_suppliers, mark_merged, mark_unmerged
from procon.parties.queries import SupplierRow, merge_by_id, supplier_by_id
from procon.tenancy.scope import Tx

MOVED_MOST = COUNTED


async def merge(tx: Tx, *, actor: Actor, kept: UUID, merged: UUID) -> int:
    """Put everything of `merged` under `kept`; returns how many cases moved.

    Raises:
        NotFound: one of them does not exist.
        Conflict: both are the same entry, one is part of another already, or too many cases
            would move (MOVED_MOST).
    """
    if kept == merged:
        raise Conflict("É o mesmo cadastro.")
    await lock_suppliers(tx, kept, merged)
    if (await case_counts(tx, [merged])).get(merged, 0) > MOVED_MOST:
        raise Conflict(
            f"O cadastro que sai tem mais de {MOVED_MOST} processos. Una no sentido contrário."
        )
    keeping, giving = await supplier(tx, kept), await supplier(tx, merged)
    sentence = (
        f"O Procon viu que {giving.name} e {keeping.name} são a mesma empresa e uniu os cadastros."
    )
    moved = await move_to_supplier(tx, actor=actor, before=merged, after=kept, sentence=sentence)
    merge_id = await mark_merged(
        tx, actor_name=actor.name, kept=kept, merged=merged, case_ids=moved
    )
    for case_id in moved:
        await index_later(tx, case_id, effect_key=f"merge/{merge_id}/{case_id}")
    return len(moved)


async def unmerge(tx: Tx, *, actor: Actor, merge_id: UUID) -> tuple[UUID, int, int]:
    """Undo a merge: the cases that moved then, and are still there, go back.

    Returns:
        The kept entry, how many cases went back, and how many stay because their company was
        changed since.

    Raises:
        NotFound: no such merge in this city.
        Conflict: undone already, or the kept entry was itself merged later.
    """
    found = await merge_by_id(tx, merge_id)
    if found is None:
        raise NotFound("Esta união de cadastros não existe.")
    await lock_suppliers(tx, found.kept)
    await mark_unmerged(tx, actor_name=actor.name, merge_id=merge_id, merged=found.merged)
    sentence = f"O Procon desfez a união dos cadastros: a empresa volta a ser {found.merged_name}."
    back = await move_to_supplier(
        tx,
        actor=actor,
        before=found.kept,
        after=found.merged,
        sentence=sentence,
        only=found.case_ids,
    )
    for case_id in back:
        await index_later(tx, case_id, effect_key=f"unmerge/{merge_id}/{case_id}")
    return found.kept, len(back), len(found.case_ids) - len(back)


async def supplier(tx: Tx, supplier_id: UUID) -> SupplierRow:
    """A company's entry. Raises NotFound."""
    found = await supplier_by_id(tx, supplier_id)
    if found is None:
        raise NotFound("Não encontramos esta empresa.")
    return found
