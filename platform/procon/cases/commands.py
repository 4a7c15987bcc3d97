"""What may happen to a case. Each command locks the case, checks its state, acts and logs."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import UNSET, Struct, UnsetType

from procon.auth.actor import SYSTEM, Actor
from procon.cases.log import last_entry, record
from procon.cases.moves import LAST_SECOND, dated, lock, move, write
from procon.cases.standard import STANDARD
from procon.deadlines.compute import Deadline
from procon.deadlines.queries import deadline_for
from procon.ext.events import (
    AnswerMissed,
    AnswerRated,
    AnswerSubmitted,
    CaseAssigned,
    CaseCompleted,
    CaseOpened,
    CaseRedirected,
    CaseReturned,
    CipIssued,
    NoteWritten,
    RatingExpired,
    SupplierCorrected,
    WrongCompanyDeclared,
)
from procon.kernel.case_number import format_case_number
from procon.kernel.errors import Conflict, NotFound
from procon.kernel.ids import new_id
from procon.tenancy.scope import Tx

_EXPIRED_AT_ONCE = 200


class Complaint(Struct, frozen=True, kw_only=True):
    """What a consumer says, checked and cleaned. `amount` in reais."""

    subject: str
    problem: str = ""
    narrative: str
    happened_on: date | None = None
    amount: Decimal | None = None
    tried: str = ""
    sac_protocol: str = ""
    wish: str


class Opened(Struct, frozen=True):
    """The registered case. `new` is False when this idempotency key had been used before."""

    id: UUID
    number: str
    new: bool


class Issued(Struct, frozen=True):
    """A CIP that went out. `round_no` counts the case's CIPs: each has its own access code."""

    deadline: Deadline
    round_no: int


async def open_case(
    tx: Tx,
    *,
    actor: Actor,
    complaint: Complaint,
    person_id: UUID,
    supplier_id: UUID,
    channel: Literal["online", "post"],
    idempotency_key: str,
    service_point: str = "",
) -> Opened:
    """Register a complaint. The same key again gives the same case and changes nothing."""
    # Two clicks at once: the second waits here and then finds the first one's case.
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", idempotency_key)
    known = await tx.fetchrow(
        "SELECT id, number FROM case_file WHERE idempotency_key = $1", idempotency_key
    )
    if known is not None:
        return Opened(id=known["id"], number=known["number"], new=False)
    case_id, number = new_id(), await _next_number(tx)
    await tx.execute(
        "INSERT INTO case_file (id, number, idempotency_key, person_id, supplier_id, subject,"
        " problem, status, channel, service_point, narrative, happened_on, amount, tried,"
        " sac_protocol, wish, created_at, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 'triage',"
        " $8, $9, $10, $11, $12, $13, $14, $15, $16, $16)",
        case_id,
        number,
        idempotency_key,
        person_id,
        supplier_id,
        complaint.subject,
        complaint.problem,
        channel,
        service_point,
        complaint.narrative,
        complaint.happened_on,
        complaint.amount,
        complaint.tried,
        complaint.sac_protocol,
        complaint.wish,
        tx.now,
    )
    name = await tx.fetchval("SELECT name FROM supplier WHERE id = $1", supplier_id)
    event = CaseOpened(
        case_id=case_id,
        number=number,
        channel=channel,
        supplier_name=name,
        service_point=service_point,
    )
    await record(tx, actor=actor, event=event)
    return Opened(id=case_id, number=number, new=True)


async def assign(
    tx: Tx,
    *,
    actor: Actor,
    case_id: UUID,
    to: UUID,
    to_name: str,
    seen: UUID | UnsetType | None = UNSET,
) -> None:
    """Put a member of the staff in charge.

    Args:
        seen: who was in charge on the page that the actor decided on.

    Raises:
        Conflict: somebody else is in charge by now.
    """
    case = await lock(tx, case_id)
    if case.assigned_to == to:
        return
    if seen is not UNSET and case.assigned_to != seen:
        raise Conflict("Outra pessoa da equipe ficou responsável antes.", code="case-is-assigned")
    await write(tx, case, assigned_to=to, assigned_name=to_name)
    await record(tx, actor=actor, event=CaseAssigned(case_id=case_id, to_name=to_name))


