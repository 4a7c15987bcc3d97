"""What a city sets up before its first case: calendar, posts, rooms and hours."""

from __future__ import annotations

from datetime import time, timedelta
from zoneinfo import ZoneInfo

from procon.auth.actor import Actor
from procon.deadlines.commands import import_holidays
from procon.demo.texts import HOURS, SERVICE_POINTS
from procon.hearings.setup.commands import Pattern, Room, make_slots, save_room
from procon.service_points.commands import set_service_point
from procon.tenancy.scope import Tx

_ADMIN = Actor(kind="staff", name="Administração", roles=frozenset({"cityadmin"}))
# Made-up days of a made-up calendar, in the form that a city's spreadsheet saves.
_DAYS = (
    ("{year}-07-14", "Aniversário da cidade", "feriado", ""),
    ("{year}-12-08", "Padroeira da cidade", "feriado", ""),
    ("{year}-12-24", "Véspera de Natal", "meio expediente", ""),
)
_ROOMS = (
    Room("Sala 1", "presencial", "Praça da Matriz, 100, 2º andar", "Posto central", 1, active=True),
    Room("Sala por vídeo", "video", "", "", 1, active=True),
)
_WEEKS = 10


async def set_up_town(tx: Tx) -> None:
    """Fill a city's settings, once: the caller knows that it has none."""
    for name, kind, address in SERVICE_POINTS:
        await set_service_point(tx, name=name, kind=kind, address=address, hours=HOURS)
    today = tx.now.astimezone(ZoneInfo(tx.tenant.timezone)).date()
    lines = ["data;nome;tipo;ate"]
    for year in range(today.year - 1, today.year + 2):
        lines += [";".join(part.format(year=year) for part in day) for day in _DAYS]
        lines.append(f"{year}-12-20;Recesso;recesso;{year + 1}-01-20")
    await import_holidays(tx, actor=_ADMIN, csv_text="\n".join(lines))
    for room in _ROOMS:
        room_id = await save_room(tx, actor=_ADMIN, room=room)
        pattern = Pattern(
            room_id=room_id,
            first=today + timedelta(days=1),
            last=today + timedelta(weeks=_WEEKS),
            weekdays=frozenset({1, 3}),
            opens=time(9),
            closes=time(12),
            minutes=40,
            tolerance=15,
            conciliator_id=None,
            conciliator_name="",
        )
        await make_slots(tx, actor=_ADMIN, pattern=pattern)
