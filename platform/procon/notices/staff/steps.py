"""What the acts on paper and in person have in common: the notice, its successor, log, certidão."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from procon.auth.actor import Actor
from procon.cases.moves import record_act
from procon.kernel.errors import Conflict, NotFound
from procon.letters.commands import issue_letter_for
from procon.notices.queries import Notice, notice_of_case
from procon.notices.records import add_notice, drop_tasks, hold_case
from procon.portal.render import long_date
from procon.tenancy.scope import Tx

NORM = "Decreto nº 2.181/1997, art. 42"


async def find(tx: Tx, case_id: UUID, notice_id: UUID) -> Notice:
    await hold_case(tx, case_id)
    notice = await notice_of_case(tx, case_id, notice_id)
    if notice is None:
        raise NotFound("Não encontramos este aviso no processo.")
    return notice


async def open_notice(tx: Tx, case_id: UUID, notice_id: UUID) -> Notice:
    """A notice whose side does not know the act yet."""
    notice = await find(tx, case_id, notice_id)
    if notice.status == "wrong_party":
        raise Conflict("Este aviso era de outra empresa.", code="wrong-party")
    known = await tx.fetchval(
        "SELECT min(effective_at) FROM notice WHERE case_id = $1 AND source = $2 AND side = $3",
        case_id,
        notice.source,
        notice.side,
    )
    if known is not None:
        when = on_day(tx, known)
        raise Conflict(f"Este aviso já vale desde {when}.", code="already-known")
    return notice


async def at_step(tx: Tx, case_id: UUID, notice_id: UUID, status: str) -> Notice:
    notice = await find(tx, case_id, notice_id)
    if notice.status != status or notice.channel != "ar":
        raise Conflict("Esta carta já está em outra etapa.", code=f"notice-is-{notice.status}")
    return notice


async def derived(
    tx: Tx, actor: Actor, notice: Notice, *, channel: str, kind: str, place: int, **values: Any
) -> UUID:
    """A further notice of the same act to the same side by another channel."""
    made = await add_notice(
        tx,
        actor=actor,
        kind=kind,
        effect_key=f"{notice.source}/{notice.side}/{channel}/{place}",
        case_id=notice.case_id,
        source=notice.source,
        side=notice.side,
        act=notice.act,
        formal=True,
        recipient_name=notice.recipient_name,
        channel=channel,
        subject=notice.subject,
        summary=notice.summary,
        content_sha256=notice.content_sha256,
        escalated_from=notice.id,
        **{"address": "", **values},
    )
    if made is None:
        raise Conflict("Este aviso acabou de ser registrado.", code="notice-exists")
    return made


async def make_known(
    tx: Tx, actor: Actor, notice: Notice, *, channel: str, at: datetime, **values: Any
) -> None:
    """The side knows from `at`: a notice that says so, and letters nobody printed are dropped."""
    zone = ZoneInfo(tx.tenant.timezone)
    if at.astimezone(zone).date() < notice.made_at.astimezone(zone).date():
        raise Conflict("A data não pode ser de antes do ato que o aviso conta.", code="before-act")
    given = {"status": "delivered", "delivered_at": at, "effective_at": at, **values}
    await derived(tx, actor, notice, channel=channel, kind=given["status"], place=0, **given)
    await drop_tasks(tx, actor, notice.case_id, notice.side, [notice.source])


async def write_log(
    tx: Tx, actor: Actor, notice: Notice, *, sentence: str, act: str, detail: str, norm: str = NORM
) -> None:
    await record_act(
        tx,
        actor=actor,
        case_id=notice.case_id,
        topic="notice_by_other_channel",
        sentence=sentence,
        act=act,
        norm=norm,
        detail=detail,
    )


async def certify(
    tx: Tx, actor: Actor, notice: Notice, *, means: str, result: str, sent: str = "", came: str = ""
) -> None:
    """The certidão. A consumer's address stays out of it: the company may read the document."""
    address = notice.address if notice.side == "supplier" else "o do cadastro"
    extra: Mapping[str, str] = {
        "destinatario.nome": notice.recipient_name,
        "aviso.meio": means,
        "aviso.endereco": address.replace("\n", ", ") or "não se aplica",
        "aviso.enviado_em": sent or "não se aplica",
        "aviso.recebido_em": came or "não foi recebida",
        "aviso.rastreio": notice.tracking or "não se aplica",
        "aviso.resultado": result,
        "ato.texto": notice.summary,
    }
    await issue_letter_for(tx, actor=actor, case_id=notice.case_id, code="CERT", extra=extra)


def morning(tx: Tx, day: date) -> datetime:
    """The beginning of a day of the city: what is known by its day alone."""
    return datetime.combine(day, time(), ZoneInfo(tx.tenant.timezone))


def on_day(tx: Tx, moment: datetime | None) -> str:
    if moment is None:
        return ""
    return long_date(moment.astimezone(ZoneInfo(tx.tenant.timezone)).date())
