"""A case that is ready for its meeting, rooms with hours, and what the tests read back."""

from __future__ import annotations

import html
import re
from datetime import time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from procon.auth.actor import Actor
from procon.cases.commands import Opened
from procon.cases.moves import move
from procon.hearings.commands import book_hearing, hours_to_choose
from procon.hearings.queries import HearingRow, RoomKind, SlotRow, hearing_by_id
from procon.hearings.setup.commands import Made, Pattern, Room, make_slots, save_room
from support.cities import City, MovingClock, filed, staff

ANALYST = staff("analyst")
CONCILIATOR = staff("conciliator", name="Célia Prado")
STREET = "Praça da Matriz, 100"


async def ready(city: City, actor: Actor | None = None) -> Opened:
    """A case whose complaint is open, so that its meeting may be set."""
    opened = await filed(city, actor=actor)
    async with city.scope() as tx:
        await move(
            tx,
            actor=ANALYST,
            side="staff",
            case_id=opened.id,
            transition="open_complaint",
            text="Caso grave.",
        )
    return opened


async def room(city: City, name: str = "Sala 1", kind: RoomKind = "presencial") -> UUID:
    """A room in use for one hearing at a time."""
    address = "https://meet.example/{hearing}" if kind == "video" else STREET
    async with city.scope() as tx:
        return await save_room(
            tx, actor=ANALYST, room=Room(name, kind, address, "Posto central", 1, active=True)
        )


async def hours(city: City, room_id: UUID, *, days: int = 45, conciliator: bool = False) -> Made:
    """Hours of 40 minutes from 9 to 12 on every working day from tomorrow."""
    async with city.scope() as tx:
        first = tx.now.astimezone(ZoneInfo(city.tenant.timezone)).date() + timedelta(days=1)
        pattern = Pattern(
            room_id=room_id,
            first=first,
            last=first + timedelta(days=days),
            weekdays=frozenset(range(5)),
            opens=time(9),
            closes=time(12),
            minutes=40,
            tolerance=15,
            conciliator_id=CONCILIATOR.account_id if conciliator else None,
            conciliator_name=CONCILIATOR.name if conciliator else "",
        )
        return await make_slots(tx, actor=ANALYST, pattern=pattern)


async def choices(city: City) -> list[SlotRow]:
    """The hours that keep the minimum notice."""
    async with city.scope() as tx:
        return await hours_to_choose(tx)


async def booked(
    city: City, *, kind: RoomKind = "presencial", case: Opened | None = None, place: int = 0
) -> tuple[Opened, UUID]:
    """A case with its hearing set by the staff at the first hour that may be chosen."""
    case = case or await ready(city)
    if not await choices(city):
        await hours(city, await room(city, kind=kind), conciliator=True)
    slot = (await choices(city))[place]
    async with city.scope() as tx:
        hearing_id = await book_hearing(
            tx, actor=ANALYST, side="staff", case_id=case.id, slot_id=slot.id
        )
    return case, hearing_id


async def hearing(city: City, hearing_id: UUID) -> HearingRow:
    """The hearing as it is kept."""
    async with city.scope() as tx:
        found = await hearing_by_id(tx, hearing_id)
    assert found is not None
    return found


async def begin(city: City, clock: MovingClock, hearing_id: UUID, *, minutes: float = 0) -> None:
    """Move the clock to so many minutes after the hearing's hour."""
    found = await hearing(city, hearing_id)
    clock.shift += found.starts_at + timedelta(minutes=minutes) - clock()


async def status_of(city: City, case_id: UUID) -> tuple[str, str]:
    """Status and outcome as stored."""
    async with city.scope() as tx:
        row = await tx.fetchrow("SELECT status, outcome FROM case_file WHERE id = $1", case_id)
    return row["status"], row["outcome"]


def words(page: str) -> str:
    """What a person reads on a page: no tags, one space between words."""
    body = page[page.index("<main") :] if "<main" in page else page
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def notice_of(page: str) -> str:
    """The sentence of the banner on top of a page."""
    found = re.search(r'notification-banner__heading">(.*?)</p>', page, re.DOTALL)
    return html.unescape(found.group(1)) if found else ""


def errors_of(page: str) -> list[tuple[str, str]]:
    """Field and sentence of each line of the error summary."""
    summary = re.search(r'<div class="govuk-error-summary".*?</ul>', page, re.DOTALL)
    found = re.findall(r'<a href="#(\w+)">(.*?)</a>', summary.group(0)) if summary else []
    return [(field, html.unescape(sentence)) for field, sentence in found]
