"""Proposals from one party to the other.

Every command holds the case's row first, so that of two people who act at once one wins and the
other sees what happened.
"""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from procon.agreements.commands import CIVIL_CODE, record_agreement, today_of
from procon.agreements.queries import PartySide, ProposalRow, proposal_by_id
from procon.agreements.schedule import check_schedule, in_words
from procon.agreements.terms import ANSWERED, LONGEST, SIDES, Offer, offer_in_words
from procon.auth.actor import SYSTEM, Actor
from procon.auth.oidc import require_level
from procon.cases.moves import lock, move, record_act
from procon.cases.standard import STANDARD
from procon.kernel.chain import canonical
from procon.kernel.errors import Conflict, Invalid, NotFound
from procon.kernel.ids import new_id
from procon.portal.render import date_and_hour
from procon.tenancy.scope import Tx


def may_propose(status: str) -> bool:
    """Whether the parties of a case in this state may still settle between them."""
    return status in STANDARD.transition("settle").sources


def check_offer(tx: Tx, offer: Offer) -> None:
    """Whether a proposal may be made. Raises Invalid: see `check_schedule`, or its validity."""
    today = today_of(tx)
    check_schedule(offer.instalments, total=offer.total, today=today)
    zone = ZoneInfo(tx.tenant.timezone)
    last = offer.valid_until.astimezone(zone).date()
    if last < today:
        raise Invalid({"validade": "A validade da proposta já passou."})
    if last > today + LONGEST:
        raise Invalid({"validade": f"A proposta pode valer por até {LONGEST.days} dias."})
    # Otherwise it could be accepted when its first date has passed.
    if offer.instalments[0].due_on < last:
        raise Invalid(
            {
                "validade": "A proposta vale até depois da primeira data"
                f" ({offer.instalments[0].due_on:%d/%m/%Y}). Escolha uma validade menor."
            }
        )


async def offer(
    tx: Tx, *, actor: Actor, side: PartySide, case_id: UUID, offer: Offer, idempotency_key: str
) -> UUID:
    """Make a proposal to the other side. The same key again gives the same proposal.

    Raises:
        Invalid: see `check_schedule`; Conflict: the case is past it, or a proposal is open.
    """
    check_offer(tx, offer)
    status = (await lock(tx, case_id)).status
    known = await _by_key(tx, case_id, idempotency_key)
    if known is not None:
        return known
    _still_possible(status)
    await _check_free(tx, side, case_id)
    proposal_id = await _insert(
        tx, actor=actor, side=side, case_id=case_id, offer=offer, key=idempotency_key
    )
    await record_act(
        tx,
        actor=actor,
        case_id=case_id,
        topic="proposal_made",
        sentence=f"{SIDES[side]} fez uma proposta de acordo. Ela vale até {_until(tx, offer)}.",
        act="Proposta de acordo",
        norm=CIVIL_CODE,
        detail=offer_in_words(offer),
        tells=(_other(side),),
    )
    return proposal_id


async def counter(
    tx: Tx,
    *,
    actor: Actor,
    side: PartySide,
    case_id: UUID,
    proposal_id: UUID,
    offer: Offer,
    idempotency_key: str,
) -> UUID:
    """Answer a proposal with another one; the first can then no longer be accepted.

    Raises:
        Invalid: see `check_schedule`; Conflict: the proposal was answered, withdrawn or ran out.
    """
    check_offer(tx, offer)
    status = (await lock(tx, case_id)).status
    known = await _by_key(tx, case_id, idempotency_key)
    if known is not None:
        return known
    _still_possible(status)
    await _answerable(tx, side, case_id, proposal_id)
    await _answer(tx, actor, proposal_id, "countered", "")
    fresh = await _insert(
        tx,
        actor=actor,
        side=side,
        case_id=case_id,
        offer=offer,
        key=idempotency_key,
        answers=proposal_id,
    )
    await record_act(
        tx,
        actor=actor,
        case_id=case_id,
        topic="proposal_countered",
        sentence=f"{SIDES[side]} fez uma contraproposta. Ela vale até {_until(tx, offer)}.",
        act="Contraproposta",
        norm=CIVIL_CODE,
        detail=offer_in_words(offer),
        tells=(_other(side),),
    )
    return fresh


