"""What happens after each date of an agreement: somebody says whether it was kept.

The consumer's yes settles a date. Their no gives the company `agreement_check` days to prove the
contrary; with a proof the staff decide, without one the agreement is broken. Silence settles
nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Literal
from uuid import UUID, uuid5

from msgspec import Struct

from procon.agreements.commands import today_of
from procon.agreements.queries import AgreementRow, InstalmentRow, agreements_of_case
from procon.agreements.schedule import shown
from procon.auth.actor import SYSTEM, Actor
from procon.cases.moves import LAST_SECOND, Locked, lock, move, record_act
from procon.cases.standard import STANDARD
from procon.deadlines.queries import deadline_for
from procon.ext.workflow import Side
from procon.kernel.chain import canonical
from procon.kernel.errors import Conflict, NotFound
from procon.kernel.ids import new_id
from procon.tenancy.scope import Tx

CHECK_RULE = "agreement_check"
_SETTLED = "Esta data já foi resolvida. Veja abaixo o que ficou registrado."


class Filed(Struct, frozen=True):
    """A proof of the company's. `new` is False when the same form had been sent before."""

    report_id: UUID
    new: bool


class _Place(Struct, frozen=True):
    """A date of an agreement that this transaction may change."""

    case: Locked
    agreement: AgreementRow
    date: InstalmentRow


async def say_kept(tx: Tx, *, actor: Actor, case_id: UUID, instalment_id: UUID) -> None:
    """The consumer says that this date was kept, even before it came. Twice: no effect.

    Raises:
        NotFound: not this case's; Conflict: it was settled otherwise.
    """
    place = await _place(tx, case_id, instalment_id)
    if place.date.status == "paid":
        return
    _unsettled(place)
    await _report(tx, actor=actor, side="consumer", place=place, kept=True, text="")
    await _set_status(tx, instalment_id, "paid")
    await record_act(
        tx,
        actor=actor,
        case_id=case_id,
        topic="instalment_confirmed",
        sentence=f"O consumidor confirmou que a empresa cumpriu {_named(place)}.",
        act="Confirmação de cumprimento",
        detail=shown(place.date.plain),
        tells=("supplier",),
    )
    await _finish(tx, actor=actor, side="consumer", case_id=case_id, agreement_id=_of(place))


async def say_not_kept(
    tx: Tx, *, actor: Actor, case_id: UUID, instalment_id: UUID, text: str
) -> None:
    """The consumer says that this date passed without being kept. Twice: no effect.

    Raises:
        NotFound: not this case's; Conflict: settled otherwise, or the date has not passed.
    """
    place = await _place(tx, case_id, instalment_id)
    if place.date.status == "late":
        return
    _unsettled(place)
    if place.date.due_on >= today_of(tx):
        raise Conflict(
            f"A empresa tem até {place.date.due_on:%d/%m/%Y} para cumprir. Se ela não cumprir,"
            " avise aqui a partir do dia seguinte.",
            code="instalment-not-due",
        )
    await _report(tx, actor=actor, side="consumer", place=place, kept=False, text=text)
    check = await deadline_for(tx, key=CHECK_RULE, start_at=tx.now)
    # Who has a proof on file already does not have to send it again.
    until = None if place.date.proven else check.due_at
    await tx.execute(
        "UPDATE agreement_instalment SET status = 'late', check_due_at = $2 WHERE id = $1",
        instalment_id,
        until,
    )
    next_text = (
        "A empresa tinha enviado um comprovante: o Procon vai conferir e decidir."
        if until is None
        else f"A empresa tem até {check.due_day:%d/%m/%Y} para comprovar que cumpriu."
    )
    await record_act(
        tx,
        actor=actor,
        case_id=case_id,
        topic="instalment_denied",
        sentence=f"O consumidor avisou que a empresa não cumpriu {_named(place)}. {next_text}",
        act="Notícia de descumprimento",
        detail="\n".join(filter(None, (shown(place.date.plain), text, check.explanation))),
        tells=("supplier",),
    )


