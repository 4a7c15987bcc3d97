"""The staff's pages of rooms and hours."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from procon.auth.accounts.queries import staff_list
from procon.auth.http import actor_of
from procon.hearings.forms import day_of
from procon.hearings.queries import room_list
from procon.hearings.setup.agenda import agenda_page
from procon.hearings.setup.commands import Made, block_slot, make_slots, save_room
from procon.hearings.setup.forms import (
    parse_block,
    parse_pattern,
    parse_room,
    typed_pattern,
    typed_room,
)
from procon.hearings.setup.pages import room_page, rooms_page, slots_page
from procon.kernel.errors import Conflict, Invalid
from procon.portal.render import page, plural, redirect
from procon.tenancy.http import request_scope

AnyRequest = Request[Any, Any, Any]

_SEE = {"permission": "staff:hearings"}
_SET = {"permission": "staff:settings"}
_ROOMS, _SLOTS = "/equipe/audiencias/salas", "/equipe/audiencias/horarios"


@get("/equipe/audiencias", opt=_SEE)
async def agenda(request: AnyRequest) -> Response[str]:
    """`?dia=2026-12-01&ver=dia|semana&de=mim`; conciliators see their own first."""
    actor, query = actor_of(request), request.query_params
    people = query.get("de", "")
    mine = people == "mim" or (people == "" and actor.roles == {"conciliator"})
    async with request_scope(request) as tx:
        content = await agenda_page(
            tx,
            actor=actor,
            day=_asked_day(str(query.get("dia", ""))),
            week=query.get("ver", "semana") != "dia",
            mine=mine,
        )
    return page(request, "hearings/agenda.html", content)


@get(_ROOMS, opt=_SEE)
async def rooms(request: AnyRequest) -> Response[str]:
    """All rooms."""
    async with request_scope(request) as tx:
        content = await rooms_page(tx)
    return page(request, "hearings/rooms.html", content)


@post(_ROOMS, opt=_SET)
async def add_room(request: AnyRequest) -> Response[str]:
    """One more room."""
    typed = typed_room(await request.form())
    try:
        room = parse_room(typed)
        async with request_scope(request) as tx:
            await save_room(tx, actor=actor_of(request), room=room)
    except Invalid as refusal:
        async with request_scope(request) as tx:
            content = await rooms_page(tx, form=typed, errors=refusal.fields)
        return page(request, "hearings/rooms.html", content, status=422)
    return redirect(request, _ROOMS, notice=f"Sala {room.name} criada.")


@get("/equipe/audiencias/salas/{room_id:uuid}", opt=_SET)
async def room(request: AnyRequest) -> Response[str]:
    """One room to change."""
    async with request_scope(request) as tx:
        content = await room_page(tx, request.path_params["room_id"])
    return page(request, "hearings/rooms.html", content)


@post("/equipe/audiencias/salas/{room_id:uuid}", opt=_SET)
async def change_room(request: AnyRequest) -> Response[str]:
    """Bring a room up to date."""
    typed, room_id = typed_room(await request.form()), request.path_params["room_id"]
    try:
        values = parse_room(typed)
        async with request_scope(request) as tx:
            await save_room(tx, actor=actor_of(request), room=values, room_id=room_id)
    except Invalid as refusal:
        async with request_scope(request) as tx:
            content = await room_page(tx, room_id, form=typed, errors=refusal.fields)
        return page(request, "hearings/rooms.html", content, status=422)
    return redirect(request, _ROOMS, notice=f"Sala {values.name} salva.")


@get(_SLOTS, opt=_SEE)
async def slots(request: AnyRequest) -> Response[str]:
    """The hours of the next weeks, and the form that makes more."""
    async with request_scope(request) as tx:
        since = _asked_day(str(request.query_params.get("desde", "")))
        content = await slots_page(tx, since=since)
    return page(request, "hearings/slots.html", content)


@post(_SLOTS, opt=_SEE)
async def add_slots(request: AnyRequest) -> Response[str]:
    """Make the hours of a pattern."""
    typed = typed_pattern(await request.form())
    try:
        async with request_scope(request) as tx:
            found = await room_list(tx, active_only=True)
            pattern = parse_pattern(typed, rooms=found, staff=await staff_list(tx))
            made = await make_slots(tx, actor=actor_of(request), pattern=pattern)
    except Invalid as refusal:
        async with request_scope(request) as tx:
            content = await slots_page(tx, form=typed, errors=refusal.fields)
        return page(request, "hearings/slots.html", content, status=422)
    return redirect(request, _SLOTS, notice=_told(made))


@post("/equipe/audiencias/horarios/bloquear", opt=_SEE)
async def block(request: AnyRequest) -> Response[str]:
    """Take an hour out of the offer, or put it back."""
    try:
        slot_id, blocked = parse_block(await request.form())
        async with request_scope(request) as tx:
            await block_slot(tx, actor=actor_of(request), slot_id=slot_id, blocked=blocked)
    except (Conflict, Invalid) as refusal:
        reason = refusal.fields["horario"] if isinstance(refusal, Invalid) else refusal.reason
        return redirect(request, _SLOTS, notice=reason, kind="important")
    return redirect(request, _SLOTS, notice="Horário bloqueado." if blocked else "Horário livre.")


@get("/equipe/audiencias/horarios/bloquear", opt=_SEE)
async def back_to_slots(request: AnyRequest) -> Response[str]:
    """The form is on the list's page; who had to sign in again comes here by GET."""
    return redirect(request, _SLOTS)


def handlers() -> list[HTTPRouteHandler]:
    """The setup's routes."""
    return [agenda, rooms, add_room, room, change_room, slots, add_slots, block, back_to_slots]


def _asked_day(text: str) -> date | None:
    with suppress(ValueError):
        found = day_of(text)
        # Days far away are no agenda, and the ends of the calendar cannot be stepped over.
        return found if 2000 <= found.year <= 2100 else None
    return None


def _told(made: Made) -> str:
    """What came of a pattern, the left-out ones too."""
    parts = [f"{plural(made.made, 'horário criado', 'horários criados')}."]
    if made.taken:
        parts.append(
            f"{plural(made.taken, 'ficou', 'ficaram')} de fora, por já haver outro na mesma hora"
            " ou por já ter passado."
        )
    if made.closed_days:
        parts.append(
            f"{plural(made.closed_days, 'dia foi pulado', 'dias foram pulados')}: feriado, recesso"
            " ou fim de semana."
        )
    return " ".join(parts)
