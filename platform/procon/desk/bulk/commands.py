"""Doing one act on many cases, and taking it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from procon.answers.commands import issue_cip_with_code
from procon.auth.actor import Actor
from procon.cases.commands import assign, write_note
from procon.cases.moves import lock, move, record_act, workflow_of
from procon.cases.staff.commands import release
from procon.desk.bulk.forms import FINAL, Act
from procon.desk.bulk.queries import Target, bulk_by_id, targets
from procon.desk.lists.commands import add_tag, remove_tag
from procon.desk.texts.commands import Applied, apply_macro
from procon.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from procon.kernel.ids import new_id
from procon.portal.render import date_and_hour
from procon.tenancy.scope import Tx

UNDO = timedelta(minutes=10)


class Undone(Struct, frozen=True):
    """How many cases were put back, and how many had changed since."""

    back: int
    changed: int


async def carry_out(
    tx: Tx, *, actor: Actor, act: Act, ids: Sequence[UUID], idempotency_key: str, secret: str
) -> UUID:
    """Do the act on each case that still allows it; the same key again does nothing more.

    One case that refuses does not stop the others: it is kept with the reason.

    Args:
        secret: key of the installation, from which a CIP's access code is made.

    Returns:
        Id of the bulk act.
    """
    if actor.account_id is None:
        raise Forbidden("Sua conta não está ligada a uma pessoa da equipe.")
    key, bulk_id = f"{actor.account_id}/{idempotency_key}", new_id()
    made = await tx.fetchval(
        "INSERT INTO bulk_action (id, idempotency_key, kind, summary, made_by, made_by_name,"
        " made_at) VALUES ($1, $2, $3, $4, $5, $6, $7)"
        " ON CONFLICT (idempotency_key) DO NOTHING RETURNING id",
        bulk_id,
        key,
        act.kind,
        act.summary,
        actor.account_id,
        actor.name,
        tx.now,
    )
    if made is None:
        known = await tx.fetchval("SELECT id FROM bulk_action WHERE idempotency_key = $1", key)
        return UUID(str(known))
    # Always in one order, so that two people's bulk acts never wait for each other in a ring.
    for case in sorted(await targets(tx, ids), key=lambda one: one.id):
        await _one(tx, actor, act, case, bulk_id=bulk_id, secret=secret)
    return bulk_id


async def undo(tx: Tx, *, actor: Actor, bulk_id: UUID) -> Undone:
    """Put back what nothing has happened to since.

    Raises:
        NotFound: no such bulk act in this city.
        Forbidden: somebody else's.
        Conflict: it left the house, was undone already, or is older than UNDO.
    """
    found = await bulk_by_id(tx, bulk_id)
    if found is None:
        raise NotFound("Esta ação em lote não existe.")
    if found.made_by != actor.account_id:
        raise Forbidden(f"Só {found.made_by_name} pode desfazer esta ação.")
    if found.kind in FINAL:
        raise Conflict("Esta ação já avisou as partes e não dá para desfazer.")
    if tx.now > found.made_at + UNDO:
        raise Conflict("O tempo para desfazer (10 minutos) já passou.")
    first = await tx.execute(
        "UPDATE bulk_action SET undone_at = $2 WHERE id = $1 AND undone_at IS NULL",
        bulk_id,
        tx.now,
    )
    if first == "UPDATE 0":
        raise Conflict("Esta ação já foi desfeita.")
    rows = await tx.fetch(
        "SELECT id, case_id, before, head FROM bulk_item WHERE bulk_id = $1 AND done"
        " ORDER BY case_id",
        bulk_id,
    )
    back = 0
    for row in rows:
        unchanged = await _put_back(tx, actor, row, found.made_at)
        back += unchanged
        await tx.execute(
            "UPDATE bulk_item SET undone = $2 WHERE id = $1",
            row["id"],
            "undone" if unchanged else "changed",
        )
    return Undone(back, len(rows) - back)


async def _one(tx: Tx, actor: Actor, act: Act, case: Target, *, bulk_id: UUID, secret: str) -> None:
    await tx.execute("SAVEPOINT bulk_item")
    applied, reason = Applied(), ""
    try:
        applied = await _do(tx, actor, act, case, secret)
    except Refused as refusal:
        await tx.execute("ROLLBACK TO SAVEPOINT bulk_item")
        reason = _said(refusal)
    await tx.execute("RELEASE SAVEPOINT bulk_item")
    if not reason and act.undoable and applied == Applied():
        reason = "Já estava assim."
    await tx.execute(
        "INSERT INTO bulk_item (id, bulk_id, case_id, number, done, reason, before, head)"
        " SELECT $1, $2, $3, $4, $5, $6, $7, c.log_head FROM case_file c WHERE c.id = $3",
        new_id(),
        bulk_id,
        case.id,
        case.number,
        not reason,
        reason,
        msgspec.json.encode(applied).decode(),
    )


def _said(refusal: Refused) -> str:
    """The sentence that says what was wrong: of the field, when there is one."""
    fields = refusal.fields if isinstance(refusal, Invalid) else {}
    return next(iter(fields.values()), refusal.reason)


async def _do(tx: Tx, actor: Actor, act: Act, case: Target, secret: str) -> Applied:
    if act.kind == "macro" and act.macro is not None:
        return await apply_macro(tx, actor=actor, case_id=case.id, macro=act.macro)
    if act.kind == "note":
        await write_note(tx, actor=actor, case_id=case.id, text=act.text)
        return Applied(noted=True)
    if act.kind == "tag":
        await lock(tx, case.id)
        added = await add_tag(tx, actor=actor, case_id=case.id, tag=act.tag)
        return Applied(tag=act.tag if added else "")
    if act.kind == "cip":
        if not case.supplier_email:
            raise Conflict("A empresa não tem e-mail.")
        await issue_cip_with_code(tx, actor=actor, case_id=case.id, secret=secret)
        return Applied()
    if act.kind == "move" and act.transition is not None:
        await move(
            tx,
            actor=actor,
            side="staff",
            case_id=case.id,
            transition=act.transition.key,
            text=act.text,
            outcome="".join(act.transition.outcomes[:1]),
        )
        return Applied()
    return await _assign(tx, actor, act, case)


async def _assign(tx: Tx, actor: Actor, act: Act, case: Target) -> Applied:
    locked = await lock(tx, case.id)
    if workflow_of(locked.procedure).state(locked.status).ends:
        raise Conflict("Este processo já terminou.")
    if locked.assigned_to == act.to or act.to is None:
        return Applied()
    before = await tx.fetchval("SELECT assigned_name FROM case_file WHERE id = $1", case.id)
    await assign(tx, actor=actor, case_id=case.id, to=act.to, to_name=act.to_name)
    return Applied(assigned=True, owner=locked.assigned_to, owner_name=before)


async def _put_back(tx: Tx, actor: Actor, row: Any, made_at: datetime) -> bool:
    """Undo one case; False when anything has been logged in it since."""
    case_id: UUID = row["case_id"]
    await lock(tx, case_id)
    head = await tx.fetchval("SELECT log_head FROM case_file WHERE id = $1", case_id)
    if head != row["head"]:
        return False
    applied = msgspec.json.decode(row["before"], type=Applied)
    if applied.tag:
        await remove_tag(tx, case_id=case_id, tag=applied.tag)
    if applied.assigned and applied.owner is not None:
        await assign(tx, actor=actor, case_id=case_id, to=applied.owner, to_name=applied.owner_name)
    elif applied.assigned:
        await release(tx, actor=actor, case_id=case_id)
    if applied.noted:
        # The log is never rewritten: what was wrong is said to be wrong.
        at = date_and_hour(made_at, ZoneInfo(tx.tenant.timezone))
        await record_act(
            tx,
            actor=actor,
            case_id=case_id,
            topic="note_withdrawn",
            sentence=f"{actor.name} desfez a nota escrita em lote em {at}. Não a considere.",
            act="Nota interna desfeita",
            internal=True,
        )
    return True
