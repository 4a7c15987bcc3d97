"""Saved filters and tags."""

from __future__ import annotations

from uuid import UUID

from procon.auth.actor import Actor
from procon.auth.permissions import allowed
from procon.kernel.errors import Forbidden, NotFound
from procon.kernel.ids import new_id
from procon.tenancy.scope import Tx


async def save_filter(tx: Tx, *, actor: Actor, name: str, query: str, shared: bool) -> None:
    """Keep a query under a name. The same person's same name is written over."""
    if actor.account_id is None:
        raise Forbidden("Sua conta não está ligada a uma pessoa da equipe.")
    await tx.execute(
        "INSERT INTO saved_filter (id, owner, owner_name, name, query, shared, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (owner, name) DO UPDATE SET"
        " query = excluded.query, shared = excluded.shared",
        new_id(),
        actor.account_id,
        actor.name,
        name,
        query,
        shared,
        tx.now,
    )


async def delete_filter(tx: Tx, *, actor: Actor, filter_id: UUID) -> str:
    """Remove one's own filter; a shared one may be removed by the city's administration too.

    Returns:
        Its name.

    Raises:
        NotFound: there is none that this person can see.
        Forbidden: it is a colleague's.
    """
    row = await tx.fetchrow(
        "SELECT owner, shared, name FROM saved_filter WHERE id = $1 FOR UPDATE", filter_id
    )
    mine = row is not None and row["owner"] == actor.account_id
    if row is None or not (mine or row["shared"]):
        raise NotFound("Este filtro não existe mais.")
    if not mine and not allowed(actor, "staff:settings"):
        raise Forbidden("Este filtro é de outra pessoa da equipe.")
    await tx.execute("DELETE FROM saved_filter WHERE id = $1", filter_id)
    return str(row["name"])


async def add_tag(tx: Tx, *, actor: Actor, case_id: UUID, tag: str) -> bool:
    """Mark a case; False when it had the mark already."""
    added = await tx.execute(
        "INSERT INTO case_tag (id, case_id, tag, added_by, added_at) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (case_id, tag) DO NOTHING",
        new_id(),
        case_id,
        tag,
        actor.name,
        tx.now,
    )
    return added == "INSERT 0 1"


async def remove_tag(tx: Tx, *, case_id: UUID, tag: str) -> None:
    """Take a mark off a case."""
    await tx.execute("DELETE FROM case_tag WHERE case_id = $1 AND tag = $2", case_id, tag)
