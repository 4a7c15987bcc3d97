"""What the parties agreed on, kept so that the system can follow each date up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from procon.agreements.schedule import Instalment, check_schedule, in_words
from procon.auth.actor import Actor
from procon.cases.moves import lock, record_act
from procon.kernel.ids import new_id
from procon.kernel.money import format_brl
from procon.tenancy.scope import Tx

__all__ = ["CIVIL_CODE", "Instalment", "record_agreement", "today_of"]

CIVIL_CODE = "Código Civil, art. 840"


async def record_agreement(
    tx: Tx,
    *,
    actor: Actor,
    case_id: UUID,
    source: Literal["proposal", "hearing"],
    text: str,
    instalments: Sequence[Instalment],
    total: Decimal | None,
    proposal_id: UUID | None = None,
) -> UUID:
    """Keep what the parties agreed on, so that the system follows each date up.

    It does not move the case: who calls it does (`hold_agreement`, `settle`). A case may have
    more than one agreement running: a part first, the rest later.

    Args:
        total: what the instalments add up to, in reais; None or 0 when no money is in it.
        proposal_id: the proposal that was accepted, if one was.

    Raises:
        Invalid: field "parcelas", see `check_schedule`.
    """
    check_schedule(instalments, total=total, today=today_of(tx))
    await lock(tx, case_id)
    # Whatever else was on the table is off it.
    await tx.execute(
        "UPDATE proposal SET status = 'expired', answered_by = $2, answered_at = $3,"
        " answer_text = 'As partes fizeram outro acordo.' WHERE case_id = $1 AND status = 'open'",
        case_id,
        actor.name,
        tx.now,
    )
    agreement_id = new_id()
    await tx.execute(
        "INSERT INTO agreement (id, case_id, source, proposal_id, text, total, agreed_at, status)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, 'running')",
        agreement_id,
        case_id,
        source,
        proposal_id,
        text,
        total or None,
        tx.now,
    )
    await tx.executemany(
        "INSERT INTO agreement_instalment (id, agreement_id, n, due_on, amount, what, status)"
        " VALUES ($1, $2, $3, $4, $5, $6, 'open')",
        [
            (new_id(), agreement_id, n, one.due_on, one.amount, one.what)
            for n, one in enumerate(instalments, start=1)
        ],
    )
    value = f" de {format_brl(total)}" if total else ""
    await record_act(
        tx,
        actor=actor,
        case_id=case_id,
        topic="agreement_recorded",
        sentence=f"O acordo{value} foi registrado. A primeira data é"
        f" {instalments[0].due_on:%d/%m/%Y}.",
        act="Registro de acordo",
        norm=CIVIL_CODE,
        detail=in_words(instalments),
    )
    return agreement_id


def today_of(tx: Tx) -> date:
    """The city's day."""
    return tx.now.astimezone(ZoneInfo(tx.tenant.timezone)).date()
