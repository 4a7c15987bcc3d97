"""What the worker does about hearings: invitations, reminders, minutes, hours that come free."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from procon.auth.mandates.queries import Recipient, recipients_of
from procon.auth.oidc.clients import resolve_secret
from procon.cases.queries import CaseDetail, detail_by_id
from procon.ext.events import CaseMoved
from procon.hearings.commands import (
    INVITE_TOPIC,
    Invite,
    Method,
    place_of,
    release_hearing,
)
from procon.hearings.ics import FILE_NAME, Invitation, calendar_text, media_type
from procon.hearings.live.commands import MINUTES_TOPIC
from procon.hearings.minutes.press import MinutesPress, print_minutes
from procon.hearings.minutes.sign import signer_of
from procon.hearings.queries import HearingLine, HearingRow, hearing_by_id
from procon.jobs.outbox import Handler, Work
from procon.letters.typeset.press import Press
from procon.notices.commands import write_message
from procon.portal.render import date_and_hour
from procon.settings import Settings
from procon.tenancy.manifest import Tenant
from procon.tenancy.scope import Database, Tx, tenant_scope

AddressOf = Callable[[str, str], str]
PARTIES = ("consumer", "supplier")
_SET = frozenset({"set_hearing", "reschedule_hearing", "cancel_hearing"})
# How long before each reminder goes out, the first one first.
_STAGES = (timedelta(days=7), timedelta(days=1), timedelta(hours=1))
_AT_ONCE = 100

_INVITED = """{hello}

A audiência de conciliação do processo {number} {is_set}:

    Quando: {when}
    Onde: {where}

É a única vez em que é preciso comparecer. A tolerância é de {tolerance} minutos.
Tenha à mão um documento com foto e o que tiver sobre o caso (contrato, nota, comprovantes).
Quem vem pela empresa precisa da carta de preposto ou da procuração.

Endereço, link e como remarcar: {page}

O convite em anexo põe a audiência na sua agenda.

{body}
"""
_CANCELLED = """{hello}

A audiência de conciliação do processo {number}, que seria em {when}, não vai mais acontecer.
Você não precisa comparecer. O andamento do processo está em {page}

{body}
"""
_REMINDER = """{hello}

Lembrete: a audiência do processo {number} é {soon}.

    Quando: {when}
    Onde: {where}

Endereço, link e o que levar: {page}

{body}
"""


class Office(Struct, frozen=True):
    """What hearings need from the installation. `address_of`: host and path → address."""

    address_of: AddressOf
    press: MinutesPress


class _Meeting(Struct, frozen=True):
    """A hearing as one side is told of it; `page` is that side's."""

    hearing: HearingRow
    case: CaseDetail
    side: str
    page: str


def office_of(settings: Settings, press: Press) -> Office:
    """What this installation gives: a home-made certificate only where nothing is for real."""
    rehearsal = settings.environment != "production"
    folder = settings.assets_dir.parent / "signing" if rehearsal else None
    signer = partial(signer_of, secret_of=resolve_secret, demo_folder=folder)
    return Office(settings.url, MinutesPress(press, signer))


def handlers(office: Office) -> dict[str, Handler]:
    """Topic → handler."""

    async def invite(work: Work) -> None:
        await _invite(work, office.address_of)

    async def follow(work: Work) -> None:
        await _follow(work)

    async def minutes(work: Work) -> None:
        await print_minutes(work, office.press)

    return {INVITE_TOPIC: invite, MINUTES_TOPIC: minutes, "case_moved/hearings": follow}


async def remind(db: Database, tenant: Tenant, address_of: AddressOf) -> None:
    """Write the reminders that are due: a week, a day and an hour before. Each goes out once."""
    async with tenant_scope(db, tenant) as tx:
        for hearing_id in await _due(tx):
            await _remind(tx, hearing_id, address_of)


async def _invite(work: Work, address_of: AddressOf) -> None:
    asked = msgspec.json.decode(work.payload, type=Invite)
    async with tenant_scope(work.db, work.tenant) as tx:
        hearing = await hearing_by_id(tx, asked.hearing_id)
        # A newer invitation is on its way: this one would only confuse.
        if hearing is None or hearing.sequence != asked.sequence:
            return
        case = await detail_by_id(tx, hearing.case_id)
        if case is None:
            return
        for side in PARTIES:
            meeting = _meeting(tx, hearing, case, side, address_of)
            await _invite_side(tx, work.effect_key, asked.method, meeting)


async def _invite_side(tx: Tx, effect: str, method: Method, meeting: _Meeting) -> None:
    hearing, case = meeting.hearing, meeting.case
    text = _INVITED if method == "REQUEST" else _CANCELLED
    is_set = "foi remarcada" if hearing.sequence else "está marcada"
    cancelled = " cancelada" if method == "CANCEL" else ""
    for one in await _reachable(tx, meeting):
        invitation = Invitation(
            hearing=line_of(hearing, case),
            host=tx.tenant.host,
            body=tx.tenant.name,
            sender=tx.tenant.mail.sender,
            page=meeting.page,
            place=_where(hearing),
            attendee=one.email,
            attendee_name=one.name,
        )
        calendar = calendar_text(invitation, method=method, now=tx.now)
        await write_message(
            tx,
            effect_key=f"{effect}/{meeting.side}/{one.email}",
            case_id=case.id,
            recipient=one.email,
            subject=f"Audiência{cancelled} do processo {case.number}",
            body=_filled(tx, text, meeting, hello=_hello(one), is_set=is_set),
            attachment=(FILE_NAME, media_type(method), calendar),
        )


