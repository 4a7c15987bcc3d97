"""What the court, or the silence of the court, changes in a handover."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid5

from msgspec import Struct

from procon.auth.actor import SYSTEM, Actor
from procon.courts.commands import ASK_EVERY, Sending, locked, log_act, must_be, write
from procon.courts.petition import TITLES
from procon.courts.queries import HandoverRow, handover_by_id
from procon.ext.cnj import canonical_court_number
from procon.ext.ports import CourtAnswer, HandoverKind
from procon.ext.workflow import Side
from procon.kernel.errors import Conflict, Invalid
from procon.letters.commands import Store, issue_pdf
from procon.tenancy.scope import Tx


class Package(Struct, frozen=True):
    """Where a package was put, and its SHA-256, hexadecimal."""

    key: str
    sha256: str


async def acknowledge(
    tx: Tx,
    *,
    actor: Actor,
    case_id: UUID,
    kind: HandoverKind,
    court_number: str,
    protocol: str,
    receipt: bytes,
    store: Store,
) -> None:
    """A person brings the court's acknowledgement: of a package, or of what was in doubt.

    Raises:
        Conflict: the court has it already, or nothing was sent.
        Invalid: another case of this city has this number.
    """
    row = await locked(tx, case_id, kind)
    if not (row.package_key and row.status == "sent") and row.status != "error":
        raise Conflict("Este envio não espera comprovante.", code="court-no-receipt-awaited")
    answer = CourtAnswer("delivered", court_number=court_number, protocol=protocol, receipt=receipt)
    taken = await tx.fetchval(
        "SELECT TRUE FROM court_handover WHERE court_number = $1 AND $1 <> '' AND case_id <> $2"
        " LIMIT 1",
        court_number,
        case_id,
    )
    if taken:
        raise Invalid({"numero": "Este número da Justiça já está em outro processo."})
    await _deliver(tx, actor, row, answer, store)


async def enter_result(
    tx: Tx, *, actor: Actor, case_id: UUID, kind: HandoverKind, confirmed: bool, text: str
) -> None:
    """What the court decided on an agreement, as a person read it there.

    Raises:
        Conflict: it is not before the court, or is a petition.
    """
    row = await locked(tx, case_id, kind)
    must_be(row, "delivered")
    if kind != "agreement":
        raise Conflict("Só o pedido de homologação tem resultado aqui.", code="court-no-result")
    await _end(tx, actor, row, confirmed=confirmed, message=text)


async def begin_try(tx: Tx, sending: Sending) -> HandoverRow | None:
    """Note that a try begins, before anything leaves. The row as it was, None if there is
    nothing to send any more."""
    row = await handover_by_id(tx, sending.handover_id, lock=True)
    if row is None or row.status != "sent" or row.round != sending.round or row.package_key:
        return None
    await write(
        tx,
        row,
        attempts=row.attempts + 1,
        in_doubt=True,
        first_sent_at=row.first_sent_at or tx.now,
    )
    return row


async def end_try(
    tx: Tx, sending: Sending, *, in_doubt: bool, reason: str, last: bool, begun: bool = True
) -> None:
    """No answer came; after the last try a person takes over.

    Args:
        begun: the try was noted by `begin_try`, and so counted.
    """
    row = await handover_by_id(tx, sending.handover_id, lock=True)
    if row is None or row.status != "sent" or row.round != sending.round:
        return
    status = "error" if last else "sent"
    attempts = row.attempts if begun else row.attempts + 1
    await write(tx, row, status=status, in_doubt=in_doubt, message=reason, attempts=attempts)
    if last:
        said = f"{TITLES[row.kind]}: o envio à Justiça não foi confirmado. {reason}"
        await log_act(tx, SYSTEM, row.case_id, row.kind, "court_error", said=said, internal=True)


async def take_answer(
    tx: Tx, handover_id: UUID, answer: CourtAnswer, *, store: Store, package: Package | None = None
) -> None:
    """Apply what the court said. What is settled already stays as it is.

    Args:
        package: where the package that the answer holds was put.
    """
    row = await handover_by_id(tx, handover_id, lock=True)
    if row is None:
        return
    if row.status in {"sent", "error"}:
        if answer.state in {"delivered", "homologated", "rejected"}:
            await _deliver(tx, SYSTEM, row, answer, store)
            row = await handover_by_id(tx, handover_id, lock=True) or row
        elif answer.state == "packed" and package is not None:
            await _pack(tx, row, answer, package)
        elif answer.state == "refused":
            await _refuse(tx, row, answer)
    if row.status == "delivered":
        if answer.state in {"homologated", "rejected"} and row.kind == "agreement":
            confirmed = answer.state == "homologated"
            await _end(tx, SYSTEM, row, confirmed=confirmed, message=answer.message)
        else:
            await write(tx, row, ask_at=_next_ask(tx, row))


async def _deliver(
    tx: Tx, actor: Actor, row: HandoverRow, answer: CourtAnswer, store: Store
) -> None:
    number = canonical_court_number(answer.court_number) if answer.court_number else ""
    letter = None
    if answer.receipt.startswith(b"%PDF-"):
        letter = await issue_pdf(
            tx,
            actor=actor,
            case_id=row.case_id,
            code="REP",
            title=f"Protocolo judicial {number or answer.protocol}".strip(),
            body=answer.receipt,
            store=store,
            letter_id=uuid5(row.id, "receipt"),
        )
    changed: dict[str, Any] = {
        "status": "delivered",
        "in_doubt": False,
        "court_number": number,
        "protocol": answer.protocol,
        "message": answer.message,
        "receipt_letter": letter,
        "delivered_at": tx.now,
        "ask_at": _next_ask(tx, row),
    }
    await write(tx, row, **changed)
    where = f", protocolo {answer.protocol}" if answer.protocol else ""
    where = f", com o número {number}" if number else where
    said = f"{TITLES[row.kind]}: recebido pela Justiça{where}."
    both: tuple[Side, ...] = ("consumer", "supplier")
    await log_act(tx, actor, row.case_id, row.kind, "court_delivered", said=said, tells=both)


async def _pack(tx: Tx, row: HandoverRow, answer: CourtAnswer, package: Package) -> None:
    await write(
        tx,
        row,
        in_doubt=False,
        package_key=package.key,
        package_sha256=package.sha256,
        package_signed=answer.signed,
        message=answer.message,
    )
    said = f"{TITLES[row.kind]}: o pacote para a Justiça está pronto para ser levado."
    detail = f"SHA-256 {package.sha256}"
    await log_act(
        tx, SYSTEM, row.case_id, row.kind, "court_packed", said=said, detail=detail, internal=True
    )


async def _refuse(tx: Tx, row: HandoverRow, answer: CourtAnswer) -> None:
    await write(tx, row, status="refused", in_doubt=False, message=answer.message, ended_at=tx.now)
    said = f"{TITLES[row.kind]}: a Justiça não recebeu. O Procon vai corrigir e enviar de novo."
    await log_act(
        tx,
        SYSTEM,
        row.case_id,
        row.kind,
        "court_refused",
        said=said,
        detail=answer.message,
        tells=("consumer",),
    )


async def _end(tx: Tx, actor: Actor, row: HandoverRow, *, confirmed: bool, message: str) -> None:
    await write(
        tx,
        row,
        status="homologated" if confirmed else "refused",
        message=message,
        ended_at=tx.now,
        ask_at=None,
    )
    said = f"A Justiça homologou o acordo, no processo {row.court_number or row.protocol}."
    if not confirmed:
        said = "A Justiça não homologou o acordo. Ele continua valendo entre as partes."
    topic = "court_homologated" if confirmed else "court_not_homologated"
    both: tuple[Side, ...] = ("consumer", "supplier")
    await log_act(tx, actor, row.case_id, row.kind, topic, said=said, detail=message, tells=both)


def _next_ask(tx: Tx, row: HandoverRow) -> Any:
    """An agreement is asked for until the court has decided; of a petition nothing is due."""
    return tx.now + ASK_EVERY if row.kind == "agreement" else None
