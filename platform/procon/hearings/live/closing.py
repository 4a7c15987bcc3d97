"""How a hearing ends: with or without agreement, without one of the sides, or at another hour."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from uuid import UUID

import msgspec
from msgspec import Struct

from procon.agreements.commands import record_agreement
from procon.agreements.schedule import Instalment
from procon.auth.actor import Actor
from procon.cases.moves import move
from procon.hearings.commands import book_next, locked_hearing
from procon.hearings.live.commands import (
    MINUTES_TOPIC,
    SIDES,
    is_live,
    objections,
    sides_here,
    signatures,
)
from procon.hearings.queries import ClauseRow, HearingRow, Share, clauses_of, verdicts_of
from procon.jobs.outbox import put_out
from procon.kernel.errors import Conflict, Invalid
from procon.tenancy.scope import Tx

AGREED = frozenset({"agreement", "partial"})
_ABSENT: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "consumer_absent": frozenset({"consumer"}),
        "supplier_absent": frozenset({"supplier"}),
        "both_absent": frozenset({"consumer", "supplier"}),
    }
)
# Result → the act of the procedure. Without either side there is nobody to go on with: the
# consumer asked for the meeting, so their absence decides.
_ACTS: Mapping[str, str] = MappingProxyType(
    {
        "agreement": "hold_agreement",
        "partial": "hold_partial",
        "no_agreement": "hold_no_agreement",
        "consumer_absent": "hold_consumer_absent",
        "supplier_absent": "hold_supplier_absent",
        "both_absent": "hold_consumer_absent",
    }
)
RESULTS = (*_ACTS, "rescheduled")
_NAMES = {"consumer": "do consumidor", "supplier": "da empresa"}


class Closing(Struct, frozen=True, forbid_unknown_fields=True):
    """How the conciliator ends the hearing. `slot_id`: the new hour of a rescheduled one."""

    result: str
    remark: str = ""
    total: Decimal = Decimal(0)
    parts: tuple[Instalment, ...] = ()
    slot_id: UUID | None = None


async def close_hearing(tx: Tx, *, actor: Actor, hearing_id: UUID, closing: Closing) -> None:
    """End the hearing, move the case, and promise the signed minutes.

    Raises:
        Conflict: over already, too early, somebody is or is not here, an objection stands, or a
            side has not accepted the minutes yet.
        Invalid: instalments that do not add up, an hour that cannot be booked.
    """
    hearing = await locked_hearing(tx, hearing_id)
    if not is_live(hearing, tx):
        raise Conflict("A audiência ainda não começou.", code="hearing-not-open")
    clauses = await clauses_of(tx, hearing.id)
    here = await sides_here(tx, hearing.id)
    if closing.result in _ABSENT:
        _check_absence(tx, hearing, here, _ABSENT[closing.result])
    elif closing.result in AGREED:
        await _check_agreement(tx, hearing, here, clauses)
    elif closing.result == "no_agreement":
        _check_presence(here)
    await _write(tx, actor, hearing, closing)
    if closing.result == "rescheduled":
        await _go_on(tx, actor, hearing, closing)
    else:
        await move(
            tx,
            actor=actor,
            side="staff",
            case_id=hearing.case_id,
            transition=_ACTS[closing.result],
            text=_told(closing, clauses),
        )
    if closing.result in AGREED:
        await _record(tx, actor, hearing, closing, clauses)
    await put_out(
        tx,
        topic=MINUTES_TOPIC,
        payload=hearing.id,
        effect_key=f"hearing/{hearing.id}/minutes",
    )


def _check_absence(
    tx: Tx, hearing: HearingRow, here: frozenset[str], absent: frozenset[str]
) -> None:
    if found := here & absent:
        who = " e ".join(_NAMES[side] for side in sorted(found))
        raise Conflict(
            f"A lista de presença tem gente {who}. Corrija a lista ou escolha outro resultado.",
            code="side-is-here",
        )
    if tx.now < hearing.waits_until:
        raise Conflict(
            "A tolerância ainda não terminou. Espere antes de registrar a ausência.",
            code="tolerance-runs",
        )


def _check_presence(here: frozenset[str]) -> None:
    for side in SIDES:
        if side not in here:
            raise Conflict(
                f"Ninguém {_NAMES[side]} está na lista de presença. Marque quem veio, ou registre"
                " a ausência.",
                code="side-is-missing",
            )


async def _check_agreement(
    tx: Tx, hearing: HearingRow, here: frozenset[str], clauses: list[ClauseRow]
) -> None:
    _check_presence(here)
    verdicts = await verdicts_of(tx, hearing.id)
    if not clauses:
        raise Conflict("Escreva as cláusulas do acordo antes de encerrar.", code="minutes-empty")
    if found := objections(clauses, verdicts):
        who = " e ".join(sorted({_NAMES[one.side] for one in found}))
        raise Conflict(
            f"Há objeção {who} a uma cláusula. Mude a cláusula, retire-a, ou encerre sem acordo.",
            code="clause-objected",
        )
    signed = signatures(hearing.id, clauses, verdicts)
    missing = [_NAMES[side] for side in SIDES if side not in signed]
    if missing:
        raise Conflict(
            f"Falta o aceite do termo da parte {' e '.join(missing)}.", code="not-accepted"
        )


async def _write(tx: Tx, actor: Actor, hearing: HearingRow, closing: Closing) -> None:
    shares = [Share(part.due_on.isoformat(), str(part.amount), part.what) for part in closing.parts]
    await tx.execute(
        "UPDATE hearing SET status = $2, result = $3, remark = $4, instalments = $5, total = $6,"
        " closed_at = $7, closed_by = $8, revision = revision + 1 WHERE id = $1",
        hearing.id,
        "moved" if closing.result == "rescheduled" else "held",
        closing.result,
        closing.remark,
        msgspec.json.encode(shares).decode() if shares else "",
        closing.total if closing.result in AGREED else None,
        tx.now,
        actor.name,
    )


async def _go_on(tx: Tx, actor: Actor, hearing: HearingRow, closing: Closing) -> None:
    if closing.slot_id is None:
        raise Invalid({"horario": "Escolha o novo horário."})
    await book_next(
        tx, actor=actor, hearing=hearing, slot_id=closing.slot_id, reason=closing.remark
    )


async def _record(
    tx: Tx, actor: Actor, hearing: HearingRow, closing: Closing, clauses: list[ClauseRow]
) -> None:
    if not closing.parts:
        raise Invalid(
            {"parcelas": "Escreva pelo menos uma linha: até quando, quanto ou o que será feito."}
        )
    await record_agreement(
        tx,
        actor=actor,
        case_id=hearing.case_id,
        source="hearing",
        text="\n".join(one.text for one in clauses),
        instalments=closing.parts,
        total=closing.total,
    )


def _told(closing: Closing, clauses: list[ClauseRow]) -> str:
    """What the log keeps: the clauses of an agreement, and the conciliator's remark."""
    kept = [one.text for one in clauses] if closing.result in AGREED else []
    return "\n".join([*kept, closing.remark]).strip()