async def refuse(
    tx: Tx, *, actor: Actor, side: PartySide, case_id: UUID, proposal_id: UUID, reason: str
) -> None:
    """Say no; the case goes on. Raises Conflict: answered, withdrawn or run out before."""
    await lock(tx, case_id)
    await _answerable(tx, side, case_id, proposal_id)
    await _answer(tx, actor, proposal_id, "refused", reason)
    await record_act(
        tx,
        actor=actor,
        case_id=case_id,
        topic="proposal_refused",
        sentence=f"{SIDES[side]} recusou a proposta. O processo continua.",
        act="Recusa de proposta",
        detail=reason,
        tells=(_other(side),),
    )


async def withdraw(
    tx: Tx, *, actor: Actor, side: PartySide, case_id: UUID, proposal_id: UUID
) -> None:
    """Take one's own proposal back. Raises Conflict: the other side was faster."""
    await lock(tx, case_id)
    found = await _proposal(tx, case_id, proposal_id)
    if found.made_by != side:
        raise NotFound("Não encontramos esta proposta entre as suas.")
    _unanswered(found)
    await _answer(tx, actor, proposal_id, "withdrawn", "")
    await record_act(
        tx,
        actor=actor,
        case_id=case_id,
        topic="proposal_withdrawn",
        sentence=f"{SIDES[side]} retirou a proposta antes da resposta.",
        act="Retirada de proposta",
        tells=(_other(side),),
    )


async def accept(
    tx: Tx, *, actor: Actor, side: PartySide, case_id: UUID, proposal_id: UUID
) -> UUID:
    """Say yes: the proposal becomes the case's agreement.

    Returns:
        The agreement's id.

    Raises:
        Conflict: answered, withdrawn or run out before, or the case is past it.
        Invalid: its first date has passed meanwhile.
        Forbidden: the city asks a person for a higher gov.br level to make an agreement.
    """
    if actor.kind == "citizen":
        require_level(actor, tx.tenant.levels.agreement)
    status = (await lock(tx, case_id)).status
    found = await _answerable(tx, side, case_id, proposal_id)
    _still_possible(status)
    await _answer(tx, actor, proposal_id, "accepted", "")
    agreement_id = await record_agreement(
        tx,
        actor=actor,
        case_id=case_id,
        source="proposal",
        text=found.text,
        instalments=found.instalments,
        total=found.total,
        proposal_id=proposal_id,
    )
    account = {"silver": " com conta gov.br prata", "gold": " com conta gov.br ouro"}
    await move(
        tx,
        actor=actor,
        side=side,
        case_id=case_id,
        transition="settle",
        text=f"{found.text}\n\n{in_words(found.instalments)}\n\n{SIDES[side]} aceitou"
        f"{account.get(actor.level, '')} a proposta de código {found.sha256}.",
    )
    return agreement_id


async def expire(tx: Tx, *, proposal_id: UUID) -> bool:
    """End a proposal that nobody answered in time, or whose case went another way.

    Silence is never a yes: the case goes on as it was.

    Returns:
        Whether it was still open.
    """
    found = await proposal_by_id(tx, proposal_id)
    if found is None:
        return False
    status = (await lock(tx, found.case_id)).status
    found = await _proposal(tx, found.case_id, proposal_id)
    late = found.valid_until < tx.now
    if found.status != "open" or not (late or not may_propose(status)):
        return False
    why = "" if late else "O processo já tinha passado para outra etapa."
    await _answer(tx, SYSTEM, proposal_id, "expired", why)
    await record_act(
        tx,
        actor=SYSTEM,
        case_id=found.case_id,
        topic="proposal_expired",
        sentence="A proposta terminou sem resposta. O processo continua."
        if late
        else "A proposta perdeu o efeito, porque o processo já passou para outra etapa.",
        act="Fim do prazo da proposta",
        tells=("consumer", "supplier"),
    )
    return True