async def file_proof(
    tx: Tx,
    *,
    actor: Actor,
    case_id: UUID,
    instalment_id: UUID,
    text: str,
    idempotency_key: str,
    file_hashes: Sequence[str] = (),
) -> Filed:
    """The company proves that it kept a date. The same key again gives the same report.

    Raises:
        NotFound: not this case's; Conflict: it was settled.
    """
    place = await _place(tx, case_id, instalment_id)
    key = f"{case_id}/{idempotency_key}"
    known: UUID | None = await tx.fetchval(
        "SELECT id FROM instalment_report WHERE idempotency_key = $1", key
    )
    if known is not None:
        return Filed(known, new=False)
    _unsettled(place)
    report_id = await _report(
        tx,
        actor=actor,
        side="supplier",
        place=place,
        kept=True,
        text=text,
        key=key,
        file_hashes=file_hashes,
    )
    await tx.execute(
        "UPDATE agreement_instalment SET check_due_at = NULL WHERE id = $1", instalment_id
    )
    denied = place.date.status == "late"
    await record_act(
        tx,
        actor=actor,
        case_id=case_id,
        topic="proof_filed",
        sentence=f"A empresa enviou o comprovante de que cumpriu {_named(place)}."
        + (" Como o consumidor disse que não, o Procon vai decidir." if denied else ""),
        act="Comprovante de cumprimento",
        detail="\n".join(filter(None, (text, *file_hashes))),
        tells=("consumer",),
    )
    return Filed(report_id, new=True)


async def decide(
    tx: Tx, *, actor: Actor, case_id: UUID, instalment_id: UUID, kept: bool, text: str
) -> None:
    """The staff settle a date that the parties see differently, or of which nobody speaks.

    Raises:
        NotFound: not this case's; Conflict: settled, or its day has not passed.
    """
    place = await _place(tx, case_id, instalment_id)
    _unsettled(place)
    if not kept and place.date.due_on >= today_of(tx):
        raise Conflict("Esta data ainda não passou.", code="instalment-not-due")
    await _report(tx, actor=actor, side="staff", place=place, kept=kept, text=text)
    if not kept:
        await _break(tx, actor=actor, side="staff", place=place, text=text)
        return
    await _set_status(tx, instalment_id, "paid")
    await record_act(
        tx,
        actor=actor,
        case_id=case_id,
        topic="instalment_decided",
        sentence=f"O Procon conferiu e considerou que a empresa cumpriu {_named(place)}.",
        act="Conferência de cumprimento",
        detail=text,
        tells=("consumer", "supplier"),
    )
    await _finish(tx, actor=actor, side="staff", case_id=case_id, agreement_id=_of(place))


async def break_unproven(tx: Tx, *, case_id: UUID, instalment_id: UUID) -> bool:
    """The company was given time to prove what the consumer denies, and did not.

    Returns:
        Whether it was still so.
    """
    place = await _place(tx, case_id, instalment_id)
    end = place.date.check_due_at
    if place.agreement.status != "running" or end is None or tx.now <= end + LAST_SECOND:
        return False
    text = (
        f"O consumidor avisou que a empresa não cumpriu {_named(place)}, e a empresa não enviou"
        " comprovante no prazo."
    )
    await _break(tx, actor=SYSTEM, side="system", place=place, text=text)
    return True


async def _break(tx: Tx, *, actor: Actor, side: Side, place: _Place, text: str) -> None:
    """The agreement is broken; the case is the staff's again."""
    await _set_status(tx, place.date.id, "broken")
    await _end(tx, place.agreement.id, "broken", text)
    if place.case.status in STANDARD.transition("break_agreement").sources:
        await move(
            tx,
            actor=actor,
            side=side,
            case_id=place.case.id,
            transition="break_agreement",
            text=text,
        )
        return
    await record_act(
        tx,
        actor=actor,
        case_id=place.case.id,
        topic="agreement_broken",
        sentence=f"A empresa não cumpriu {_named(place)}. O acordo foi descumprido.",
        act="Descumprimento do acordo",
        detail=text,
        tells=("consumer", "supplier"),
    )


