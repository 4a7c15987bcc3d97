"""Booking, moving and cancelling the meeting. The case is locked first, then the hour."""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from procon.auth.actor import Actor
from procon.cases.moves import lock, move
from procon.deadlines.calendar import Calendar
from procon.deadlines.compute import Deadline
from procon.deadlines.queries import calendar_for, deadline_for
from procon.ext.workflow import Side
from procon.hearings.queries import (
    HearingRow,
    SlotRow,
    free_slots,
    hearing_by_id,
    is_offered,
)
from procon.jobs.outbox import put_out
from procon.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from procon.kernel.ids import new_id
from procon.kernel.workdays import is_working_day
from procon.portal.render import date_and_hour
from procon.tenancy.scope import Tx

INVITE_TOPIC = "hearings/invite"
MOVES_OF_A_PARTY = 1
# Whole working days between a party's wish to move the hearing and the hearing.
WORKING_DAYS_BEFORE = 2
BOOKING = "hearing_booking"
AWAITED = "hearing_set"
KINDS = {"presencial": "presencial", "video": "por vídeo", "sala_assistida": "em sala assistida"}

Method = Literal["REQUEST", "CANCEL"]


class Invite(Struct, frozen=True, forbid_unknown_fields=True):
    """An invitation to be sent: the hearing, which number of invitation it is, and what it does."""

    hearing_id: UUID
    sequence: int
    method: Method


class Hour(Struct, frozen=True):
    """An hour whose row this transaction holds."""

    id: UUID
    starts_at: datetime
    capacity: int
    blocked: bool
    room: str
    kind: str
    address: str
    active: bool


async def offer_hours(tx: Tx, *, actor: Actor, case_id: UUID) -> None:
    """Let the consumer of this case choose the hour."""
    await lock(tx, case_id)
    await tx.execute(
        "INSERT INTO hearing_offer (case_id, offered_by, offered_at) VALUES ($1, $2, $3)"
        " ON CONFLICT (case_id) DO UPDATE SET offered_by = excluded.offered_by,"
        " offered_at = excluded.offered_at",
        case_id,
        actor.name,
        tx.now,
    )


async def may_choose(tx: Tx, *, side: str, case_id: UUID) -> bool:
    """Whether who stands on this side may book the hour by themselves.

    The city says when: `ports: {hearing_booking: open|offer|staff}`; "offer" unless set.
    """
    if side != "consumer":
        return False
    rule = tx.tenant.ports.get(BOOKING, "offer")
    return rule == "open" or (rule == "offer" and await is_offered(tx, case_id))


async def book_hearing(tx: Tx, *, actor: Actor, side: Side, case_id: UUID, slot_id: UUID) -> UUID:
    """Book an hour for the case's meeting; returns the hearing's id.

    Raises:
        Invalid: the hour is past, or sooner than the minimum notice (rule hearing_notice).
        Conflict: somebody else has the hour by now, or the case is at another stage.
        Forbidden: this party may not choose the hour.
    """
    case = await lock(tx, case_id)
    if side != "staff" and not await may_choose(tx, side=side, case_id=case_id):
        raise Forbidden("O Procon ainda não abriu a escolha do horário neste processo.")
    hour = await _take(tx, slot_id)
    if await tx.fetchval(
        "SELECT EXISTS (SELECT 1 FROM hearing WHERE case_id = $1 AND status = 'set')", case_id
    ):
        raise Conflict("Este processo já tem uma audiência marcada.", code="hearing-is-set")
    hearing_id = await insert_hearing(tx, actor=actor, case_id=case_id, slot_id=slot_id)
    await move(
        tx,
        actor=actor,
        side=side,
        case_id=case_id,
        # A closure that was undone may leave a case here without its hearing.
        transition="reschedule_hearing" if case.status == AWAITED else "set_hearing",
        text=place_of(hour.room, hour.kind, hour.address),
        until=hour.starts_at,
    )
    await tx.execute("DELETE FROM hearing_offer WHERE case_id = $1", case_id)
    await _invite(tx, hearing_id, 0, "REQUEST")
    return hearing_id


