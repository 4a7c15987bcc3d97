"""Asking for more time, and deciding."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from litestar import Request, Response, get, post

from procon.answers.more_time.commands import ask_more_time, decide_more_time
from procon.answers.more_time.forms import Decision, parse_asked, parse_decision, typed
from procon.answers.more_time.pages import ask_page, decide_page, waiting_page
from procon.auth.http import actor_of
from procon.cases.access import get_case, require_power
from procon.kernel.errors import Conflict, Invalid
from procon.portal.render import page, redirect
from procon.tenancy.http import request_scope

AnyRequest = Request[Any, Any, Any]

_PROCESS = {"permission": "staff:process"}
_COMPANY = "/fornecedor/processos"
_STAFF = "/equipe/processos"
_END = "/{number:str}/mais-prazo"


@get(f"{_COMPANY}{_END}", opt={"permission": "supplier:read"})
async def more_time(request: AnyRequest) -> Response[Any]:
    """The form, or what became of the request."""
    async with request_scope(request) as tx:
        case = await get_case(tx, actor=actor_of(request), number=_number(request))
        content = await ask_page(tx, case)
    return page(request, "answers/more_time.html", content)


@post(f"{_COMPANY}{_END}", opt={"permission": "supplier:answer"})
async def ask(request: AnyRequest) -> Response[Any]:
    """Ask."""
    actor, form = actor_of(request), await request.form()
    try:
        values = parse_asked(form)
        async with request_scope(request) as tx:
            case = await get_case(tx, actor=actor, number=_number(request))
            await require_power(tx, actor=actor, case=case, power="file")
            await ask_more_time(tx, actor=actor, case=case, days=values.days, reason=values.reason)
    except Invalid as refusal:
        return await _ask_again(request, refusal, typed(form))
    except Conflict as refusal:
        notice = refusal.reason
        return redirect(request, _path(_COMPANY, request), notice=notice, kind="important")
    notice = "Pedido enviado. Enquanto o Procon não decide, o prazo continua o mesmo."
    return redirect(request, _path(_COMPANY, request), notice=notice)


@get("/equipe/mais-prazo", opt=_PROCESS)
async def waiting(request: AnyRequest) -> Response[Any]:
    """Every request that waits."""
    async with request_scope(request) as tx:
        content = await waiting_page(tx)
    return page(request, "answers/more_time_waiting.html", content)


@get(f"{_STAFF}{_END}", opt=_PROCESS)
async def decision(request: AnyRequest) -> Response[Any]:
    """What was asked, and the two answers."""
    async with request_scope(request) as tx:
        case = await get_case(tx, actor=actor_of(request), number=_number(request))
        content = await decide_page(tx, case)
    return page(request, "answers/more_time_decide.html", content)


@post(f"{_STAFF}{_END}", opt=_PROCESS)
async def decide(request: AnyRequest) -> Response[Any]:
    """Grant or refuse."""
    form = await request.form()
    try:
        wanted = parse_decision(form)
        await _decide(request, wanted)
    except Invalid as refusal:
        return await _decide_again(request, refusal, typed(form))
    except Conflict as refusal:
        notice = refusal.reason
        return redirect(request, _path(_STAFF, request), notice=notice, kind="important")
    done = "Prazo aumentado. As partes são avisadas." if wanted.days else "Pedido recusado."
    return redirect(request, f"{_STAFF}/{quote(_number(request), safe='')}", notice=done)


def handlers() -> list[Any]:
    """The folder's routes."""
    return [more_time, ask, waiting, decision, decide]


async def _decide(request: AnyRequest, wanted: Decision) -> None:
    actor = actor_of(request)
    async with request_scope(request) as tx:
        case = await get_case(tx, actor=actor, number=_number(request))
        await decide_more_time(
            tx,
            actor=actor,
            case=case,
            request_id=wanted.request_id,
            days=wanted.days,
            answer=wanted.answer,
        )


async def _ask_again(request: AnyRequest, refusal: Invalid, form: dict[str, str]) -> Response[Any]:
    async with request_scope(request) as tx:
        case = await get_case(tx, actor=actor_of(request), number=_number(request))
        content = await ask_page(tx, case, form=form, errors=refusal.fields)
    return page(request, "answers/more_time.html", content, status=422)


async def _decide_again(
    request: AnyRequest, refusal: Invalid, form: dict[str, str]
) -> Response[Any]:
    async with request_scope(request) as tx:
        case = await get_case(tx, actor=actor_of(request), number=_number(request))
        content = await decide_page(tx, case, form=form, errors=refusal.fields)
    return page(request, "answers/more_time_decide.html", content, status=422)


def _number(request: AnyRequest) -> str:
    return str(request.path_params["number"])


def _path(base: str, request: AnyRequest) -> str:
    return f"{base}/{quote(_number(request), safe='')}/mais-prazo"