async def _finish(tx: Tx, *, actor: Actor, side: Side, case_id: UUID, agreement_id: UUID) -> None:
    """Nothing is left of this agreement, and perhaps of all the case's: then it was kept."""
    left = await tx.fetchval(
        "SELECT count(*) FROM agreement_instalment WHERE agreement_id = $1 AND status <> 'paid'",
        agreement_id,
    )
    if left:
        return
    text = "Todas as datas do acordo foram cumpridas."
    await _end(tx, agreement_id, "fulfilled", text)
    others = await tx.fetchval(
        "SELECT count(*) FROM agreement WHERE case_id = $1 AND status = 'running'", case_id
    )
    case = await lock(tx, case_id)
    if not others and case.status in STANDARD.transition("fulfil").sources:
        await move(tx, actor=actor, side=side, case_id=case_id, transition="fulfil", text=text)
        return
    await record_act(
        tx,
        actor=actor,
        case_id=case_id,
        topic="agreement_fulfilled",
        sentence="Um acordo deste processo foi cumprido por inteiro.",
        act="Cumprimento do acordo",
        tells=("consumer", "supplier"),
    )


async def _place(tx: Tx, case_id: UUID, instalment_id: UUID) -> _Place:
    """Hold the case and find the date in it."""
    case = await lock(tx, case_id)
    for agreement in await agreements_of_case(tx, case_id):
        for date in agreement.instalments:
            if date.id == instalment_id:
                return _Place(case, agreement, date)
    raise NotFound("Não encontramos esta data entre as do acordo deste processo.")


def _unsettled(place: _Place) -> None:
    if place.agreement.status != "running":
        raise Conflict(
            "Este acordo já terminou. Veja abaixo o que ficou registrado.", code="agreement-ended"
        )
    if place.date.status not in {"open", "late"}:
        raise Conflict(_SETTLED, code="instalment-settled")


async def _report(
    tx: Tx,
    *,
    actor: Actor,
    side: Literal["consumer", "supplier", "staff"],
    place: _Place,
    kept: bool,
    text: str,
    key: str = "",
    file_hashes: Sequence[str] = (),
) -> UUID:
    report_id = new_id()
    plain = {
        "instalment": place.date.id,
        "side": side,
        "kept": kept,
        "text": text,
        "files": list(file_hashes),
    }
    await tx.execute(
        "INSERT INTO instalment_report (id, instalment_id, idempotency_key, side, kept, text,"
        " author, sha256, reported_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        report_id,
        place.date.id,
        key or str(uuid5(report_id, side)),
        side,
        kept,
        text,
        actor.name,
        hashlib.sha256(canonical(plain)).hexdigest(),
        tx.now,
    )
    return report_id


async def _set_status(tx: Tx, instalment_id: UUID, status: str) -> None:
    await tx.execute(
        "UPDATE agreement_instalment SET status = $2, check_due_at = NULL WHERE id = $1",
        instalment_id,
        status,
    )


async def _end(tx: Tx, agreement_id: UUID, status: str, text: str) -> None:
    await tx.execute(
        "UPDATE agreement SET status = $2, ended_at = $3, ended_text = $4"
        " WHERE id = $1 AND status = 'running'",
        agreement_id,
        status,
        tx.now,
        text,
    )


def _named(place: _Place) -> str:
    """The date in a sentence."""
    one, many = place.date, len(place.agreement.instalments)
    which = f"a parcela {one.n} de {many}" if many > 1 else "o acordo"
    return f"{which}, de {one.due_on:%d/%m/%Y}"


def _of(place: _Place) -> UUID:
    return place.agreement.id
