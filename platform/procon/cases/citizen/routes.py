"""The consumer follows, completes and rates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from msgspec import structs

from procon.answers.commands import rate_answer
from procon.auth.http import actor_of
from procon.cases.access import get_case, require_power
from procon.cases.citizen.forms import form_key, parse_completion, parse_rating, typed
from procon.cases.citizen.pages import case_page, completion_owner, my_cases_page
from procon.cases.commands import complete_case
from procon.evidence.commands import attach
from procon.kernel.errors import Conflict, Invalid
from procon.portal.render import page, redirect
from procon.tenancy.http import request_scope

AnyRequest = Request[Any, Any, Any]

_ELSEWHERE: Mapping[str, str] = {"staff": "/equipe", "supplier": "/fornecedor"}
_MOVED = "Este processo já mudou de etapa. Veja abaixo como ele está agora."


@get(["/minha-conta", "/processos"], opt={"permission": "case:own"})
async def my_cases(request: AnyRequest) -> Response[Any]:
    """“Minhas reclamações”."""
    async with request_scope(request) as tx:
        content = await my_cases_page(tx, actor_of(request))
    return page(request, "cases/mine.html", content)


@get("/processos/{number:str}", opt={"permission": "account:own"})
async def case_for_citizen(request: AnyRequest) -> Response[Any]:
    """One case; staff and suppliers are sent to their own page of it."""
    actor, number = actor_of(request), request.path_params["number"]
    if actor.kind in _ELSEWHERE:
        return redirect(request, f"{_ELSEWHERE[actor.kind]}{_path(number)}")
    async with request_scope(request) as tx:
        content = await case_page(request, tx, actor, number)
    return page(request, "cases/case.html", content)


# Who had to sign in again comes back to these addresses by GET.
@get(
    ["/processos/{number:str}/avaliar", "/processos/{number:str}/completar"],
    opt={"permission": "account:own"},
)
async def back_to_case(request: AnyRequest) -> Response[Any]:
    """The forms are on the case's page."""
    return redirect(request, _path(request.path_params["number"]))


# A key is not needed to do these two once: they move the case on, and what moved cannot move
# again. The one of the second form says which files belong to it.
@post("/processos/{number:str}/avaliar", opt={"permission": "case:rate"})
async def rate(request: AnyRequest) -> Response[Any]:
    """Solved or not, 1 to 5, why: closes the case."""
    actor, number, form = actor_of(request), request.path_params["number"], await request.form()
    try:
        given = parse_rating(form)
        async with request_scope(request) as tx:
            case = await get_case(tx, actor=actor, number=number)
            await require_power(tx, actor=actor, case=case, power="file")
            verdict = structs.asdict(given)
            await rate_answer(tx, actor=actor, case_id=case.id, **verdict)
    except Invalid as refusal:
        return await _again(request, form, refusal)
    except Conflict:
        return redirect(request, _path(number), notice=_MOVED, kind="important")
    return redirect(request, _path(number), notice="Obrigado. Sua avaliação foi registrada.")


@post("/processos/{number:str}/completar", opt={"permission": "case:own"})
async def complete(request: AnyRequest) -> Response[Any]:
    """What the staff asked for: the case goes back to them."""
    actor, number, form = actor_of(request), request.path_params["number"], await request.form()
    try:
        text = parse_completion(form)
        async with request_scope(request) as tx:
            case = await get_case(tx, actor=actor, number=number)
            await require_power(tx, actor=actor, case=case, power="file")
            await complete_case(tx, actor=actor, case_id=case.id, text=text)
            owner = completion_owner(case.id, form_key(form))
            await attach(tx, actor=actor, owner=owner, case_id=case.id)
    except Invalid as refusal:
        return await _again(request, form, refusal)
    except Conflict:
        return redirect(request, _path(number), notice=_MOVED, kind="important")
    return redirect(request, _path(number), notice="Recebemos. O Procon vai ler e avisar você.")


def handlers() -> list[HTTPRouteHandler]:
    """The consumer's routes."""
    return [my_cases, case_for_citizen, back_to_case, rate, complete]


async def _again(request: AnyRequest, form: Mapping[str, Any], refusal: Invalid) -> Response[Any]:
    """The same page, with what was typed and what is wrong with it."""
    async with request_scope(request) as tx:
        content = await case_page(
            request,
            tx,
            actor_of(request),
            request.path_params["number"],
            form=typed(form),
            errors=refusal.fields,
        )
    return page(request, "cases/case.html", content, status=422)


def _path(number: str) -> str:
    return f"/processos/{quote(number, safe='')}"
