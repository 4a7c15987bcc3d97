"""The supplier's way in, the case as it sees it, the answer and its receipt."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect

from procon.answers.commands import enter_with_code, submit_answer
from procon.answers.forms import (
    AnswerForm,
    parse_answer,
    parse_code,
    parse_wrong_company,
)
from procon.answers.inbox.pages import cities_page, inbox_page, page_number
from procon.answers.internal.forms import uuid_in
from procon.answers.internal.routes import handlers as internal
from procon.answers.more_time.routes import handlers as more_time
from procon.answers.pages import (
    HomePage,
    answer_owner,
    case_page,
    home_page,
    receipt_page,
    wrong_company_page,
)
from procon.answers.sheet.routes import handlers as sheet
from procon.auth.actor import Actor
from procon.auth.companies.queries import reach_of
from procon.auth.http import actor_of
from procon.auth.login.acts import open_session
from procon.auth.login.site import site_of
from procon.auth.ratelimit import allow, subject
from procon.auth.sessions import session_cookie
from procon.cases.access import get_case, require_power
from procon.cases.commands import declare_wrong_company
from procon.cases.queries import detail_by_id
from procon.evidence.commands import attach
from procon.evidence.queries import fingerprints
from procon.kernel.errors import Conflict, Invalid, NotFound, Refused
from procon.kernel.text import typed_text
from procon.portal.render import page, redirect
from procon.tenancy.http import request_scope, tenant_of
from procon.tenancy.keys import key
from procon.tenancy.scope import Tx

AnyRequest = Request[Any, Any, Any]

CODE_TRIES = 20
CODE_PERIOD = timedelta(minutes=15)
_THANKS = (
    "Obrigado. O Procon vai conferir o processo {number}."
    " A sua empresa não precisa responder por enquanto."
)
_READ = {"permission": "supplier:read"}
_ANSWER = {"permission": "supplier:answer"}


async def suppliers_home(request: AnyRequest) -> Response[Any]:
    """The page of the suppliers' host: what waits in every city, and how to enter each."""
    state = request.app.state
    content = await cities_page(
        state.db,
        state.settings,
        tuple(state.directory.active()),
        actor_of(request),
        page_number(request.query_params.get("pagina", "1")),
    )
    return page(request, "answers/cities.html", content)


@get("/fornecedor", opt={"permission": "public"})
async def supplier_home(request: AnyRequest) -> Response[Any]:
    """The company's inbox, or its door for who is not known."""
    if request.scope["state"].get("tenant") is None:
        return await suppliers_home(request)
    actor = actor_of(request)
    async with request_scope(request) as tx:
        if reach := await reach_of(tx, actor=actor):
            inbox = await inbox_page(tx, actor, reach, request.query_params)
            return page(request, "answers/inbox.html", inbox)
        content = await home_page(tx, actor)
    return page(request, "answers/home.html", content)


@get("/fornecedor/codigo", opt={"permission": "public"})
async def back_to_door(request: AnyRequest) -> Response[Any]:
    """The form is on the door's page."""
    return redirect(request, "/fornecedor")


@post("/fornecedor/codigo", opt={"permission": "public"})
async def enter_by_code(request: AnyRequest) -> Response[Any]:
    """Enter one case with the code of its CIP."""
    form, site = await request.form(), site_of(request)
    try:
        code = parse_code(form)
        await _limit_tries(request)
        actor, number = await _enter(request, code)
        token = await open_session(site, actor, "access-code")
    except Refused as refusal:
        return _refused(request, typed_text(form, "codigo")[:40], refusal)
    response = Redirect(_path(number), status_code=303, headers={"Cache-Control": "no-store"})
    response.set_cookie(session_cookie(token, secure=site.secure))
    return response


@get("/fornecedor/processos/{number:str}", opt=_READ)
async def case_for_supplier(request: AnyRequest) -> Response[Any]:
    """The request, the deadline and the answer form (`?modelo=` begins with a model)."""
    model = uuid_in(str(request.query_params.get("modelo", "")))
    async with request_scope(request) as tx:
        content = await case_page(
            request, tx, actor_of(request), request.path_params["number"], model=model
        )
    return page(request, "answers/case.html", content)


@get("/fornecedor/processos/{number:str}/responder", opt=_READ)
async def back_to_case(request: AnyRequest) -> Response[Any]:
    """The form is on the case's page; who had to sign in again comes here by GET."""
    return redirect(request, _path(request.path_params["number"]))


@post("/fornecedor/processos/{number:str}/responder", opt=_ANSWER)
async def answer(request: AnyRequest) -> Response[Any]:
    """Take the answer, late or not; the same form twice gives the same receipt."""
    actor, number, form = actor_of(request), request.path_params["number"], await request.form()
    try:
        values = parse_answer(form)
        async with request_scope(request) as tx:
            case = await get_case(tx, actor=actor, number=number)
            await require_power(tx, actor=actor, case=case, power="file")
            await _submit(tx, actor, case.id, values)
    except (Invalid, Conflict) as refusal:
        return await _answer_again(request, refusal)
    return redirect(request, f"{_path(number)}/recibo")


