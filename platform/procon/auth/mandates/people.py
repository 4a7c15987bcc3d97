"""Representatives of consumers, further parties of a case, and the note of who looked."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from procon.auth.actor import Actor
from procon.auth.mandates.model import PartyRole, RepresentativeKind, Side
from procon.kernel.errors import Conflict, NotFound
from procon.kernel.ids import new_id
from procon.tenancy.scope import Tx


async def add_representative(
    tx: Tx,
    *,
    actor: Actor,
    person_id: UUID,
    cpf: str,
    name: str,
    email: str,
    kind: RepresentativeKind,
    document: str,
    expires_at: datetime | None,
) -> UUID:
    """Register who answers for a consumer; they see the consumer's cases from now on.

    Args:
        document: which paper was shown ("Termo de curatela nº 12, 2ª Vara").

    Raises:
        Conflict: registered already, or the consumer's own CPF.
    """
    if await tx.fetchval("SELECT cpf FROM person WHERE id = $1", person_id) == cpf:
        raise Conflict("Este CPF é do próprio consumidor.", code="representative-self")
    made = await tx.fetchval(
        "INSERT INTO representative (id, person_id, cpf, name, email, kind, document, expires_at,"
        " registered_by, registered_name, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        " ON CONFLICT (person_id, cpf) WHERE ended_at IS NULL DO NOTHING RETURNING id",
        new_id(),
        person_id,
        cpf,
        name,
        email,
        kind,
        document,
        expires_at,
        actor.label,
        actor.name,
        tx.now,
    )
    if made is None:
        raise Conflict(
            "Esta pessoa já representa o consumidor. Encerre o registro antigo antes de fazer"
            " outro.",
            code="representative-exists",
        )
    return UUID(str(made))


async def end_representative(
    tx: Tx, *, actor: Actor, representative_id: UUID, person_ids: list[UUID]
) -> str:
    """The representation is over, at once; returns the representative's name.

    Args:
        person_ids: the consumers whose page the actor is on: another's is not found.

    Raises:
        NotFound: no such representative, or over already.
    """
    name = await tx.fetchval(
        "UPDATE representative SET ended_at = $2, ended_by = $3 WHERE id = $1"
        " AND ended_at IS NULL AND person_id = ANY($4) RETURNING name",
        representative_id,
        tx.now,
        actor.label,
        person_ids,
    )
    if name is None:
        raise NotFound("Não encontramos este representante.")
    return str(name)


async def add_party(
    tx: Tx,
    *,
    actor: Actor,
    case_id: UUID,
    side: Side,
    role: PartyRole,
    person_id: UUID | None = None,
    supplier_id: UUID | None = None,
) -> UUID:
    """One more consumer or supplier in a case; they see it in their account from now on.

    Raises:
        Conflict: already a party of it.
    """
    known = await tx.fetchval(
        "SELECT count(*) FROM case_file WHERE id = $1 AND (person_id = $2 OR supplier_id = $3)",
        case_id,
        person_id,
        supplier_id,
    )
    target = "person_id" if side == "consumer" else "supplier_id"
    made = None
    if not known:
        made = await tx.fetchval(
            "INSERT INTO case_party (id, case_id, side, person_id, supplier_id, role, added_by,"
            " added_name, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
            f" ON CONFLICT (case_id, {target}) WHERE removed_at IS NULL AND {target} IS NOT NULL"
            " DO NOTHING RETURNING id",
            new_id(),
            case_id,
            side,
            person_id,
            supplier_id,
            role,
            actor.label,
            actor.name,
            tx.now,
        )
    if made is None:
        raise Conflict("Já é parte deste processo.", code="party-exists")
    return UUID(str(made))


async def remove_party(tx: Tx, *, actor: Actor, case_id: UUID, entry: UUID) -> None:
    """A further party leaves the case, and sees it no more.

    Raises:
        NotFound: no such entry in this case.
    """
    done = await tx.fetchval(
        "UPDATE case_party SET removed_at = $3, removed_by = $4 WHERE id = $1 AND case_id = $2"
        " AND removed_at IS NULL RETURNING id",
        entry,
        case_id,
        tx.now,
        actor.label,
    )
    if done is None:
        raise NotFound("Esta parte não está mais no processo.")


async def note(tx: Tx, *, case_id: UUID, actor: Actor, name: str, side: str, role: str) -> None:
    """Somebody opened the case: at most one row for each person, case and hour."""
    await tx.execute(
        "INSERT INTO case_view (id, case_id, actor, name, side, role, hour, at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (case_id, actor, hour) DO NOTHING",
        new_id(),
        case_id,
        actor.label,
        name,
        side,
        role,
        tx.now.replace(minute=0, second=0, microsecond=0),
        tx.now,
    )
