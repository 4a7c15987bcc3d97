"""The agenda, and the meeting of one case as staff and parties book and move it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from procon.auth.http import actor_of
from procon.cases.access import get_case, require_power
from procon.hearings.commands import (
    book_hearing,
    cancel_hearing,
    offer_hours,
    reschedule_hearing,
)
from procon.hearings.forms import parse_move, parse_reason, parse_slot
from procon.hearings.pages import (
    Retry,
    case_hearing_page,
    party_case,
    party_hearing_page,
)
from procon.hearings.queries import hearings_of_case
from procon.kernel.errors import Conflict, Invalid
from procon.kernel.text import typed_text
from procon.portal.render import page, redirect
from procon.tenancy.http import request_scope
from procon.tenancy.scope import Tx

AnyRequest = Request[Any, Any, Any]
Act = Callable[[Tx, AnyRequest], Awaitable[str]]

_STAFF = {"permission": "staff:hearings"}
_PARTY = {"permission": "hearing:own"}
_CASE = "/equipe/processos/{number:str}/audiencia"
_OWN = ["/processos/{number:str}/audiencia", "/fornecedor/processos/{number:str}/audiencia"]


@get(_CASE, opt=_STAFF)
async def case_hearing(request: AnyRequest) -> Response[str]:
    """When and where, or the hours to choose from."""
    return await _staff_page(request, Retry())


@post(_CASE, opt=_STAFF)
async def set_hearing(request: AnyRequest) -> Response[str]:
    """Book an hour for the parties."""
    return await _staff_act(request, _book)


@post(f"{_CASE}/oferecer", opt=_STAFF)
async def offer(request: AnyRequest) -> Response[str]:
    """Let the consumer choose the hour."""
    return await _staff_act(request, _offer)


@post(f"{_CASE}/remarcar", opt=_STAFF)
async def staff_move(request: AnyRequest) -> Response[str]:
    """Put the hearing to another hour."""
    return await _staff_act(request, _move)


@post(f"{_CASE}/cancelar", opt=_STAFF)
async def cancel(request: AnyRequest) -> Response[str]:
    """Call the hearing off."""
    return await _staff_act(request, _cancel)


# Who had to sign in again comes back to these addresses by GET.
@get([f"{_CASE}/oferecer", f"{_CASE}/remarcar", f"{_CASE}/cancelar"], opt=_STAFF)
async def back_to_case_hearing(request: AnyRequest) -> Response[str]:
    """The forms are on the hearing's page."""
    return redirect(request, _staff_path(request))


@get(_OWN, opt=_PARTY)
async def own_hearing(request: AnyRequest) -> Response[str]:
    """The party's page of its meeting."""
    return await _party_page(request, Retry())


@post([f"{path}/marcar" for path in _OWN], opt=_PARTY)
async def choose(request: AnyRequest) -> Response[str]:
    """The consumer chooses the hour."""
    return await _party_act(request, _choose)


@post([f"{path}/remarcar" for path in _OWN], opt=_PARTY)
async def party_move(request: AnyRequest) -> Response[str]:
    """A party's one change of the hour."""
    return await _party_act(request, _party_moves)


@get([f"{path}/{act}" for path in _OWN for act in ("marcar", "remarcar")], opt=_PARTY)
async def back_to_own_hearing(request: AnyRequest) -> Response[str]:
    """The forms are on the hearing's page."""
    return redirect(request, _party_path(request))


def handlers() -> list[HTTPRouteHandler]:
    """The slice's routes; rooms and the live hearing have their own."""
    return [
        case_hearing,
        set_hearing,
        offer,
        staff_move,
        cancel,
        back_to_case_hearing,
        own_hearing,
        choose,
        party_move,
        back_to_own_hearing,
    ]


async def _book(tx: Tx, request: AnyRequest) -> str:
    actor, number = actor_of(request), request.path_params["number"]
    slot_id = parse_slot(await request.form())
    case = await get_case(tx, actor=actor, number=number)
    await book_hearing(tx, actor=actor, side="staff", case_id=case.id, slot_id=slot_id)
    return "Audiência marcada. As duas partes recebem o convite por e-mail."


async def _offer(tx: Tx, request: AnyRequest) -> str:
    actor, number = actor_of(request), request.path_params["number"]
    case = await get_case(tx, actor=actor, number=number)
    await offer_hours(tx, actor=actor, case_id=case.id)
    return "Agora o consumidor pode escolher o horário na página do processo."


