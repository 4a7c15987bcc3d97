"""What the staff do when the e-mail is not enough: letter, person, edital, appearance.

Each act leaves a notice of its own, a line in the case's log and a certidão among the documents.
Norm: Decreto 2.181/1997 art. 42.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from procon.auth.actor import Actor
from procon.cases.moves import record_act
from procon.cases.queries import CaseDetail
from procon.kernel.errors import Conflict
from procon.letters.commands import issue_letter_for
from procon.notices.commands import resend
from procon.notices.records import TO_SIDE, add_events, drop_tasks
from procon.notices.staff.steps import (
    at_step,
    certify,
    derived,
    make_known,
    morning,
    on_day,
    open_notice,
    write_log,
)
from procon.parties.commands import register_person, set_supplier_email
from procon.portal.render import date_and_hour, long_date
from procon.tenancy.scope import Tx

NORM_APPEARED = "Decreto nº 2.181/1997, art. 42, § 3º"
# A letter's words are for suppliers; a consumer gets the general one.
LETTER_OF = {"supplier": "AR", "consumer": "OFI"}
_ON_ITS_WAY = ("printed", "posted")
_THE_SIDE = {"consumer": "o consumidor", "supplier": "a empresa"}


class Postal(Struct, frozen=True):
    """Where a letter goes. `lines` are the address without the name; `tracking` may come later."""

    name: str
    lines: str
    tracking: str = ""


class Card(Struct, frozen=True):
    """What the Correios brought back: the signed card, or the letter itself.

    `who` took it (delivered), `why` it came back (returned).
    """

    delivered: bool
    on: date
    who: str = ""
    why: str = ""


class Meeting(Struct, frozen=True):
    """The party was told face to face, or came by itself: who, where and how in `text`."""

    at: datetime
    who: str
    text: str


class Edital(Struct, frozen=True):
    """A public notice: its text, where and when it was published, from when it counts."""

    text: str
    where: str
    published_on: date
    counts_from: date


async def send_letter(tx: Tx, *, actor: Actor, case_id: UUID, notice_id: UUID, to: Postal) -> UUID:
    """Prepare the letter with acknowledgement of receipt (AR) of this notice's act.

    Returns:
        The letter's notice: the waiting task, or a new one.

    Raises:
        NotFound: no such notice in the case.
        Conflict: the side knows already, or a letter is on its way.
    """
    notice = await open_notice(tx, case_id, notice_id)
    others = await tx.fetch(
        "SELECT id, status FROM notice WHERE case_id = $1 AND source = $2 AND side = $3"
        " AND channel = 'ar' ORDER BY id",
        case_id,
        notice.source,
        notice.side,
    )
    if any(one["status"] in _ON_ITS_WAY for one in others):
        raise Conflict("Já há uma carta deste aviso a caminho.", code="letter-on-its-way")
    letter_id = await issue_letter_for(
        tx,
        actor=actor,
        case_id=case_id,
        code=LETTER_OF[notice.side],
        extra={
            "ato.texto": notice.summary,
            "destinatario.nome": to.name,
            # The company may read the letter too: a consumer's address is for the envelope only.
            "destinatario.endereco": to.lines if notice.side == "supplier" else "",
            "aviso.rastreio": to.tracking or "indicado no envelope",
        },
    )
    waiting = next((one["id"] for one in others if one["status"] == "to_send"), None)
    if waiting is None:
        waiting = await derived(
            tx, actor, notice, channel="ar", kind="to_send", status="to_send", place=len(others)
        )
    await tx.execute(
        "UPDATE notice SET status = 'printed', recipient_name = $2, address = $3, letter_id = $4,"
        " tracking = $5 WHERE id = $1",
        waiting,
        to.name,
        f"{to.name}\n{to.lines}",
        letter_id,
        to.tracking,
    )
    await add_events(tx, [waiting], kind="printed", actor=actor)
    await write_log(
        tx,
        actor,
        notice,
        sentence=f"O Procon preparou uma carta com aviso de recebimento {TO_SIDE[notice.side]}.",
        act="Expedição de carta com aviso de recebimento (AR)",
        detail=notice.subject,
    )
    return waiting


async def send_again(
    tx: Tx, *, actor: Actor, case: CaseDetail, notice_id: UUID, email: str
) -> None:
    """Send an e-mail that came back to another address, and keep the new one for the party.

    Raises:
        NotFound: no such notice in the case.
        Conflict: this notice is no e-mail that came back, or the side knows already.
    """
    notice = await open_notice(tx, case.id, notice_id)
    if notice.channel != "email" or notice.status != "bounced":
        raise Conflict("Só um e-mail devolvido pode ser mandado de novo.", code="not-bounced")
    await resend(tx, actor=actor, notice=notice, email=email)
    await drop_tasks(tx, actor, case.id, notice.side, [notice.source])
    if notice.side == "supplier" and notice.address == case.supplier_email:
        await set_supplier_email(tx, supplier_id=case.supplier_id, email=email)
    elif notice.side == "consumer" and notice.address == case.person_email:
        await register_person(tx, cpf=case.person_cpf, name=case.person_name, email=email)
    await record_act(
        tx,
        actor=actor,
        case_id=case.id,
        topic="notice_sent_again",
        sentence=f"O aviso {TO_SIDE[notice.side]} que tinha voltado foi mandado a outro endereço.",
        act="Novo envio de aviso eletrônico",
        detail=f"De {notice.address} para {email}.",
        # The other side has no business with the address.
        internal=True,
    )


async def letter_posted(
    tx: Tx, *, actor: Actor, case_id: UUID, notice_id: UUID, tracking: str, on: date
) -> None:
    """The letter was handed to the Correios."""
    notice = await at_step(tx, case_id, notice_id, "printed")
    await tx.execute(
        "UPDATE notice SET status = 'posted', tracking = $2, sent_at = $3 WHERE id = $1",
        notice.id,
        tracking,
        morning(tx, on),
    )
    await add_events(tx, [notice.id], kind="posted", actor=actor, detail=tracking)
    await write_log(
        tx,
        actor,
        notice,
        sentence=f"A carta {TO_SIDE[notice.side]} foi postada em {long_date(on)}.",
        act="Postagem de carta com aviso de recebimento (AR)",
        detail=f"Código de rastreio: {tracking}",
    )


async def card_came(tx: Tx, *, actor: Actor, case_id: UUID, notice_id: UUID, card: Card) -> None:
    """What became of a posted letter. Received: the act counts from that day."""
    notice = await at_step(tx, case_id, notice_id, "posted")
    day = morning(tx, card.on)
    if notice.sent_at is not None and day < notice.sent_at:
        raise Conflict("O retorno não pode ser de antes da postagem.", code="before-posting")
    if card.delivered:
        result = f"Recebida em {long_date(card.on)} por {card.who}"
        sentence = f"A carta {TO_SIDE[notice.side]} foi recebida em {long_date(card.on)}."
        columns = "status = 'delivered', delivered_at = $2, effective_at = $2"
    else:
        result = f"Devolvida em {long_date(card.on)}: {card.why}"
        sentence = f"A carta {TO_SIDE[notice.side]} voltou em {long_date(card.on)}: {card.why}."
        columns = "status = 'bounced', bounced_at = $2"
    await tx.execute(
        f"UPDATE notice SET {columns}, detail = $3 WHERE id = $1", notice.id, day, result
    )
    if card.delivered:
        await drop_tasks(tx, actor, case_id, notice.side, [notice.source])
    kind = "delivered" if card.delivered else "bounced"
    await add_events(tx, [notice.id], kind=kind, actor=actor, detail=result)
    act = "Juntada do aviso de recebimento (AR)" if card.delivered else "Devolução de carta (AR)"
    await write_log(tx, actor, notice, sentence=sentence, act=act, detail=result)
    await certify(
        tx,
        actor,
        notice,
        means="Carta com aviso de recebimento (AR)",
        sent=on_day(tx, notice.sent_at),
        came=long_date(card.on) if card.delivered else "",
        result=result,
    )


async def told_in_person(
    tx: Tx, *, actor: Actor, case_id: UUID, notice_id: UUID, meeting: Meeting
) -> None:
    """Somebody of the side took the notice from a member of the staff."""
    notice = await open_notice(tx, case_id, notice_id)
    when = date_and_hour(meeting.at, ZoneInfo(tx.tenant.timezone))
    result = f"{meeting.who} recebeu a notificação em mãos, em {when}. Local: {meeting.text}"
    await make_known(tx, actor, notice, channel="personal", at=meeting.at, detail=result)
    await write_log(
        tx,
        actor,
        notice,
        sentence=f"O Procon avisou {_THE_SIDE[notice.side]} pessoalmente, em {when}.",
        act="Notificação pessoal",
        detail=result,
    )
    await certify(tx, actor, notice, means="Pessoalmente", sent=when, came=when, result=result)


async def appeared(
    tx: Tx, *, actor: Actor, case_id: UUID, notice_id: UUID, meeting: Meeting
) -> None:
    """The side came by itself: that makes up for a notice (Decreto 2.181/1997 art. 42 § 3)."""
    notice = await open_notice(tx, case_id, notice_id)
    when = date_and_hour(meeting.at, ZoneInfo(tx.tenant.timezone))
    result = f"{meeting.who} compareceu por conta própria em {when}. {meeting.text}"
    await make_known(tx, actor, notice, channel="spontaneous", at=meeting.at, detail=result)
    side = _THE_SIDE[notice.side].capitalize()
    await write_log(
        tx,
        actor,
        notice,
        sentence=f"{side} compareceu por conta própria em {when}. Isso vale como aviso.",
        act="Comparecimento espontâneo",
        norm=NORM_APPEARED,
        detail=result,
    )
    await certify(tx, actor, notice, means="Comparecimento espontâneo", came=when, result=result)


async def publish_edital(
    tx: Tx, *, actor: Actor, case_id: UUID, notice_id: UUID, edital: Edital
) -> None:
    """A public notice to who was not found; it counts from the day that the edital names."""
    notice = await open_notice(tx, case_id, notice_id)
    letter_id = await issue_letter_for(
        tx, actor=actor, case_id=case_id, code="EDI", extra={"ato.texto": edital.text}
    )
    published, counts = long_date(edital.published_on), long_date(edital.counts_from)
    result = f"Publicado em {published}, em {edital.where}. Vale a partir de {counts}."
    await make_known(
        tx,
        actor,
        notice,
        channel="edital",
        at=morning(tx, edital.counts_from),
        detail=result,
        status="published",
        sent_at=morning(tx, edital.published_on),
        letter_id=letter_id,
    )
    await write_log(
        tx,
        actor,
        notice,
        sentence=f"O Procon avisou {_THE_SIDE[notice.side]} por edital, que vale a partir de"
        f" {counts}.",
        act="Notificação por edital",
        detail=result,
    )
    await certify(
        tx,
        actor,
        notice,
        means=f"Edital, em {edital.where}",
        sent=published,
        came=counts,
        result=result,
    )