async def reschedule_hearing(
    tx: Tx, *, actor: Actor, side: Side, hearing_id: UUID, slot_id: UUID, reason: str
) -> None:
    """Put the meeting to another hour. Each party may do it once, until two working days before.

    Raises:
        Invalid: the hour is past, too soon, or the same.
        Conflict: the party has used its one time or is too late; the hour is taken by now; the
            hearing is over.
    """
    hearing = await locked_hearing(tx, hearing_id)
    if side != "staff":
        await check_party_may_move(tx, hearing=hearing, side=side)
    if hearing.slot_id == slot_id:
        raise Invalid({"horario": "A audiência já está neste horário. Escolha outro."})
    hour = await _take(tx, slot_id)
    await tx.execute(
        "UPDATE hearing SET slot_id = $2, sequence = sequence + 1, revision = revision + 1,"
        " reminded = 0, booked_at = $3, moves_consumer = moves_consumer + $4,"
        " moves_supplier = moves_supplier + $5 WHERE id = $1",
        hearing_id,
        slot_id,
        tx.now,
        int(side == "consumer"),
        int(side == "supplier"),
    )
    await note_move(
        tx, actor=actor, side=side, hearing=hearing, to_at=hour.starts_at, reason=reason
    )
    place = place_of(hour.room, hour.kind, hour.address)
    await move(
        tx,
        actor=actor,
        side=side,
        case_id=hearing.case_id,
        transition="reschedule_hearing",
        text=f"{reason}\n{place}".strip(),
        until=hour.starts_at,
    )
    await _invite(tx, hearing_id, hearing.sequence + 1, "REQUEST")


async def cancel_hearing(tx: Tx, *, actor: Actor, hearing_id: UUID, reason: str) -> None:
    """Call the meeting off; the hour is free again and both sides are told.

    Raises:
        Conflict: the hearing is over.
    """
    hearing = await locked_hearing(tx, hearing_id)
    await move(
        tx,
        actor=actor,
        side="staff",
        case_id=hearing.case_id,
        transition="cancel_hearing",
        text=reason,
    )
    await _cancel(tx, hearing, actor.name, reason)


async def release_hearing(tx: Tx, *, case_id: UUID, reason: str) -> bool:
    """Free the hour of a case that went on without its meeting (an agreement, a withdrawal).

    Returns:
        Whether there was one to free.
    """
    case = await lock(tx, case_id)
    found = await tx.fetchval(
        "SELECT id FROM hearing WHERE case_id = $1 AND status = 'set' FOR UPDATE", case_id
    )
    if found is None or case.status == AWAITED:
        return False
    hearing = await hearing_by_id(tx, found)
    if hearing is not None:
        await _cancel(tx, hearing, "Sistema", reason)
    return hearing is not None


async def locked_hearing(tx: Tx, hearing_id: UUID) -> HearingRow:
    """A hearing that is still to be held, with its case and itself held until the transaction ends.

    Raises:
        NotFound: no such hearing.
        Conflict: it is over.
    """
    case_id = await tx.fetchval("SELECT case_id FROM hearing WHERE id = $1", hearing_id)
    if case_id is None:
        raise NotFound("Não encontramos esta audiência.")
    await lock(tx, case_id)
    await tx.execute("SELECT id FROM hearing WHERE id = $1 FOR UPDATE", hearing_id)
    hearing = await hearing_by_id(tx, hearing_id)
    if hearing is None or hearing.status != "set":
        raise Conflict("Esta audiência já foi encerrada.", code="hearing-is-over")
    return hearing


async def check_party_may_move(tx: Tx, *, hearing: HearingRow, side: str) -> date:
    """The last day on which this side may still move the hearing by itself.

    Raises:
        Conflict: it has done so before, or that day is past.
    """
    if hearing.moves_of(side) >= MOVES_OF_A_PARTY:
        raise Conflict(
            "Você já remarcou esta audiência uma vez. Se precisar mudar de novo, fale com o"
            " Procon: só a equipe pode remarcar agora.",
            code="hearing-moved-once",
        )
    zone = ZoneInfo(tx.tenant.timezone)
    day = hearing.starts_at.astimezone(zone).date()
    calendar = await calendar_for(tx, [day.year - 1, day.year])
    last = _working_days_before(day, calendar)
    if tx.now.astimezone(zone).date() > last:
        raise Conflict(
            f"Era possível remarcar sozinho até {last:%d/%m/%Y}, dois dias úteis antes da"
            " audiência. Agora, fale com o Procon.",
            code="hearing-too-near",
        )
    return last


async def minimum_notice(tx: Tx) -> Deadline:
    """The count of the least notice from now; a hearing may begin only after its end."""
    return await deadline_for(tx, key="hearing_notice", start_at=tx.now)


async def hours_to_choose(tx: Tx) -> list[SlotRow]:
    """The next free hours that keep the minimum notice."""
    return await free_slots(tx, after=(await minimum_notice(tx)).due_at)


def place_of(room: str, kind: str, address: str) -> str:
    """Where it is, in one line: "Sala 1 (presencial): Praça da Matriz, 100"."""
    where = "" if kind == "video" or not address else f": {address}"
    return f"{room} ({KINDS[kind]}){where}"