async def _follow(work: Work) -> None:
    """The case went on by another act: its hour is for somebody else now."""
    event = work.event()
    if not isinstance(event, CaseMoved) or event.transition in _SET:
        return
    if event.before != "hearing_set" or event.after == "hearing_set":
        return
    async with tenant_scope(work.db, work.tenant) as tx:
        await release_hearing(tx, case_id=event.case_id, reason=event.sentence)


async def _due(tx: Tx) -> list[UUID]:
    rows = await tx.fetch(
        "SELECT h.id FROM hearing h JOIN hearing_slot s ON s.id = h.slot_id WHERE h.status = 'set'"
        " AND s.starts_at > $1 AND ((h.reminded < 3 AND s.starts_at <= $2)"
        " OR (h.reminded < 2 AND s.starts_at <= $3) OR (h.reminded < 1 AND s.starts_at <= $4))"
        " ORDER BY s.starts_at LIMIT $5 FOR UPDATE OF h SKIP LOCKED",
        tx.now,
        *(tx.now + before for before in reversed(_STAGES)),
        _AT_ONCE,
    )
    return [row[0] for row in rows]


async def _remind(tx: Tx, hearing_id: UUID, address_of: AddressOf) -> None:
    hearing = await hearing_by_id(tx, hearing_id)
    case = await detail_by_id(tx, hearing.case_id) if hearing else None
    if hearing is None or case is None:
        return
    left = hearing.starts_at - tx.now
    stage = sum(left <= before for before in _STAGES)
    await tx.execute("UPDATE hearing SET reminded = $2 WHERE id = $1", hearing_id, stage)
    # Booked when this reminder's time had passed already: the invitation was reminder enough.
    if hearing.booked_at > hearing.starts_at - _STAGES[stage - 1]:
        return
    soon = _soon(hearing.starts_at, tx)
    for side in PARTIES:
        meeting = _meeting(tx, hearing, case, side, address_of)
        for one in await _reachable(tx, meeting):
            await write_message(
                tx,
                effect_key=f"hearing/{hearing.id}/{hearing.sequence}/d{stage}/{side}/{one.email}",
                case_id=case.id,
                recipient=one.email,
                subject=f"Lembrete: audiência {soon}, processo {case.number}",
                body=_filled(tx, _REMINDER, meeting, hello=_hello(one), soon=soon),
            )


def line_of(hearing: HearingRow, case: CaseDetail) -> HearingLine:
    """The hearing as calendars know it."""
    return HearingLine(
        id=hearing.id,
        case_number=case.number,
        person_name=case.person_name,
        supplier_name=case.supplier_name,
        starts_at=hearing.starts_at,
        minutes=hearing.minutes,
        status=hearing.status,
        result=hearing.result,
        sequence=hearing.sequence,
        conciliator_id=hearing.conciliator_id,
        conciliator_name=hearing.conciliator_name,
        room_name=hearing.room_name,
        room_kind=hearing.room_kind,
        room_address=hearing.room_address,
        service_point=hearing.service_point,
    )


def _meeting(
    tx: Tx, hearing: HearingRow, case: CaseDetail, side: str, address_of: AddressOf
) -> _Meeting:
    root = "/fornecedor" if side == "supplier" else ""
    page = address_of(tx.tenant.host, f"{root}/processos/{case.number}/audiencia")
    return _Meeting(hearing, case, side, page)


async def _reachable(tx: Tx, meeting: _Meeting) -> list[Recipient]:
    """Whom an e-mail reaches on this side."""
    found = await recipients_of(tx, case=meeting.case, side=meeting.side)
    return [one for one in found if one.email]


def _filled(tx: Tx, text: str, meeting: _Meeting, **more: str) -> str:
    hearing = meeting.hearing
    return text.format(
        number=meeting.case.number,
        when=_when(hearing.starts_at, tx.tenant),
        where=_where(hearing),
        tolerance=hearing.tolerance,
        page=meeting.page,
        body=tx.tenant.name,
        **more,
    )


def _hello(one: Recipient) -> str:
    return f"Olá, {one.name}," if one.name else "Olá,"


def _where(hearing: HearingRow) -> str:
    place = place_of(hearing.room_name, hearing.room_kind, hearing.room_address)
    return f"{place}, {hearing.service_point}" if hearing.service_point else place


def _soon(at: datetime, tx: Tx) -> str:
    zone = ZoneInfo(tx.tenant.timezone)
    days = (at.astimezone(zone).date() - tx.now.astimezone(zone).date()).days
    return {0: "hoje", 1: "amanhã"}.get(days, f"daqui a {days} dias")


def _when(at: datetime, tenant: Tenant) -> str:
    return date_and_hour(at, ZoneInfo(tenant.timezone))
