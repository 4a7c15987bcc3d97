"""An act of the procedure as somebody brings it about: the text is filed, the case moves."""

from __future__ import annotations

import hashlib
from uuid import UUID

from procon.auth.actor import Actor
from procon.cases.moves import Moved, move, workflow_of
from procon.cases.queries import CaseDetail
from procon.ext.workflow import Side
from procon.kernel.chain import canonical
from procon.kernel.errors import Invalid
from procon.kernel.ids import new_id
from procon.process.queries import filing_known
from procon.tenancy.scope import Tx


async def bring_about(
    tx: Tx,
    *,
    actor: Actor,
    side: Side,
    case: CaseDetail,
    transition: str,
    idempotency_key: str,
    text: str = "",
    outcome: str = "",
    file_hashes: tuple[str, ...] = (),
    filing_id: UUID | None = None,
) -> Moved | None:
    """Do an act of the case's procedure. None: this form had been sent before.

    Args:
        filing_id: id of the filed text, when files are to be attached to it.

    Raises:
        Conflict, Forbidden, Invalid: see `moves.move`; Invalid also when a text is needed.
    """
    # Two clicks at once: the second waits here and then finds the first one's act.
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", idempotency_key)
    if await filing_known(tx, idempotency_key):
        return None
    act = workflow_of(case.procedure).transition(transition)
    if "text" in act.asks and not text:
        raise Invalid({"texto": f"Escreva: {act.text_label.lower()}."})
    payload = canonical({"case": case.id, "text": text, "files": list(file_hashes)})
    sha256 = hashlib.sha256(payload).hexdigest()
    moved = await move(
        tx,
        actor=actor,
        side=side,
        case_id=case.id,
        transition=transition,
        text=text,
        outcome=outcome,
        files=len(file_hashes),
        filing_sha256=sha256 if act.filing else "",
    )
    await tx.execute(
        "INSERT INTO filing (id, case_id, idempotency_key, code, transition, side, author, text,"
        " outcome, files, sha256, late, filed_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        filing_id or new_id(),
        case.id,
        idempotency_key,
        act.filing,
        transition,
        side,
        actor.name,
        text,
        outcome if outcome in act.outcomes else "",
        len(file_hashes),
        sha256,
        moved.late,
        tx.now,
    )
    return moved
