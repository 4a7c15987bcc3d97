"""Giving, passing on and ending powers. Nothing here writes to a case's log: `procon.lawyers`
does, around these.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from procon.auth.actor import Actor
from procon.auth.mandates.access import active
from procon.auth.mandates.model import ALL_POWERS, POWERS, RENUNCIATION, EndKind
from procon.auth.mandates.queries import Lawyer, Mandate, lawyer_by_id, mandate_by_id
from procon.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from procon.kernel.ids import new_id
from procon.tenancy.scope import Tx

_NO_MANDATE = "Não encontramos esta procuração."
_OVER = "Esta procuração já terminou."


class Client(Struct, frozen=True):
    """Who gives the powers: a person, or a supplier (all branches of its CNPJ root)."""

    person_id: UUID | None = None
    supplier_id: UUID | None = None
    cnpj_root: str | None = None


class Document(Struct, frozen=True):
    """The signed paper behind a mandate, as kept by the evidence slice."""

    id: UUID
    sha256: str


class Given(Struct, frozen=True):
    """A mandate that was made; `new` is False when its key had been used before. `replaced` are
    the mandates that ended because of it."""

    id: UUID
    new: bool
    replaced: tuple[UUID, ...] = ()


async def grant(
    tx: Tx,
    *,
    actor: Actor,
    lawyer_id: UUID,
    client: Client,
    case_id: UUID | None,
    powers: Iterable[str],
    origin: Literal["document", "online"],
    idempotency_key: str,
    filed_in: UUID | None = None,
    expires_at: datetime | None = None,
    document: Document | None = None,
) -> Given:
    """Give powers to a lawyer. Access begins now.

    Args:
        case_id: None is a "procuração especial": all cases of the client, all powers.
        filed_in: the case whose log tells of it.

    Raises:
        Invalid: the lawyer is not verified, is a trainee, or stands on the other side.
        Conflict: the lawyer already has these powers.
    """
    known = await _known(tx, idempotency_key)
    if known is not None:
        return Given(known, new=False)
    lawyer = await lawyer_by_id(tx, lawyer_id)
    if lawyer is None or not lawyer.verified:
        raise Invalid({"oab": "Este advogado ainda não foi conferido pelo Procon."})
    if lawyer.kind == "estagiario":
        raise Invalid(
            {"oab": "Estagiário recebe poderes do supervisor, por substabelecimento com reserva."}
        )
    # Two grants at once for one lawyer: the second sees the first one's row.
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", str(lawyer_id))
    await _must_be_free(tx, lawyer, client, case_id)
    await _must_not_be_on_both_sides(tx, lawyer, client, case_id)
    mandate_id = new_id()
    kept = ALL_POWERS if case_id is None else frozenset(powers) & ALL_POWERS
    await _insert(
        tx,
        mandate_id,
        key=idempotency_key,
        actor=actor,
        lawyer_id=lawyer_id,
        client=client,
        case_id=case_id,
        filed_in=filed_in or case_id,
        powers=kept,
        origin=origin,
        expires_at=expires_at,
        document=document,
    )
    replaced = await _end_the_renouncing(tx, mandate_id, client, case_id)
    return Given(mandate_id, new=True, replaced=replaced)


async def substitute(
    tx: Tx,
    *,
    actor: Actor,
    lawyer: Lawyer,
    mandate_id: UUID,
    to: Lawyer,
    with_reserve: bool,
    powers: Iterable[str],
    idempotency_key: str,
    document: Document | None = None,
) -> Given:
    """Pass powers on (substabelecimento): with reserve both act, without it the first one ends.

    Raises:
        NotFound: no such mandate of this lawyer.
        Forbidden: the mandate does not allow it.
        Invalid: not to this lawyer; Conflict: it is over, or the other has powers already.
    """
    known = await _known(tx, idempotency_key)
    if known is not None:
        return Given(known, new=False)
    mandate = await _own_running(tx, lawyer, mandate_id)
    if "delegate" not in mandate.powers or lawyer.kind == "estagiario":
        raise Forbidden("Esta procuração não permite substabelecer.")
    _check_target(lawyer, to, with_reserve=with_reserve)
    client = Client(mandate.person_id, mandate.supplier_id, mandate.cnpj_root)
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", str(to.id))
    await _must_be_free(tx, to, client, mandate.case_id)
    await _must_not_be_on_both_sides(tx, to, client, mandate.case_id)
    new = new_id()
    # Nobody can give more than they have. Without reserve everything goes over.
    kept = frozenset(powers) & frozenset(mandate.powers) if with_reserve else mandate.powers
    await _insert(
        tx,
        new,
        key=idempotency_key,
        actor=actor,
        lawyer_id=to.id,
        client=client,
        case_id=mandate.case_id,
        filed_in=mandate.filed_in,
        powers=kept,
        origin="substabelecimento",
        expires_at=mandate.expires_at,
        document=document,
        parent_id=mandate.id,
        with_reserve=with_reserve,
    )
    if with_reserve:
        return Given(new, new=True)
    # Those who had powers from the first one have them from the second now.
    await tx.execute(
        "UPDATE mandate SET parent_id = $2 WHERE parent_id = $1 AND id <> $2", mandate.id, new
    )
    await _close(tx, [mandate.id], actor=actor, kind="substabelecimento", at=tx.now)
    return Given(new, new=True, replaced=(mandate.id,))


async def renounce(tx: Tx, *, actor: Actor, lawyer: Lawyer, mandate_id: UUID) -> Mandate:
    """The lawyer gives the mandate up. It ends after 10 days, or at once when another lawyer
    represents the client in the same cases (CPC art. 112).

    Raises:
        NotFound: no such mandate of this lawyer; Conflict: it is over, or ends already.
    """
    mandate = await _own_running(tx, lawyer, mandate_id)
    others = await tx.fetchval(
        "SELECT count(*) FROM mandate m JOIN lawyer l ON l.id = m.lawyer_id"
        f" WHERE m.id <> $1 AND l.status = 'verified' AND l.kind <> 'estagiario'"
        f" AND {active('m', '$2')} AND m.end_kind = '' AND m.parent_id IS DISTINCT FROM $1"
        " AND (m.person_id = $3 OR m.supplier_id = $4 OR m.cnpj_root = $5)"
        " AND (m.case_id IS NULL OR m.case_id = $6)",
        mandate.id,
        tx.now,
        mandate.person_id,
        mandate.supplier_id,
        mandate.cnpj_root,
        mandate.case_id,
    )
    at = tx.now if others else tx.now + RENUNCIATION
    ids = await _with_children(tx, mandate.id)
    await _close(tx, ids, actor=actor, kind="renuncia", at=at)
    return await _again(tx, mandate.id)


async def end(
    tx: Tx, *, actor: Actor, mandate_id: UUID, kind: EndKind, reason: str = ""
) -> Mandate:
    """End a mandate now, and what was passed on from it: revoked by the client, or its document
    refused by the staff. The caller has decided that the actor may.

    Raises:
        NotFound: no such mandate; Conflict: it is over.
    """
    mandate = await mandate_by_id(tx, mandate_id, lock=True)
    if mandate is None:
        raise NotFound(_NO_MANDATE)
    if not mandate.runs(tx.now):
        raise Conflict(_OVER, code="mandate-over")
    ids = await _with_children(tx, mandate.id)
    await _close(tx, ids, actor=actor, kind=kind, at=tx.now, reason=reason)
    return await _again(tx, mandate.id)


async def close_expired(tx: Tx, mandate_id: UUID) -> None:
    """Write down that the validity is over; access had ended with it already."""
    await tx.execute(
        "UPDATE mandate SET ended_at = expires_at, end_kind = 'expiry' WHERE id = $1"
        " AND ended_at IS NULL AND expires_at <= $2",
        mandate_id,
        tx.now,
    )


async def mark_reminded(tx: Tx, mandate_id: UUID, days: str) -> None:
    """Both sides were told that the mandate ends in `days` days."""
    await tx.execute("UPDATE mandate SET reminded = $2 WHERE id = $1", mandate_id, days)


async def _again(tx: Tx, mandate_id: UUID) -> Mandate:
    found = await mandate_by_id(tx, mandate_id)
    if found is None:
        raise NotFound(_NO_MANDATE)
    return found


async def _own_running(tx: Tx, lawyer: Lawyer, mandate_id: UUID) -> Mandate:
    mandate = await mandate_by_id(tx, mandate_id, lock=True)
    if mandate is None or mandate.lawyer_id != lawyer.id:
        raise NotFound(_NO_MANDATE)
    if not mandate.runs(tx.now) or mandate.end_kind:
        raise Conflict("Esta procuração já terminou ou está no fim.", code="mandate-over")
    return mandate


def _check_target(lawyer: Lawyer, to: Lawyer, *, with_reserve: bool) -> None:
    if to.id == lawyer.id:
        raise Invalid({"oab": "Este número da OAB é o seu. Informe o do outro advogado."})
    if not to.verified:
        raise Invalid({"oab": "Este advogado ainda não foi conferido pelo Procon."})
    if to.kind != "estagiario":
        return
    if to.supervisor_id != lawyer.id:
        raise Invalid({"oab": "Só o supervisor pode passar poderes a este estagiário."})
    if not with_reserve:
        raise Invalid({"reserva": "Ao estagiário, só com reserva: o supervisor continua no caso."})


async def _must_be_free(tx: Tx, lawyer: Lawyer, client: Client, case_id: UUID | None) -> None:
    number = await tx.fetchval(
        f"SELECT count(*) FROM mandate m WHERE m.lawyer_id = $1 AND {active('m', '$2')}"
        " AND m.end_kind = '' AND (m.person_id = $3 OR m.supplier_id = $4 OR m.cnpj_root = $5)"
        " AND (m.case_id IS NULL OR m.case_id = $6)",
        lawyer.id,
        tx.now,
        client.person_id,
        client.supplier_id,
        client.cnpj_root,
        case_id,
    )
    if number:
        raise Conflict(
            "Este advogado já tem procuração em vigor deste cliente.", code="mandate-exists"
        )


async def _must_not_be_on_both_sides(
    tx: Tx, lawyer: Lawyer, client: Client, case_id: UUID | None
) -> None:
    """Nobody represents consumer and supplier of one case (Código Penal, art. 355)."""
    number = await tx.fetchval(
        "SELECT count(*) FROM mandate m JOIN case_file c ON (m.case_id IS NULL OR m.case_id = c.id)"
        " JOIN supplier s ON s.id = c.supplier_id"
        f" WHERE m.lawyer_id = $1 AND {active('m', '$2')} AND ($6::uuid IS NULL OR c.id = $6)"
        " AND (($3::uuid IS NOT NULL AND c.person_id = $3 AND (m.supplier_id = s.id"
        "       OR m.cnpj_root = left(s.cnpj, 8)))"
        "  OR ($4::uuid IS NOT NULL AND m.person_id = c.person_id AND (s.id = $4"
        "       OR left(s.cnpj, 8) = $5)))",
        lawyer.id,
        tx.now,
        client.person_id,
        client.supplier_id,
        client.cnpj_root,
        case_id,
    )
    if number:
        raise Invalid(
            {"oab": "Este advogado já representa a outra parte em um processo com este cliente."}
        )


async def _end_the_renouncing(
    tx: Tx, new: UUID, client: Client, case_id: UUID | None
) -> tuple[UUID, ...]:
    """Who had renounced and only waited for somebody else is free now."""
    rows = await tx.fetch(
        "UPDATE mandate m SET ended_at = $2 WHERE m.id <> $1 AND m.end_kind = 'renuncia'"
        " AND m.ended_at > $2 AND (m.person_id = $3 OR m.supplier_id = $4 OR m.cnpj_root = $5)"
        " AND ($6::uuid IS NULL OR m.case_id = $6) RETURNING m.id",
        new,
        tx.now,
        client.person_id,
        client.supplier_id,
        client.cnpj_root,
        case_id,
    )
    return tuple(row[0] for row in rows)


async def _with_children(tx: Tx, mandate_id: UUID) -> list[UUID]:
    rows = await tx.fetch(
        "WITH RECURSIVE tree AS (SELECT id FROM mandate WHERE id = $1"
        " UNION SELECT m.id FROM mandate m JOIN tree ON m.parent_id = tree.id)"
        " SELECT id FROM tree",
        mandate_id,
    )
    return [row[0] for row in rows]


async def _close(
    tx: Tx,
    ids: list[UUID],
    *,
    actor: Actor,
    kind: EndKind,
    at: datetime,
    reason: str = "",
) -> None:
    await tx.execute(
        "UPDATE mandate SET ended_at = $2, end_kind = $3, ended_by = $4, ended_name = $5,"
        " end_reason = $6 WHERE id = ANY($1) AND (ended_at IS NULL OR ended_at > $2)",
        ids,
        at,
        kind,
        actor.label,
        actor.name,
        reason,
    )


async def _known(tx: Tx, idempotency_key: str) -> UUID | None:
    """The mandate that this form made. Two clicks at once: the second waits here, then finds it."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", idempotency_key)
    known: UUID | None = await tx.fetchval(
        "SELECT id FROM mandate WHERE idempotency_key = $1", idempotency_key
    )
    return known


async def _insert(
    tx: Tx,
    mandate_id: UUID,
    *,
    key: str,
    actor: Actor,
    lawyer_id: UUID,
    client: Client,
    case_id: UUID | None,
    filed_in: UUID | None,
    powers: Iterable[str],
    origin: str,
    expires_at: datetime | None,
    document: Document | None,
    parent_id: UUID | None = None,
    with_reserve: bool | None = None,
) -> None:
    await tx.execute(
        "INSERT INTO mandate (id, idempotency_key, lawyer_id, case_id, filed_in, person_id,"
        " supplier_id, cnpj_root, kind, powers, parent_id, with_reserve, origin, document_id,"
        " sha256, granted_by, granted_name, starts_at, expires_at, created_at) VALUES ($1, $2, $3,"
        " $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $18)",
        mandate_id,
        key,
        lawyer_id,
        case_id,
        filed_in,
        client.person_id,
        client.supplier_id,
        client.cnpj_root,
        "especial" if case_id is None else "simples",
        [power for power in POWERS if power in set(powers)],
        parent_id,
        with_reserve,
        origin,
        document.id if document else None,
        document.sha256 if document else "",
        actor.label,
        actor.name,
        tx.now,
        expires_at,
    )
