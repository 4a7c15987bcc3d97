"""How a case moves: the one place that applies the procedure, under the case's lock."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from procon.auth.actor import Actor
from procon.auth.permissions import permissions_of
from procon.cases.log import record
from procon.cases.standard import STANDARD
from procon.deadlines.compute import Deadline
from procon.deadlines.queries import deadline_for
from procon.ext.events import ActRecorded, CaseMoved, Event
from procon.ext.workflow import BACK, STAY, CaseTransition, Side, State, Transition, Workflow, may
from procon.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from procon.portal.render import date_and_hour
from procon.tenancy.scope import Tx

# The last second of a deadline, 23:59:59, belongs to it up to its end.
LAST_SECOND = timedelta(seconds=1)
_PLACEHOLDER = re.compile(r"\{(?:empresa|consumidor|prazo|resultado)\}")


class Locked(Struct, frozen=True):
    """A case whose row this transaction holds."""

    id: UUID
    number: str
    status: str
    supplier_name: str
    person_name: str
    due_at: datetime | None
    assigned_to: UUID | None
    version: int
    cip_round: int
    procedure: str
    status_before: str
    outcome_before: str
    outcome: str
    complaint_number: str


class Moved(Struct, frozen=True):
    """Where a case is now. `deadline` is the one that the act started, `sha256` the log entry's."""

    state: State
    deadline: Deadline | None
    sha256: str
    late: bool = False


class _Step(Struct, frozen=True):
    """An act on its way: what was found out before anything is written."""

    act: Transition
    case: Locked
    workflow: Workflow
    target: str
    outcome: str
    deadline: Deadline | None
    until: datetime | None


def workflow_of(procedure: str) -> Workflow:
    """The procedure that a case follows ("standard/1").

    Raises:
        LookupError: it is not installed.
    """
    slug, _, _version = procedure.partition("/")
    if slug != STANDARD.slug:
        raise LookupError(f"procedure {procedure} is not installed")
    return STANDARD


def acts_open(
    workflow: Workflow, *, status: str, side: str, permissions: frozenset[str], hearings: bool
) -> tuple[Transition, ...]:
    """What who acts on `side` may choose in `status`, on the city's terms.

    Args:
        hearings: whether the city holds conciliation hearings.
    """
    return tuple(
        one
        for one in workflow.leaving(status)
        if may(one, side, permissions) and (one.needs != "hearings" or hearings)
    )


async def move(
    tx: Tx,
    *,
    actor: Actor,
    side: Side,
    case_id: UUID,
    transition: str,
    text: str = "",
    outcome: str = "",
    until: datetime | None = None,
    files: int = 0,
    filing_sha256: str = "",
) -> Moved:
    """Bring an act of the procedure about.

    Args:
        side: on whose behalf the actor acts here; the caller found it by `access.side_of`.
        until: the end of this act's deadline when no rule counts it (a hearing's beginning).
        filing_sha256: hash of the document that the act files; the text itself is kept with it.

    Raises:
        Conflict: the case is no longer where this act can happen.
        Forbidden: not this person's to do.
        Invalid: the result is not one of the act's.
    """
    case = await lock(tx, case_id)
    workflow = workflow_of(case.procedure)
    act = workflow.transition(transition)
    if case.status not in act.sources:
        raise moved_on(case, workflow)
    if not may(act, side, permissions_of(actor)):
        raise Forbidden("Este ato não cabe a você neste processo.")
    if act.needs == "hearings" and not tx.tenant.hearings:
        raise Conflict("Este Procon não faz audiências de conciliação.", code="no-hearings")
    deadline = await deadline_for(tx, key=act.deadline, start_at=tx.now) if act.deadline else None
    target, chosen = _target(act, case), _outcome(act, outcome)
    step = _Step(act, case, workflow, target, chosen, deadline, until)
    await _ask_guards(tx, step, side)
    event = CaseMoved(
        case_id=case_id,
        procedure=f"{workflow.slug}/{workflow.version}",
        transition=act.key,
        before=case.status,
        after=target,
        sentence=_sentence(tx, step),
        act=act.act,
        norm=act.norm,
        outcome=chosen,
        text="" if act.filing else text,
        files=files,
        due_at=deadline.due_at if deadline else until,
        explanation=deadline.explanation if deadline else "",
        rule_version=deadline.rule_version if deadline else "",
        letter=act.letter,
        filing=act.filing,
        filing_sha256=filing_sha256,
        late=case.due_at is not None and tx.now > case.due_at + LAST_SECOND,
        tells=act.tells,
    )
    await write(tx, case, **_changes(tx, step))
    if act.key == "open_complaint" and not case.complaint_number:
        await write(tx, case, complaint_number=await _complaint_number(tx))
    sha256 = await record(tx, actor=actor, event=event)
    return Moved(workflow.state(target), deadline, sha256, event.late)


async def record_act(
    tx: Tx,
    *,
    actor: Actor,
    case_id: UUID,
    topic: str,
    sentence: str,
    act: str,
    norm: str = "",
    detail: str = "",
    internal: bool = False,
    tells: tuple[Side, ...] = (),
) -> str:
    """Put something that moves nothing into the case's log; returns the entry's hash."""
    await lock(tx, case_id)
    event = ActRecorded(
        case_id=case_id,
        topic=topic,
        sentence=sentence,
        act=act,
        norm=norm,
        detail=detail,
        internal=internal,
        tells=tells,
    )
    return await record(tx, actor=actor, event=event)


