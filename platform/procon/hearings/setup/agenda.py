"""The staff's agenda of hearings."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from msgspec import Struct

from procon.auth.actor import Actor
from procon.hearings.commands import KINDS
from procon.hearings.minutes.text import RESULTS
from procon.hearings.pages import STATUS, WEEKDAYS
from procon.hearings.queries import HearingLine, SlotRow, hearing_list, slot_list
from procon.portal.render import long_date
from procon.portal.shell import Tone
from procon.tenancy.scope import Tx


class AgendaLine(Struct, frozen=True):
    """One hearing of the agenda."""

    id: str
    hours: str
    number: str
    person: str
    supplier: str
    room: str
    kind: str
    conciliator: str
    status: str
    tone: Tone


class AgendaDay(Struct, frozen=True):
    """One day of the agenda; `free` counts the hours that can still be booked."""

    title: str
    lines: tuple[AgendaLine, ...]
    free: int


class AgendaPage(Struct, frozen=True):
    """A day or a week of hearings. The hrefs keep what was chosen."""

    title: str
    days: tuple[AgendaDay, ...]
    week: bool
    mine: bool
    day: str
    before: str
    after: str
    today: str
    other_span: str
    other_people: str
    total: int


async def agenda_page(
    tx: Tx, *, actor: Actor, day: date | None, week: bool, mine: bool
) -> AgendaPage:
    """The hearings of a day or of the week around it.

    Args:
        day: None is today.
        mine: only those that the actor conducts.
    """
    zone = ZoneInfo(tx.tenant.timezone)
    today = tx.now.astimezone(zone).date()
    chosen = day or today
    first = chosen - timedelta(days=chosen.weekday()) if week else chosen
    last = first + timedelta(days=7 if week else 1)
    span = (_midnight(first, zone), _midnight(last, zone))
    found = await hearing_list(
        tx, first=span[0], last=span[1], conciliator=actor.account_id if mine else None
    )
    slots = await slot_list(tx, first=span[0], last=span[1])
    step = timedelta(days=7 if week else 1)

    def href(to: date, *, week: bool = week, mine: bool = mine) -> str:
        shown, people = ("semana" if week else "dia"), ("&de=mim" if mine else "")
        return f"/equipe/audiencias?dia={to.isoformat()}&ver={shown}{people}"

    return AgendaPage(
        title=f"Semana de {long_date(first)}" if week else _long(first),
        days=_days(found, slots, zone, tx.now),
        week=week,
        mine=mine,
        day=chosen.isoformat(),
        before=href(chosen - step),
        after=href(chosen + step),
        today=href(today),
        other_span=href(chosen, week=not week),
        other_people=href(chosen, mine=not mine),
        total=len(found),
    )


def _days(
    found: list[HearingLine], slots: list[SlotRow], zone: ZoneInfo, now: datetime
) -> tuple[AgendaDay, ...]:
    """Days that have a hearing or a free hour."""
    free: dict[date, int] = {}
    for slot in slots:
        if not slot.blocked and slot.taken < slot.capacity and slot.starts_at > now:
            day = slot.starts_at.astimezone(zone).date()
            free[day] = free.get(day, 0) + 1
    lines = {
        day: tuple(_agenda_line(one, zone) for one in group)
        for day, group in groupby(found, lambda one: one.starts_at.astimezone(zone).date())
    }
    return tuple(
        AgendaDay(_long(day), lines.get(day, ()), free.get(day, 0))
        for day in sorted({*lines, *free})
    )


def _agenda_line(line: HearingLine, zone: ZoneInfo) -> AgendaLine:
    status, tone = STATUS[line.status]
    begins, ends = line.starts_at.astimezone(zone), line.ends_at.astimezone(zone)
    return AgendaLine(
        id=str(line.id),
        hours=f"{begins:%Hh%M}–{ends:%Hh%M}",
        number=line.case_number,
        person=line.person_name,
        supplier=line.supplier_name,
        room=line.room_name,
        kind=KINDS[line.room_kind],
        conciliator=line.conciliator_name or "A definir",
        status=RESULTS.get(line.result, status),
        tone=tone,
    )


def _long(day: date) -> str:
    return f"{WEEKDAYS[day.weekday()].capitalize()}, {long_date(day)}"


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