async def insert_hearing(
    tx: Tx, *, actor: Actor, case_id: UUID, slot_id: UUID, moves: tuple[int, int] = (0, 0)
) -> UUID:
    """A new hearing in an hour that the caller holds. `moves`: consumer's and supplier's."""
    hearing_id = new_id()
    await tx.execute(
        "INSERT INTO hearing (id, case_id, slot_id, status, result, remark, instalments, total,"
        " moves_consumer, moves_supplier, room_token, sequence, revision, reminded, booked_at,"
        " booked_by, closed_by) VALUES ($1, $2, $3, 'set', '', '', '', NULL, $4, $5, $6, 0, 1, 0,"
        " $7, $8, '')",
        hearing_id,
        case_id,
        slot_id,
        *moves,
        # Whoever knows the name of a video room may try its door.
        secrets.token_urlsafe(18),
        tx.now,
        actor.name,
    )
    return hearing_id


async def book_next(
    tx: Tx, *, actor: Actor, hearing: HearingRow, slot_id: UUID, reason: str
) -> UUID:
    """At the hearing: it ends and goes on at another hour, as a hearing of its own.

    The caller holds `hearing` and has closed it already.
    """
    hour = await _take(tx, slot_id)
    moves = (hearing.moves_consumer, hearing.moves_supplier)
    following = await insert_hearing(
        tx, actor=actor, case_id=hearing.case_id, slot_id=slot_id, moves=moves
    )
    await note_move(
        tx, actor=actor, side="staff", hearing=hearing, to_at=hour.starts_at, reason=reason
    )
    await move(
        tx,
        actor=actor,
        side="staff",
        case_id=hearing.case_id,
        transition="reschedule_hearing",
        text=f"{reason}\n{place_of(hour.room, hour.kind, hour.address)}".strip(),
        until=hour.starts_at,
    )
    await _invite(tx, following, 0, "REQUEST")
    return following


async def note_move(
    tx: Tx, *, actor: Actor, side: Side, hearing: HearingRow, to_at: datetime, reason: str
) -> None:
    """Keep who moved the hearing, from when to when, and why."""
    await tx.execute(
        "INSERT INTO hearing_move (id, hearing_id, side, author, from_at, to_at, reason, moved_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        new_id(),
        hearing.id,
        side,
        actor.name,
        hearing.starts_at,
        to_at,
        reason,
        tx.now,
    )


async def _take(tx: Tx, slot_id: UUID) -> Hour:
    """Hold an hour and make sure that it can be booked now."""
    row = await tx.fetchrow(
        "SELECT s.id, s.starts_at, s.capacity, s.blocked, r.name, r.kind, r.address, r.active"
        " FROM hearing_slot s JOIN hearing_room r ON r.id = s.room_id WHERE s.id = $1"
        " FOR UPDATE OF s",
        slot_id,
    )
    if row is None:
        raise Invalid({"horario": "Escolha um dos horários da lista."})
    hour = Hour(*row)
    if hour.starts_at <= tx.now:
        raise Invalid({"horario": "Este horário já passou. Escolha outro."})
    notice = await minimum_notice(tx)
    if hour.starts_at <= notice.due_at:
        until = f"{notice.due_day:%d/%m/%Y}"
        raise Invalid(
            {"horario": f"Este horário é cedo demais: a audiência só pode ser depois de {until}."}
        )
    # Counted after the row is held, so that of two people one sees the other's booking.
    taken = await tx.fetchval(
        "SELECT count(*) FROM hearing WHERE slot_id = $1 AND status IN ('set', 'held')", slot_id
    )
    if hour.blocked or not hour.active or taken >= hour.capacity:
        raise Conflict(await _taken(tx, notice), code="hour-is-taken")
    return hour


async def _taken(tx: Tx, notice: Deadline) -> str:
    zone = ZoneInfo(tx.tenant.timezone)
    free = await free_slots(tx, after=notice.due_at, limit=3)
    said = "Outra pessoa ficou com este horário um instante antes."
    if not free:
        return f"{said} Não há outro livre agora; fale com o Procon."
    return (
        f"{said} Os próximos livres: {'; '.join(date_and_hour(s.starts_at, zone) for s in free)}."
    )


async def _cancel(tx: Tx, hearing: HearingRow, author: str, reason: str) -> None:
    await tx.execute(
        "UPDATE hearing SET status = 'cancelled', closed_at = $2, closed_by = $3, remark = $4,"
        " sequence = sequence + 1, revision = revision + 1 WHERE id = $1",
        hearing.id,
        tx.now,
        author,
        reason,
    )
    await _invite(tx, hearing.id, hearing.sequence + 1, "CANCEL")


async def _invite(tx: Tx, hearing_id: UUID, sequence: int, method: Method) -> None:
    await put_out(
        tx,
        topic=INVITE_TOPIC,
        payload=Invite(hearing_id, sequence, method),
        effect_key=f"hearing/{hearing_id}/{sequence}/{method.lower()}",
    )


def _working_days_before(day: date, calendar: Calendar) -> date:
    left = WORKING_DAYS_BEFORE
    while left:
        day -= timedelta(days=1)
        left -= is_working_day(day, calendar.closed)
    return day