async def extend_deadline(
    tx: Tx, *, actor: Actor, case_id: UUID, deadline: Deadline, reason: str
) -> None:
    """Put a later end to the deadline that runs.

    Raises:
        Conflict: none runs, or the new end is not later.
    """
    case = await lock(tx, case_id)
    if case.due_at is None:
        raise Conflict("Não há prazo correndo neste processo.", code="no-deadline")
    if deadline.due_at <= case.due_at:
        raise Conflict("O prazo novo precisa terminar depois do atual.", code="deadline-not-later")
    await write(tx, case, **dated(deadline))
    until = date_and_hour(deadline.due_at, ZoneInfo(tx.tenant.timezone))
    await record_act(
        tx,
        actor=actor,
        case_id=case_id,
        topic="deadline_extended",
        sentence=f"O prazo agora vai até {until}.",
        act="Prorrogação de prazo",
        norm=deadline.legal_basis,
        detail="\n".join((reason, deadline.explanation)),
        tells=("consumer", "supplier"),
    )


async def lock(tx: Tx, case_id: UUID, *states: str) -> Locked:
    """The case, held until the transaction ends.

    Raises:
        NotFound: no such case in this city.
        Conflict: it is in none of `states`.
    """
    row = await tx.fetchrow(
        "SELECT c.id, c.number, c.status, s.name, p.name, c.due_at, c.assigned_to, c.version,"
        " c.cip_round, c.procedure, c.status_before, c.outcome_before, c.outcome,"
        " c.complaint_number"
        " FROM case_file c JOIN supplier s ON s.id = c.supplier_id"
        " JOIN person p ON p.id = c.person_id WHERE c.id = $1 FOR UPDATE OF c",
        case_id,
    )
    if row is None:
        raise NotFound("Não encontramos este processo.")
    case = Locked(*row)
    if states and case.status not in states:
        raise moved_on(case, workflow_of(case.procedure))
    return case


async def write(tx: Tx, case: Locked, **values: Any) -> None:
    """Write columns of a locked case; names come from this slice's commands only."""
    names = ", ".join(f"{name} = ${place}" for place, name in enumerate(values, start=3))
    await tx.execute(
        f"UPDATE case_file SET {names}, version = version + 1, changed_at = $2 WHERE id = $1",
        case.id,
        tx.now,
        *values.values(),
    )


def dated(deadline: Deadline) -> dict[str, Any]:
    """The columns that hold a deadline."""
    return {"deadline": msgspec.json.encode(deadline).decode(), "due_at": deadline.due_at}


async def log_event(tx: Tx, *, actor: Actor, event: Event) -> str:
    """Record an act that changes nothing in the case itself; returns its hash."""
    await lock(tx, event.case_id)
    return await record(tx, actor=actor, event=event)


def moved_on(case: Locked, workflow: Workflow) -> Conflict:
    """What somebody learns whose act came after another's."""
    return Conflict(
        "Este processo já mudou de etapa. Agora ele está em: "
        f"{workflow.state(case.status).title}. Atualize a página para ver o que aconteceu.",
        code=f"case-is-at-{case.status}",
    )


def _outcome(act: Transition, outcome: str) -> str:
    """The act's result: its only one, or the chosen one."""
    if len(act.outcomes) == 1:
        return act.outcomes[0]
    if outcome not in act.outcomes and (outcome or act.outcomes):
        raise Invalid({"resultado": "Escolha um dos resultados."})
    return outcome


def _target(act: Transition, case: Locked) -> str:
    if act.target == STAY:
        return case.status
    if act.target != BACK:
        return act.target
    if not case.status_before:
        raise Conflict("Não sabemos em que etapa este processo estava.", code="no-state-before")
    return case.status_before


async def _ask_guards(tx: Tx, step: _Step, side: Side) -> None:
    """Let the city's plugins refuse the act, with a reason that the person reads."""
    for guard in tx.extensions.get("guards", ()):
        refusal = await guard(
            tx,
            CaseTransition(
                case_id=step.case.id,
                number=step.case.number,
                transition=step.act.key,
                before=step.case.status,
                after=step.target,
                side=side,
                outcome=step.outcome,
            ),
        )
        if refusal is not None:
            raise Conflict(refusal.reason, code="refused-by-plugin")


def _changes(tx: Tx, step: _Step) -> dict[str, Any]:
    """The columns that an act changes. An act that stays leaves the running deadline alone."""
    act, case = step.act, step.case
    changes: dict[str, Any] = {"status": step.target}
    if act.target != STAY:
        changes |= {"status_before": case.status, "outcome_before": case.outcome}
        changes |= {"deadline": "", "due_at": step.until}
        changes["closed_at"] = tx.now if step.workflow.state(step.target).ends else None
    if step.deadline is not None:
        changes |= dated(step.deadline)
    if act.target == BACK:
        changes["outcome"] = case.outcome_before
    elif step.outcome:
        changes["outcome"] = step.outcome
    if act.key == "register":
        changes["registered_at"] = tx.now
    return changes


def _sentence(tx: Tx, step: _Step) -> str:
    # A system's act tells the end that has passed; the others the end that they start.
    end = step.deadline.due_at if step.deadline else step.until or step.case.due_at
    words = {
        "{empresa}": step.case.supplier_name,
        "{consumidor}": step.case.person_name,
        "{prazo}": date_and_hour(end, ZoneInfo(tx.tenant.timezone)) if end else "",
        "{resultado}": step.workflow.outcomes.get(step.outcome or step.case.outcome, "").lower(),
    }
    # One pass: a name that holds another placeholder stays a name.
    return _PLACEHOLDER.sub(lambda found: words[found[0]], step.act.sentence)


async def _complaint_number(tx: Tx) -> str:
    year = tx.now.astimezone(ZoneInfo(tx.tenant.timezone)).year
    last = await tx.fetchval(
        "INSERT INTO complaint_counter AS c (year, last) VALUES ($1, 1)"
        " ON CONFLICT (year) DO UPDATE SET last = c.last + 1 RETURNING last",
        year,
    )
    return f"{last}/{year}"