async def _insert(
    tx: Tx,
    *,
    actor: Actor,
    side: PartySide,
    case_id: UUID,
    offer: Offer,
    key: str,
    answers: UUID | None = None,
) -> UUID:
    proposal_id = new_id()
    plain = {"case": case_id, "made_by": side, "offer": msgspec.to_builtins(offer)}
    await tx.execute(
        "INSERT INTO proposal (id, case_id, idempotency_key, made_by, author, kind, text, total,"
        " valid_until, answers, sha256, made_at, status) VALUES ($1, $2, $3, $4, $5, $6, $7, $8,"
        " $9, $10, $11, $12, 'open')",
        proposal_id,
        case_id,
        f"{case_id}/{key}",
        side,
        actor.name,
        offer.kind,
        offer.text,
        offer.total,
        offer.valid_until,
        answers,
        hashlib.sha256(canonical(plain)).hexdigest(),
        tx.now,
    )
    rows: list[tuple[Any, ...]] = [
        (new_id(), proposal_id, n, one.due_on, one.amount, one.what)
        for n, one in enumerate(offer.instalments, start=1)
    ]
    await tx.executemany(
        "INSERT INTO proposal_instalment (id, proposal_id, n, due_on, amount, what)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        rows,
    )
    return proposal_id


async def _answer(tx: Tx, actor: Actor, proposal_id: UUID, status: str, text: str) -> None:
    """End an open proposal. The case is held, so it is still open."""
    await tx.execute(
        "UPDATE proposal SET status = $2, answered_by = $3, answered_at = $4, answer_text = $5"
        " WHERE id = $1 AND status = 'open'",
        proposal_id,
        status,
        actor.name,
        tx.now,
        text,
    )


async def _answerable(tx: Tx, side: PartySide, case_id: UUID, proposal_id: UUID) -> ProposalRow:
    """The other side's proposal, if it can still be answered."""
    found = await _proposal(tx, case_id, proposal_id)
    if found.made_by == side:
        raise Conflict("Esta proposta é sua: quem responde é a outra parte.", code="proposal-own")
    _unanswered(found)
    if found.valid_until < tx.now:
        raise Conflict(ANSWERED["expired"], code="proposal-is-expired")
    return found


async def _proposal(tx: Tx, case_id: UUID, proposal_id: UUID) -> ProposalRow:
    found = await proposal_by_id(tx, proposal_id)
    if found is None or found.case_id != case_id:
        raise NotFound("Não encontramos esta proposta neste processo.")
    return found


def _unanswered(found: ProposalRow) -> None:
    if found.status != "open":
        raise Conflict(ANSWERED[found.status], code=f"proposal-is-{found.status}")


async def _by_key(tx: Tx, case_id: UUID, key: str) -> UUID | None:
    """The proposal that this form made before."""
    found: UUID | None = await tx.fetchval(
        "SELECT id FROM proposal WHERE idempotency_key = $1", f"{case_id}/{key}"
    )
    return found


async def _check_free(tx: Tx, side: PartySide, case_id: UUID) -> None:
    row = await tx.fetchrow(
        "SELECT id, made_by, valid_until FROM proposal WHERE case_id = $1 AND status = 'open'",
        case_id,
    )
    if row is None:
        return
    if row["valid_until"] < tx.now:
        await expire(tx, proposal_id=row["id"])
        return
    whose = "sua" if row["made_by"] == side else "da outra parte"
    raise Conflict(
        f"Já existe uma proposta {whose} esperando resposta neste processo.", code="proposal-open"
    )


def _still_possible(status: str) -> None:
    if not may_propose(status):
        raise Conflict(
            "Este processo já mudou de etapa, e as partes não podem mais fazer acordo por aqui.",
            code=f"case-is-at-{status}",
        )


def _other(side: PartySide) -> PartySide:
    return "supplier" if side == "consumer" else "consumer"


def _until(tx: Tx, offer: Offer) -> str:
    return date_and_hour(offer.valid_until, ZoneInfo(tx.tenant.timezone))