async def write_note(tx: Tx, *, actor: Actor, case_id: UUID, text: str) -> None:
    """An internal note; the parties never see it. Twice the same in a row is one click too many."""
    await lock(tx, case_id)
    event = NoteWritten(case_id=case_id, text=text)
    last = await last_entry(tx, case_id)
    if last is not None and last.act.event == event and last.act.actor == actor.label:
        return
    await record(tx, actor=actor, event=event)


async def return_case(tx: Tx, *, actor: Actor, case_id: UUID, reason: str) -> Deadline:
    """Ask the consumer for what is missing."""
    case = await lock(tx, case_id, "triage", "preliminary")
    deadline = await deadline_for(tx, key="missing_documents", start_at=tx.now)
    await write(tx, case, status="returned", **dated(deadline))
    event = CaseReturned(case_id=case_id, reason=reason, due_at=deadline.due_at)
    await record(tx, actor=actor, event=event)
    return deadline


async def complete_case(tx: Tx, *, actor: Actor, case_id: UUID, text: str) -> None:
    """The consumer adds what was asked for; the case goes back to triage."""
    case = await lock(tx, case_id, "returned")
    await write(tx, case, status="triage", deadline="", due_at=None)
    await record(tx, actor=actor, event=CaseCompleted(case_id=case_id, text=text))


async def redirect_case(tx: Tx, *, actor: Actor, case_id: UUID, body: str, reason: str) -> None:
    """End the case here and tell the consumer which body can help."""
    case = await lock(tx, case_id, "triage", "returned", "preliminary")
    await write(
        tx,
        case,
        status="redirected",
        status_before=case.status,
        outcome_before=case.outcome,
        outcome="INCOMPETENCIA",
        deadline="",
        due_at=None,
        closed_at=tx.now,
    )
    event = CaseRedirected(case_id=case_id, body=body, reason=reason)
    await record(tx, actor=actor, event=event)


async def issue_cip(tx: Tx, *, actor: Actor, case_id: UUID) -> Issued:
    """Make the CIP available to the supplier and start its deadline (CDC art. 55 §4)."""
    case = await lock(tx, case_id, "triage", "preliminary")
    deadline = await deadline_for(tx, key="cip_answer", start_at=tx.now)
    round_no = case.cip_round + 1
    await write(tx, case, status="cip_issued", cip_round=round_no, **dated(deadline))
    event = CipIssued(
        case_id=case_id,
        supplier_name=case.supplier_name,
        due_at=deadline.due_at,
        explanation=deadline.explanation,
        legal_basis=deadline.legal_basis,
        rule_version=deadline.rule_version,
    )
    await record(tx, actor=actor, event=event)
    return Issued(deadline, round_no)


async def correct_supplier(tx: Tx, *, actor: Actor, case_id: UUID, supplier_id: UUID) -> None:
    """The complaint is against another company than was thought."""
    case = await lock(tx, case_id, "triage", "returned")
    name = await tx.fetchval("SELECT name FROM supplier WHERE id = $1", supplier_id)
    if name is None:
        raise NotFound("Não encontramos esta empresa.")
    await write(tx, case, supplier_id=supplier_id)
    event = SupplierCorrected(case_id=case_id, before=case.supplier_name, supplier_name=name)
    await record(tx, actor=actor, event=event)


async def mark_answered(
    tx: Tx, *, actor: Actor, case_id: UUID, sha256: str, files: int = 0
) -> bool:
    """The supplier's answer is in. After the deadline it is taken all the same, marked late.

    Returns:
        Whether it was late.
    """
    case = await lock(tx, case_id, "cip_issued", "unanswered")
    last = case.due_at + LAST_SECOND if case.due_at else tx.now
    late = tx.now > last
    deadline = await deadline_for(tx, key="consumer_rating", start_at=tx.now)
    # A late answer ends the "sem resposta": the outcome is the consumer's to say now.
    await write(tx, case, status="answered", outcome="", **dated(deadline))
    event = AnswerSubmitted(case_id=case_id, sha256=sha256, late=late, files=files)
    await record(tx, actor=actor, event=event)
    return late


