"""Changing what a company keeps for itself. Nothing of it reaches the case's log."""

from __future__ import annotations

from uuid import UUID

from procon.answers.internal.queries import Inside, Model, models_of, roots_of
from procon.auth.actor import Actor
from procon.auth.companies.queries import Member, members_of
from procon.kernel.errors import Forbidden, Invalid, NotFound
from procon.kernel.ids import new_id
from procon.tenancy.scope import Tx

MOST_MODELS = 100
_READS = "A sua função na empresa é só de leitura. Peça a quem administra a empresa."


async def write_note(
    tx: Tx, *, actor: Actor, inside: Inside, case_id: UUID, text: str, note_id: UUID
) -> None:
    """A comment for the company's people only. The same id again: nothing."""
    await tx.execute(
        "INSERT INTO company_note (id, case_id, root, author_id, author, text, written_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING",
        note_id,
        case_id,
        inside.root,
        actor.account_id,
        actor.name,
        text,
        tx.now,
    )


async def give_task(
    tx: Tx, *, actor: Actor, inside: Inside, case_id: UUID, member: Member | None, mine: bool
) -> None:
    """Put a member of the company in charge inside it: `member`, the actor (`mine`), or nobody.

    Raises:
        Forbidden: the actor only reads.
    """
    if inside.role == "reads":
        raise Forbidden(_READS, code="company-reads")
    if member is None and not mine:
        await tx.execute(
            "DELETE FROM company_task WHERE case_id = $1 AND root = $2", case_id, inside.root
        )
        return
    await tx.execute(
        "INSERT INTO company_task (case_id, root, member_id, member_name, set_by, set_at)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (case_id) DO UPDATE SET"
        " root = excluded.root, member_id = excluded.member_id,"
        " member_name = excluded.member_name, set_by = excluded.set_by, set_at = excluded.set_at",
        case_id,
        inside.root,
        member.id if member else None,
        (member.name or member.email) if member else actor.name,
        actor.name,
        tx.now,
    )


async def candidates(tx: Tx, inside: Inside) -> list[Member]:
    """Members who may take care of a case of this CNPJ."""
    return [
        one
        for one in await members_of(tx, inside.root)
        if one.active(tx.now) and one.branch in {None, inside.cnpj}
    ]


async def save_model(
    tx: Tx, *, actor: Actor, root: str, title: str, text: str, model_id: UUID | None
) -> UUID:
    """Keep a new model (`model_id` None) or change one.

    Raises:
        Forbidden: the actor does not answer for this company; NotFound.
        Invalid: the company has as many as it may have.
    """
    if root not in await roots_of(tx, actor=actor, least="answers"):
        raise Forbidden(_READS, code="company-reads")
    if model_id is not None:
        done = await tx.execute(
            "UPDATE answer_model SET title = $3, text = $4, changed_by = $5, changed_at = $6"
            " WHERE id = $1 AND root = $2 AND removed_at IS NULL",
            model_id,
            root,
            title,
            text,
            actor.name,
            tx.now,
        )
        if done == "UPDATE 0":
            raise NotFound("Este modelo não existe mais.")
        return model_id
    if len(await models_of(tx, [root])) >= MOST_MODELS:
        raise Invalid({"titulo": f"A empresa já tem {MOST_MODELS} modelos. Apague um antes."})
    made = new_id()
    await tx.execute(
        "INSERT INTO answer_model (id, root, title, text, changed_by, changed_at)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        made,
        root,
        title,
        text,
        actor.name,
        tx.now,
    )
    return made


async def remove_model(tx: Tx, *, actor: Actor, model_id: UUID) -> None:
    """Take a model off the list. Raises NotFound."""
    await own_model(tx, actor=actor, model_id=model_id)
    await tx.execute(
        "UPDATE answer_model SET removed_at = $2, changed_by = $3 WHERE id = $1",
        model_id,
        tx.now,
        actor.name,
    )


async def own_model(tx: Tx, *, actor: Actor, model_id: UUID) -> Model:
    """A model that the actor may change. Raises NotFound."""
    roots = await roots_of(tx, actor=actor, least="answers")
    for one in await models_of(tx, roots):
        if one.id == model_id:
            return one
    raise NotFound("Este modelo não existe mais.")
