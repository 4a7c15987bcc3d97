"""Making a collective case and adding to it."""

from __future__ import annotations

from uuid import UUID

from procon.auth.actor import Actor
from procon.cases.moves import record_act
from procon.cases.taxonomy import problem_title
from procon.desk.groups.queries import LEAST, MEMBERS_MOST, WITHIN, collective_by_id
from procon.kernel.errors import Conflict, NotFound
from procon.kernel.ids import new_id
from procon.tenancy.scope import Tx


async def make_collective(tx: Tx, *, actor: Actor, supplier_id: UUID, problem: str) -> UUID:
    """Look at these complaints together; returns the collective's id. Made already: that one's.

    Raises:
        Conflict: by now there are fewer than LEAST complaints.
    """
    known: UUID | None = await tx.fetchval(
        "INSERT INTO collective_case AS k (id, supplier_id, problem, created_by, created_at)"
        " SELECT $1, $2, $3, $4, $5 WHERE (SELECT count(*) FROM case_file c"
        " WHERE c.supplier_id = $2 AND c.problem = $3 AND c.created_at >= $6) >= $7"
        " ON CONFLICT (supplier_id, problem) DO UPDATE SET problem = k.problem RETURNING id",
        new_id(),
        supplier_id,
        problem,
        actor.name,
        tx.now,
        tx.now - WITHIN,
        LEAST,
    )
    if known is None:
        raise Conflict(f"Um coletivo precisa de pelo menos {LEAST} reclamações recentes.")
    await add_fresh(tx, actor=actor, collective_id=known)
    return known


async def add_fresh(tx: Tx, *, actor: Actor, collective_id: UUID) -> int:
    """Add the complaints that fit and are in no collective yet; returns how many.

    Raises:
        NotFound: no such collective in this city.
    """
    found = await collective_by_id(tx, collective_id)
    if found is None:
        raise NotFound("Este coletivo não existe.")
    rows = await tx.fetch(
        "INSERT INTO collective_member (case_id, collective_id, added_at)"
        " SELECT c.id, $1, $5 FROM case_file c WHERE c.supplier_id = $2 AND c.problem = $3"
        " AND c.created_at >= $4 ORDER BY c.created_at, c.id LIMIT $6"
        " ON CONFLICT (case_id) DO NOTHING RETURNING case_id",
        collective_id,
        found.supplier_id,
        found.problem,
        found.created_at - WITHIN,
        tx.now,
        MEMBERS_MOST,
    )
    for case_id in sorted(row["case_id"] for row in rows):
        await record_act(
            tx,
            actor=actor,
            case_id=case_id,
            topic="collective_joined",
            sentence=f"O processo entrou no coletivo contra {found.supplier_name}:"
            f" {problem_title(found.problem)}.",
            act="Inclusão em processo coletivo",
            internal=True,
        )
    return len(rows)