async def declare_wrong_company(tx: Tx, *, actor: Actor, case_id: UUID, text: str) -> None:
    """Who received the CIP says it is not theirs: back to triage, for the staff to look."""
    case = await lock(tx, case_id, "cip_issued", "unanswered")
    await write(tx, case, status="triage", outcome="", deadline="", due_at=None)
    await record(tx, actor=actor, event=WrongCompanyDeclared(case_id=case_id, text=text))


async def mark_rated(
    tx: Tx, *, actor: Actor, case_id: UUID, solved: bool, stars: int, why: str
) -> None:
    """The consumer's verdict: solved closes the case, unsolved gives it back to the staff."""
    case = await lock(tx, case_id, "answered")
    await write(
        tx,
        case,
        status="closed" if solved else "unsolved",
        status_before=case.status,
        outcome_before=case.outcome,
        outcome="RESOLVIDA" if solved else "NAO_RESOLVIDA",
        deadline="",
        due_at=None,
        closed_at=tx.now if solved else None,
    )
    event = AnswerRated(case_id=case_id, solved=solved, stars=stars, why=why)
    await record(tx, actor=actor, event=event)


async def expire_due(tx: Tx) -> int:
    """Apply what follows when a deadline passes, as the state says.

    Returns:
        How many cases changed.
    """
    expiring = {state.key: state.on_expiry for state in STANDARD.states if state.on_expiry}
    rows = await tx.fetch(
        "SELECT id, status FROM case_file WHERE due_at < $1 AND status = ANY($2::text[])"
        " ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED",
        tx.now - LAST_SECOND,
        list(expiring),
        _EXPIRED_AT_ONCE,
    )
    for row in rows:
        if row["status"] == "answered":
            await _unrated(tx, row["id"])
        elif row["status"] == "cip_issued":
            await _unanswered(tx, row["id"])
        else:
            await move(
                tx,
                actor=SYSTEM,
                side="system",
                case_id=row["id"],
                transition=expiring[row["status"]],
            )
    return len(rows)


async def similar_cases(tx: Tx, *, person_id: UUID, supplier_id: UUID, subject: str) -> list[str]:
    """Numbers of the person's cases with the same supplier and subject in the last 90 days."""
    rows = await tx.fetch(
        "SELECT number FROM case_file WHERE person_id = $1 AND supplier_id = $2 AND subject = $3"
        " AND created_at > $4 ORDER BY created_at DESC",
        person_id,
        supplier_id,
        subject,
        tx.now - timedelta(days=90),
    )
    return [row["number"] for row in rows]


async def _unrated(tx: Tx, case_id: UUID) -> None:
    case = await lock(tx, case_id)
    await write(
        tx,
        case,
        status="closed",
        status_before=case.status,
        outcome_before=case.outcome,
        outcome="SEM_AVALIACAO",
        deadline="",
        due_at=None,
        closed_at=tx.now,
    )
    await record(tx, actor=SYSTEM, event=RatingExpired(case_id=case_id))


async def _unanswered(tx: Tx, case_id: UUID) -> None:
    case = await lock(tx, case_id)
    await write(tx, case, status="unanswered", outcome="SEM_RESPOSTA")
    event = AnswerMissed(case_id=case_id, supplier_name=case.supplier_name)
    await record(tx, actor=SYSTEM, event=event)


async def _next_number(tx: Tx) -> str:
    year = tx.now.astimezone(ZoneInfo(tx.tenant.timezone)).year
    last = await tx.fetchval(
        "INSERT INTO case_counter AS c (year, last) VALUES ($1, 1)"
        " ON CONFLICT (year) DO UPDATE SET last = c.last + 1 RETURNING last",
        year,
    )
    return format_case_number(year, last)
