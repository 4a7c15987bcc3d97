"""Asking for more time, and deciding."""

from __future__ import annotations

from uuid import UUID

import msgspec

from procon.answers.more_time.queries import Request, most_days, request_by_id, request_for
from procon.auth.actor import Actor
from procon.cases.moves import LAST_SECOND, extend_deadline, lock, record_act
from procon.cases.queries import CaseDetail
from procon.deadlines.book import count_in, rule_behind
from procon.deadlines.compute import Deadline
from procon.deadlines.queries import book_for
from procon.kernel.errors import Conflict, Invalid
from procon.kernel.ids import new_id
from procon.portal.render import plural
from procon.tenancy.scope import Tx

_OVER = "O prazo já terminou: não dá mais para pedir mais tempo."


async def ask_more_time(tx: Tx, *, actor: Actor, case: CaseDetail, days: int, reason: str) -> None:
    """Ask once for `days` more in the unit of the deadline that runs.

    Raises:
        Conflict: nothing runs that can be longer, it is over, or it was asked before.
        Invalid: more days than the rule leaves room for.
    """
    # Two clicks at once: the second waits for the first and then finds its row.
    held = await lock(tx, case.id)
    deadline = case.deadline
    most = most_days(deadline, case.status)
    if deadline is None or most == 0 or held.status != case.status:
        raise Conflict("Este prazo não pode ser aumentado.", code="more-time-no-rule")
    if tx.now > deadline.due_at + LAST_SECOND:
        raise Conflict(_OVER, code="more-time-over")
    if await request_for(tx, case.id, deadline) is not None:
        raise Conflict("A empresa já pediu mais tempo para este prazo.", code="more-time-asked")
    if not 1 <= days <= most:
        raise Invalid({"dias": f"Peça de 1 a {most} dias."})
    await tx.execute(
        "INSERT INTO more_time (id, case_id, rule_key, start_at, due_at, reason, asked_by,"
        " asked_at, state, days) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'pending', $9)",
        new_id(),
        case.id,
        deadline.rule_key,
        deadline.start_at,
        deadline.due_at,
        reason,
        actor.name or case.supplier_name,
        tx.now,
        days,
    )
    await record_act(
        tx,
        actor=actor,
        case_id=case.id,
        topic="more_time_asked",
        sentence=f"A empresa pediu mais {plural(days, 'dia', 'dias')} de prazo.",
        act="Pedido de prorrogação de prazo",
        detail=reason,
    )


async def decide_more_time(
    tx: Tx, *, actor: Actor, case: CaseDetail, request_id: UUID, days: int, answer: str
) -> Deadline | None:
    """Grant `days` more, or refuse with 0; returns the new deadline, None when refused.

    Raises:
        NotFound; Conflict: decided already, or the deadline is not the one that was asked about.
        Invalid: more days than were asked for.
    """
    await lock(tx, case.id)
    asked = await request_by_id(tx, case.id, request_id)
    if asked.state != "pending":
        raise Conflict(f"Este pedido já foi decidido por {asked.decided_by}.", code="decided")
    if not 0 <= days <= asked.days:
        raise Invalid({"dias": f"Conceda de 1 a {asked.days} dias."})
    longer = await _longer(tx, case, asked, days) if days else None
    await tx.execute(
        "UPDATE more_time SET state = $2, answer = $3, decided_by = $4, decided_at = $5"
        " WHERE id = $1",
        request_id,
        "granted" if days else "refused",
        answer,
        actor.name,
        tx.now,
    )
    if longer is None:
        await record_act(
            tx,
            actor=actor,
            case_id=case.id,
            topic="more_time_refused",
            sentence="O Procon não aumentou o prazo da empresa.",
            act="Indeferimento de prorrogação de prazo",
            detail=answer,
            tells=("supplier",),
        )
        return None
    reason = f"Pedido da empresa: mais {plural(days, 'dia', 'dias')}."
    await extend_deadline(
        tx,
        actor=actor,
        case_id=case.id,
        deadline=longer,
        reason=f"{reason}\n{answer}" if answer else reason,
    )
    return longer


async def longer_deadline(tx: Tx, deadline: Deadline, days: int) -> Deadline:
    """The same count with `days` more, from the same notice, on the city's calendar of today."""
    year = deadline.start_at.year
    book = await book_for(tx, year - 1, year + 2)
    rule = rule_behind(book, deadline)
    more = msgspec.structs.replace(
        rule, amount=deadline.amount + days, version=f"{deadline.rule_version}+{days}"
    )
    return count_in(book, more, deadline.start_at)


async def _longer(tx: Tx, case: CaseDetail, asked: Request, days: int) -> Deadline:
    deadline = case.deadline
    if (
        deadline is None
        or most_days(deadline, case.status) == 0
        or (deadline.rule_key, deadline.start_at) != (asked.rule_key, asked.start_at)
    ):
        raise Conflict(
            "O prazo deste pedido não corre mais. Você ainda pode recusar, para a empresa saber.",
            code="more-time-late",
        )
    return await longer_deadline(tx, deadline, days)