async def _move(tx: Tx, request: AnyRequest) -> str:
    actor, number = actor_of(request), request.path_params["number"]
    values = parse_move(await request.form())
    case = await get_case(tx, actor=actor, number=number)
    await reschedule_hearing(
        tx,
        actor=actor,
        side="staff",
        hearing_id=await _set_one(tx, case.id),
        slot_id=values.slot_id,
        reason=values.reason,
    )
    return "Audiência remarcada. As duas partes recebem o novo convite."


async def _cancel(tx: Tx, request: AnyRequest) -> str:
    actor, number = actor_of(request), request.path_params["number"]
    reason = parse_reason(await request.form())
    case = await get_case(tx, actor=actor, number=number)
    hearing_id = await _set_one(tx, case.id)
    await cancel_hearing(tx, actor=actor, hearing_id=hearing_id, reason=reason)
    return "Audiência cancelada. As duas partes são avisadas."


async def _choose(tx: Tx, request: AnyRequest) -> str:
    actor, number = actor_of(request), request.path_params["number"]
    slot_id = parse_slot(await request.form())
    case, side = await party_case(tx, actor=actor, number=number)
    await require_power(tx, actor=actor, case=case, power="file")
    await book_hearing(tx, actor=actor, side=side, case_id=case.id, slot_id=slot_id)
    return "Audiência marcada. O convite vai para o seu e-mail."


async def _party_moves(tx: Tx, request: AnyRequest) -> str:
    actor, number = actor_of(request), request.path_params["number"]
    values = parse_move(await request.form())
    case, side = await party_case(tx, actor=actor, number=number)
    await require_power(tx, actor=actor, case=case, power="file")
    await reschedule_hearing(
        tx,
        actor=actor,
        side=side,
        hearing_id=await _set_one(tx, case.id),
        slot_id=values.slot_id,
        reason=values.reason,
    )
    return "Audiência remarcada. A outra parte e o Procon são avisados."


async def _set_one(tx: Tx, case_id: UUID) -> UUID:
    for hearing in await hearings_of_case(tx, case_id):
        if hearing.status == "set":
            return hearing.id
    raise Conflict("Este processo não tem audiência marcada.", code="no-hearing")


async def _staff_act(request: AnyRequest, act: Act) -> Response[str]:
    """Do it; show the page again with what was typed, or with what others did meanwhile."""
    try:
        async with request_scope(request) as tx:
            notice = await act(tx, request)
    except (Conflict, Invalid) as refusal:
        return await _staff_page(request, await _retry(request, refusal), _status(refusal))
    return redirect(request, _staff_path(request), notice=notice)


async def _party_act(request: AnyRequest, act: Act) -> Response[str]:
    try:
        async with request_scope(request) as tx:
            notice = await act(tx, request)
    except (Conflict, Invalid) as refusal:
        return await _party_page(request, await _retry(request, refusal), _status(refusal))
    return redirect(request, _party_path(request), notice=notice)


async def _staff_page(request: AnyRequest, retry: Retry, status: int = 200) -> Response[str]:
    actor, number = actor_of(request), request.path_params["number"]
    async with request_scope(request) as tx:
        content = await case_hearing_page(tx, actor=actor, number=number, retry=retry)
    return page(request, "hearings/case.html", content, status=status)


async def _party_page(request: AnyRequest, retry: Retry, status: int = 200) -> Response[str]:
    actor, number = actor_of(request), request.path_params["number"]
    async with request_scope(request) as tx:
        # A refused hour may be one of the later ones: then all are shown.
        more = status != 200 or request.query_params.get("mais") == "sim"
        content = await party_hearing_page(tx, actor=actor, number=number, retry=retry, more=more)
    return page(request, "hearings/party.html", content, status=status)


async def _retry(request: AnyRequest, refusal: Conflict | Invalid) -> Retry:
    form = await request.form()
    return Retry(
        slot=typed_text(form, "horario"),
        reason=typed_text(form, "motivo"),
        problem="" if isinstance(refusal, Invalid) else refusal.reason,
        errors=refusal.fields if isinstance(refusal, Invalid) else {},
    )


def _status(refusal: Conflict | Invalid) -> int:
    return 422 if isinstance(refusal, Invalid) else 409


def _staff_path(request: AnyRequest) -> str:
    return f"/equipe/processos/{quote(request.path_params['number'], safe='')}/audiencia"


def _party_path(request: AnyRequest) -> str:
    root = "/fornecedor" if request.url.path.startswith("/fornecedor/") else ""
    return f"{root}/processos/{quote(request.path_params['number'], safe='')}/audiencia"
