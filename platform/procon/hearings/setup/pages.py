"""What the staff see of rooms and hours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from procon.auth.accounts.queries import staff_list
from procon.hearings.commands import KINDS
from procon.hearings.queries import RoomRow, SlotRow, room_list, slot_list
from procon.hearings.setup.forms import WEEKDAYS, TypedPattern, TypedRoom
from procon.kernel.errors import NotFound
from procon.portal.shell import Option
from procon.service_points.queries import open_service_points
from procon.tenancy.scope import Tx

KIND_OPTIONS = (
    Option("presencial", "Presencial", "As partes vão até o endereço."),
    Option("video", "Por vídeo", "Cada um entra de onde estiver."),
    Option(
        "sala_assistida",
        "Sala assistida",
        "Sala com computador e ajuda, para quem não consegue fazer por vídeo sozinho.",
    ),
)
WEEKS_SHOWN = 2
_STATES = {"free": "Livre", "taken": "Ocupado", "blocked": "Bloqueado"}


class RoomLine(Struct, frozen=True):
    """A room in the list."""

    id: str
    name: str
    kind: str
    where: str
    capacity: int
    active: bool


class RoomsPage(Struct, frozen=True):
    """All rooms, and the form for one more; or with `editing` the form of that one."""

    rooms: tuple[RoomLine, ...]
    kinds: tuple[Option, ...]
    points: tuple[Option, ...]
    form: TypedRoom
    editing: str = ""
    errors: Mapping[str, str] = {}


class SlotLine(Struct, frozen=True):
    """An hour in the list."""

    id: str
    starts_at: datetime
    minutes: int
    room: str
    conciliator: str
    places: str
    state: str
    blocked: bool
    can_block: bool


class SlotsPage(Struct, frozen=True):
    """The form that makes hours, and the next ones that exist."""

    rooms: tuple[Option, ...]
    staff: tuple[Option, ...]
    weekdays: tuple[Option, ...]
    slots: tuple[SlotLine, ...]
    free: int
    first: date
    before: str
    after: str
    form: TypedPattern
    errors: Mapping[str, str] = {}


async def rooms_page(
    tx: Tx, *, form: TypedRoom | None = None, errors: Mapping[str, str] | None = None
) -> RoomsPage:
    """The rooms and an empty form, or what was typed into it."""
    return RoomsPage(
        rooms=tuple(_room(one) for one in await room_list(tx)),
        kinds=KIND_OPTIONS,
        points=await _points(tx),
        form=form or TypedRoom(),
        errors=errors or {},
    )


async def room_page(
    tx: Tx,
    room_id: UUID,
    *,
    form: TypedRoom | None = None,
    errors: Mapping[str, str] | None = None,
) -> RoomsPage:
    """One room to change.

    Raises:
        NotFound: no such room.
    """
    found = next((one for one in await room_list(tx) if one.id == room_id), None)
    if found is None:
        raise NotFound("Não encontramos esta sala.")
    known = TypedRoom(
        nome=found.name,
        tipo=found.kind,
        endereco=found.address,
        posto=found.service_point,
        lugares=str(found.capacity),
        ativa="sim" if found.active else "",
    )
    return RoomsPage(
        rooms=(),
        kinds=KIND_OPTIONS,
        points=await _points(tx),
        form=form or known,
        editing=str(room_id),
        errors=errors or {},
    )


async def slots_page(
    tx: Tx,
    *,
    since: date | None = None,
    form: TypedPattern | None = None,
    errors: Mapping[str, str] | None = None,
) -> SlotsPage:
    """The hours of two weeks from the day `since`, or from now."""
    zone, span = ZoneInfo(tx.tenant.timezone), timedelta(weeks=WEEKS_SHOWN)
    today = tx.now.astimezone(zone).date()
    begins = datetime.combine(since, time(), zone) if since else tx.now
    first = begins.astimezone(zone).date()
    found = await slot_list(tx, first=begins, last=begins + span)
    rooms = await room_list(tx, active_only=True)
    empty = TypedPattern(de=today.isoformat(), ate=(today + timedelta(days=30)).isoformat())
    return SlotsPage(
        rooms=tuple(Option(str(one.id), f"{one.name} ({KINDS[one.kind]})") for one in rooms),
        staff=(
            Option("", "Ninguém por enquanto"),
            *(Option(str(one.id), one.name) for one in await staff_list(tx)),
        ),
        weekdays=tuple(Option(str(n), name) for n, name in enumerate(WEEKDAYS)),
        slots=tuple(_slot(one) for one in found),
        free=sum(_state(one) == "free" for one in found),
        first=first,
        before=_href(first - span),
        after=_href(first + span),
        form=form or empty,
        errors=errors or {},
    )


def _href(day: date) -> str:
    return f"/equipe/audiencias/horarios?desde={day.isoformat()}"


async def _points(tx: Tx) -> tuple[Option, ...]:
    points = await open_service_points(tx)
    return (Option("", "Nenhum"), *(Option(one.name, one.name) for one in points))


def _room(room: RoomRow) -> RoomLine:
    where = " · ".join(part for part in (room.address, room.service_point) if part)
    return RoomLine(str(room.id), room.name, KINDS[room.kind], where, room.capacity, room.active)


def _slot(slot: SlotRow) -> SlotLine:
    return SlotLine(
        id=str(slot.id),
        starts_at=slot.starts_at,
        minutes=slot.minutes,
        room=slot.room_name,
        conciliator=slot.conciliator_name,
        places=f"{slot.taken} de {slot.capacity}",
        state=_STATES[_state(slot)],
        blocked=slot.blocked,
        can_block=slot.taken == 0,
    )


def _state(slot: SlotRow) -> str:
    if slot.blocked:
        return "blocked"
    return "taken" if slot.taken >= slot.capacity else "free"