@get("/fornecedor/processos/{number:str}/recibo", opt=_READ)
async def receipt(request: AnyRequest) -> Response[Any]:
    """When it came, its hash, in time or late."""
    async with request_scope(request) as tx:
        content = await receipt_page(tx, actor_of(request), request.path_params["number"])
    return page(request, "answers/receipt.html", content)


@get("/fornecedor/processos/{number:str}/empresa-errada", opt=_READ)
async def wrong_company_form(request: AnyRequest) -> Response[Any]:
    """Say that the case is another company's."""
    async with request_scope(request) as tx:
        content = await wrong_company_page(tx, actor_of(request), request.path_params["number"])
    return page(request, "answers/wrong_company.html", content)


@post("/fornecedor/processos/{number:str}/empresa-errada", opt=_ANSWER)
async def wrong_company(request: AnyRequest) -> Response[Any]:
    """Back to the staff."""
    actor, number, form = actor_of(request), request.path_params["number"], await request.form()
    try:
        text = parse_wrong_company(form)
        async with request_scope(request) as tx:
            case = await get_case(tx, actor=actor, number=number)
            await require_power(tx, actor=actor, case=case, power="file")
            await declare_wrong_company(tx, actor=actor, case_id=case.id, text=text)
    except Invalid as refusal:
        return await _wrong_company_again(request, typed_text(form, "motivo"), refusal)
    except Conflict as refusal:
        return redirect(request, _path(number), notice=refusal.reason, kind="important")
    return redirect(request, "/fornecedor", notice=_THANKS.format(number=case.number))


def handlers() -> list[HTTPRouteHandler]:
    """The supplier's routes."""
    return [
        supplier_home,
        back_to_door,
        enter_by_code,
        case_for_supplier,
        back_to_case,
        answer,
        receipt,
        wrong_company_form,
        wrong_company,
        *internal(),
        *more_time(),
        *sheet(),
    ]


async def _limit_tries(request: AnyRequest) -> None:
    """A code is guessed by trying; without Redis nobody counts, so nobody tries."""
    address = request.client.host if request.client else ""
    name = key(tenant_of(request).slug, "limit", "supplier-code", subject(address))
    decision = await allow(
        request.app.state.redis, name, CODE_TRIES, CODE_PERIOD, when_down="refuse"
    )
    if not decision.allowed:
        minutes = max(1, -(-decision.retry_after // 60))
        wait = f"{minutes} minuto{'s' if minutes > 1 else ''}"
        raise Refused(
            f"Não foi possível conferir o código agora. Espere {wait} e tente de novo.",
            code="code-limit",
        )


async def _enter(request: AnyRequest, code: str) -> tuple[Actor, str]:
    """The actor of this code and the number of its case."""
    async with request_scope(request) as tx:
        actor = await enter_with_code(tx, code=code)
        case = await detail_by_id(tx, actor.case_id) if actor.case_id else None
    if case is None:
        raise NotFound
    return actor, case.number


def _refused(request: AnyRequest, typed: str, refusal: Refused) -> Response[Any]:
    """The door again, with what was typed."""
    if isinstance(refusal, Invalid):
        content = HomePage(code=typed, errors=refusal.fields)
    elif isinstance(refusal, NotFound):
        content = HomePage(code=typed, errors={"codigo": refusal.reason})
    else:
        content = HomePage(code=typed, problem=refusal.reason)
    status = {"code-limit": 429, "login-unavailable": 503}.get(refusal.code, 422)
    return page(request, "answers/home.html", content, status=status, personal=True)


async def _submit(tx: Tx, actor: Actor, case_id: UUID, values: AnswerForm) -> None:
    """The answer with the files that were sent for it, in one transaction."""
    owner = answer_owner(case_id, values.key)
    receipt = await submit_answer(
        tx,
        actor=actor,
        case_id=case_id,
        text=values.text,
        idempotency_key=f"{case_id}/{values.key}",
        file_hashes=await fingerprints(tx, owner),
    )
    if receipt.new:
        await attach(tx, actor=actor, owner=owner, case_id=case_id, attached_to=receipt.answer_id)


async def _answer_again(request: AnyRequest, refusal: Invalid | Conflict) -> Response[Any]:
    """The case's page again. Nothing that was typed is lost, even when it cannot be taken."""
    form = await request.form()
    text, invalid = typed_text(form, "resposta"), isinstance(refusal, Invalid)
    async with request_scope(request) as tx:
        content = await case_page(
            request,
            tx,
            actor_of(request),
            request.path_params["number"],
            text=text if invalid else "",
            kept="" if invalid else text,
            errors=refusal.fields if isinstance(refusal, Invalid) else {},
        )
    return page(request, "answers/case.html", content, status=422 if invalid else 409)


async def _wrong_company_again(request: AnyRequest, typed: str, refusal: Invalid) -> Response[Any]:
    actor, number = actor_of(request), request.path_params["number"]
    async with request_scope(request) as tx:
        content = await wrong_company_page(tx, actor, number, text=typed, errors=refusal.fields)
    return page(request, "answers/wrong_company.html", content, status=422)


def _path(number: str) -> str:
    return f"/fornecedor/processos/{quote(number, safe='')}"
