"""Rooms and the hours in which they can be booked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from procon.auth.actor import Actor
from procon.deadlines.calendar import Calendar
from procon.deadlines.queries import calendar_for
from procon.hearings.queries import RoomKind
from procon.kernel.errors import Conflict, Invalid, NotFound
from procon.kernel.ids import new_id
from procon.kernel.workdays import is_suspended, is_working_day
from procon.tenancy.scope import Tx

MOST_SLOTS = 2_000


class Room(Struct, frozen=True, forbid_unknown_fields=True):
    """A room as it is typed. `capacity`: hearings at the same hour."""

    name: str
    kind: RoomKind
    address: str
    service_point: str
    capacity: int
    active: bool


class Pattern(Struct, frozen=True, forbid_unknown_fields=True):
    """Which hours to make: days, local times, minutes. `weekdays`: 0 is Monday."""

    room_id: UUID
    first: date
    last: date
    weekdays: frozenset[int]
    opens: time
    closes: time
    minutes: int
    tolerance: int
    conciliator_id: UUID | None
    conciliator_name: str


class Made(Struct, frozen=True):
    """How many hours were made, left out because they were taken, and days the city is closed."""

    made: int
    taken: int
    closed_days: int


async def save_room(tx: Tx, *, actor: Actor, room: Room, room_id: UUID | None = None) -> UUID:
    """Make a room, or bring `room_id` up to date.

    Raises:
        NotFound: no such room.
        Invalid: another room has this name.
    """
    known = await tx.fetchval("SELECT id FROM hearing_room WHERE name = $1", room.name)
    if known is not None and known != room_id:
        raise Invalid({"nome": "Já existe uma sala com este nome."})
    if room_id is None:
        room_id = new_id()
        await tx.execute(
            "INSERT INTO hearing_room (id, name, kind, address, service_point, capacity, active)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7)",
            room_id,
            *_values(room),
        )
        return room_id
    done = await tx.execute(
        "UPDATE hearing_room SET name = $2, kind = $3, address = $4, service_point = $5,"
        " capacity = $6, active = $7 WHERE id = $1",
        room_id,
        *_values(room),
    )
    if done == "UPDATE 0":
        raise NotFound("Não encontramos esta sala.")
    return room_id


async def make_slots(tx: Tx, *, actor: Actor, pattern: Pattern) -> Made:
    """Make the hours of a pattern on the city's working days.

    An hour that would overlap another of the same room or conciliator is left out, so the same
    form sent twice makes nothing more.

    Raises:
        NotFound: no such room, or it is not in use.
        Invalid: the days are past, or there are too many hours.
    """
    await _take_turns(tx)
    capacity = await tx.fetchval(
        "SELECT capacity FROM hearing_room WHERE id = $1 AND active FOR UPDATE", pattern.room_id
    )
    if capacity is None:
        raise NotFound("Não encontramos esta sala.")
    zone = ZoneInfo(tx.tenant.timezone)
    if pattern.first < tx.now.astimezone(zone).date():
        raise Invalid({"de": "Este dia já passou. Escolha a partir de hoje."})
    calendar = await calendar_for(tx, [pattern.first.year, pattern.last.year])
    days = [day for day in _days(pattern) if day.weekday() in pattern.weekdays]
    open_days = [day for day in days if _is_open(day, calendar)]
    wanted = [hour for day in open_days for hour in _hours(day, pattern, zone)]
    if len(wanted) > MOST_SLOTS:
        raise Invalid({"ate": f"São mais de {MOST_SLOTS} horários. Escolha um período menor."})
    busy = await _busy(tx, pattern, wanted)
    free = [at for at in wanted if at > tx.now and not _overlaps(at, pattern.minutes, busy)]
    await _insert(tx, pattern, free, capacity)
    return Made(len(free), len(wanted) - len(free), len(days) - len(open_days))


async def block_slot(tx: Tx, *, actor: Actor, slot_id: UUID, blocked: bool) -> None:
    """Take an hour out of the offer, or put it back.

    Raises:
        NotFound: no such hour.
        Conflict: a hearing is booked in it.
    """
    found = await tx.fetchval("SELECT id FROM hearing_slot WHERE id = $1 FOR UPDATE", slot_id)
    if found is None:
        raise NotFound("Não encontramos este horário.")
    booked = await tx.fetchval(
        "SELECT count(*) FROM hearing WHERE slot_id = $1 AND status = 'set'", slot_id
    )
    if blocked and booked:
        raise Conflict("Há audiência marcada neste horário. Remarque a audiência antes.")
    await tx.execute("UPDATE hearing_slot SET blocked = $2 WHERE id = $1", slot_id, blocked)


async def assign_conciliator(
    tx: Tx, *, actor: Actor, hearing_id: UUID, to: UUID, to_name: str
) -> None:
    """Say who conducts a hearing that is still to be held.

    Raises:
        NotFound: no such hearing.
        Conflict: it is over, or the person conducts another one at the same time.
    """
    await _take_turns(tx)
    row = await tx.fetchrow(
        "SELECT s.id, s.starts_at, s.minutes, h.status FROM hearing h JOIN hearing_slot s"
        " ON s.id = h.slot_id WHERE h.id = $1 FOR UPDATE OF s",
        hearing_id,
    )
    if row is None:
        raise NotFound("Não encontramos esta audiência.")
    if row["status"] != "set":
        raise Conflict("Esta audiência já foi encerrada.", code="hearing-is-over")
    busy = await tx.fetchval(
        "SELECT EXISTS (SELECT 1 FROM hearing_slot s JOIN hearing h ON h.slot_id = s.id"
        " WHERE s.conciliator_id = $1 AND s.id <> $2 AND h.status = 'set' AND s.starts_at < $4"
        " AND s.starts_at + make_interval(mins => s.minutes) > $3)",
        to,
        row["id"],
        row["starts_at"],
        row["starts_at"] + timedelta(minutes=row["minutes"]),
    )
    if busy:
        raise Conflict(f"{to_name} já conduz outra audiência neste horário.", code="is-busy")
    await tx.execute(
        "UPDATE hearing_slot SET conciliator_id = $2, conciliator_name = $3 WHERE id = $1",
        row["id"],
        to,
        to_name,
    )
    await tx.execute("UPDATE hearing SET revision = revision + 1 WHERE id = $1", hearing_id)


async def _take_turns(tx: Tx) -> None:
    """Two people at once could give one conciliator two rooms: the second waits."""
    lock = f"hearing-slots/{tx.tenant.slug}"
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", lock)


def _values(room: Room) -> tuple[str, str, str, str, int, bool]:
    return (room.name, room.kind, room.address, room.service_point, room.capacity, room.active)


def _days(pattern: Pattern) -> Iterator[date]:
    for number in range((pattern.last - pattern.first).days + 1):
        yield pattern.first + timedelta(days=number)


def _is_open(day: date, calendar: Calendar) -> bool:
    recesses = [(recess.first_day, recess.last_day) for recess in calendar.recesses]
    return is_working_day(day, calendar.closed) and not is_suspended(day, recesses)


def _hours(day: date, pattern: Pattern, zone: ZoneInfo) -> Iterator[datetime]:
    """Starts of the day, each long enough to end by closing time; UTC."""
    start = datetime.combine(day, pattern.opens)
    step, end = timedelta(minutes=pattern.minutes), datetime.combine(day, pattern.closes)
    while start + step <= end:
        yield start.replace(tzinfo=zone).astimezone(UTC)
        start += step


async def _busy(
    tx: Tx, pattern: Pattern, wanted: list[datetime]
) -> list[tuple[datetime, datetime]]:
    if not wanted:
        return []
    rows = await tx.fetch(
        "SELECT starts_at, minutes FROM hearing_slot WHERE (room_id = $1 OR conciliator_id = $2)"
        " AND starts_at > $3 AND starts_at < $4 ORDER BY starts_at",
        pattern.room_id,
        pattern.conciliator_id,
        wanted[0] - timedelta(hours=4),
        wanted[-1] + timedelta(hours=4),
    )
    return [(row[0], row[0] + timedelta(minutes=row[1])) for row in rows]


def _overlaps(start: datetime, minutes: int, busy: list[tuple[datetime, datetime]]) -> bool:
    end = start + timedelta(minutes=minutes)
    return any(start < until and since < end for since, until in busy)


async def _insert(tx: Tx, pattern: Pattern, starts: list[datetime], capacity: int) -> None:
    # One conciliator holds one hearing at a time, whatever the room could take.
    places = 1 if pattern.conciliator_id else capacity
    await tx.executemany(
        "INSERT INTO hearing_slot (id, room_id, starts_at, minutes, tolerance, capacity,"
        " conciliator_id, conciliator_name, blocked)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, FALSE)",
        [
            (
                new_id(),
                pattern.room_id,
                at,
                pattern.minutes,
                pattern.tolerance,
                places,
                pattern.conciliator_id,
                pattern.conciliator_name,
            )
            for at in starts
        ],
    )
