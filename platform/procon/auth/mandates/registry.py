"""Registering lawyers, and what the staff finds of them."""

from __future__ import annotations

from uuid import UUID

import asyncpg
from msgspec import Struct

from procon.auth.actor import Actor
from procon.auth.mandates.model import LawyerKind, Oab
from procon.auth.mandates.queries import Lawyer, lawyer_by_id, lawyer_by_oab, lawyer_of
from procon.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from procon.kernel.ids import new_id
from procon.tenancy.scope import Tx

_TAKEN = (
    "Este número da OAB já está cadastrado aqui em outra conta. Confira o número e o estado;"
    " se estiverem certos, fale com o Procon."
)
_DONE = "Você já tem um cadastro de advogado aqui. Não é preciso fazer outro."


class Card(Struct, frozen=True):
    """The copy of the professional card in the store."""

    key: str
    name: str
    media_type: str
    sha256: str


async def check_registration(
    tx: Tx, *, actor: Actor, oab: Oab, kind: LawyerKind, supervisor: Oab | None
) -> UUID | None:
    """Whether this person may register so; returns the supervisor's id for a trainee.

    Raises:
        Forbidden: signed in without a CPF.
        Conflict: registered already.
        Invalid: the number is somebody else's, or the supervisor is not a verified lawyer here.
    """
    if actor.kind != "citizen" or actor.cpf is None:
        raise Forbidden("Para se cadastrar como advogado, entre com a sua conta gov.br.")
    own = await lawyer_of(tx, actor)
    if own is not None and own.status != "refused":
        raise Conflict(_DONE, code="lawyer-registered")
    if await lawyer_by_oab(tx, oab) is not None:
        raise Invalid({"oab": _TAKEN})
    if kind != "estagiario":
        return None
    found = await lawyer_by_oab(tx, supervisor) if supervisor is not None else None
    if found is None or not found.verified or found.kind == "estagiario":
        raise Invalid(
            {
                "supervisor": "O supervisor precisa ser advogado já conferido neste Procon."
                " Peça a ele que se cadastre primeiro."
            }
        )
    return found.id


async def register_lawyer(
    tx: Tx,
    *,
    actor: Actor,
    lawyer_id: UUID,
    oab: Oab,
    kind: LawyerKind,
    supervisor: Oab | None,
    card: Card,
) -> None:
    """Keep the inscription; it waits for the staff. The same id again changes nothing.

    Raises:
        As `check_registration`.
    """
    if await lawyer_by_id(tx, lawyer_id) is not None:
        return
    supervisor_id = await check_registration(
        tx, actor=actor, oab=oab, kind=kind, supervisor=supervisor
    )
    try:
        await tx.execute(
            "INSERT INTO lawyer (id, account_id, cpf, name, email, oab_uf, oab_number, oab_letter,"
            " kind, supervisor_id, card_key, card_name, card_type, card_sha256, created_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
            lawyer_id,
            actor.account_id,
            actor.cpf,
            actor.name,
            actor.email or "",
            oab.uf,
            oab.number,
            oab.letter,
            kind,
            supervisor_id,
            card.key,
            card.name,
            card.media_type,
            card.sha256,
            tx.now,
        )
    except asyncpg.UniqueViolationError as error:
        # Two forms at once; which of the two rules it was does not matter to the person.
        raise Conflict(_TAKEN, code="lawyer-taken") from error


async def decide_lawyer(
    tx: Tx, *, actor: Actor, lawyer_id: UUID, verified: bool, reason: str = ""
) -> Lawyer:
    """The staff found the inscription to be true, or not.

    A verified one may be refused later (suspended by the OAB): every access ends at once.

    Raises:
        NotFound: no such inscription.
        Conflict: somebody decided the same thing, or refused it, before.
    """
    row = await tx.fetchrow("SELECT status FROM lawyer WHERE id = $1 FOR UPDATE", lawyer_id)
    if row is None:
        raise NotFound("Não encontramos este cadastro de advogado.")
    wanted = "verified" if verified else "refused"
    if row["status"] == wanted or row["status"] == "refused":
        raise Conflict("Outra pessoa da equipe já decidiu este cadastro.", code="lawyer-decided")
    await tx.execute(
        "UPDATE lawyer SET status = $2, reason = $3, decided_by = $4, decided_name = $5,"
        " decided_at = $6 WHERE id = $1",
        lawyer_id,
        wanted,
        reason,
        actor.label,
        actor.name,
        tx.now,
    )
    found = await lawyer_by_id(tx, lawyer_id)
    if found is None:
        raise NotFound("Não encontramos este cadastro de advogado.")
    return found


def card_id() -> UUID:
    """Id of a new inscription, known before the card goes to the store."""
    return new_id()
