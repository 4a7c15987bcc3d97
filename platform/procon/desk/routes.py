"""The staff's pages: the day's queues, one case, and what may be done with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from litestar import Request, Response, get, post

from procon.auth.actor import Actor
from procon.auth.http import actor_of
from procon.cases.access import get_case, note_view
from procon.cases.queries import CaseDetail
from procon.desk import acts
from procon.desk.forms import Typed, inserted, typed
from procon.desk.pages import Form, case_page, cip_page, day_page, verify_page
from procon.desk.presence import PresencePage, others_here
from procon.desk.queries import require_version
from procon.desk.texts.queries import modules
from procon.kernel.errors import Conflict, Invalid
from procon.portal.render import page, redirect
from procon.tenancy.http import request_scope, tenant_of
from procon.tenancy.scope import Tx

AnyRequest = Request[Any, Any, Any]
Act = Callable[[Tx, Actor, CaseDetail, Typed], Awaitable[str]]

_DESK = {"permission": "staff:desk"}
_NOTE = {"permission": "staff:note"}
_TRIAGE = {"permission": "staff:triage"}
_CIP = {"permission": "staff:cip"}
# The page that says so is fresh already: no need to ask for a reload.
_MOVED = "Este processo mudou de etapa enquanto você decidia."
_CASE = "/equipe/processos/{number:str}"


@get("/equipe", opt=_DESK)
async def day(request: AnyRequest) -> Response[str]:
    """ "Meu dia": `?fila=` chooses the queue, `&pagina=` its page."""
    query = request.query_params
    wanted = str(query.get("pagina", "1"))
    page_no = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 7 else 1
    async with request_scope(request) as tx:
        content = await day_page(
            tx, actor=actor_of(request), queue=str(query.get("fila", "")), page_no=page_no
        )
    return page(request, "desk/day.html", content)


@get(_CASE, opt=_DESK)
async def case(request: AnyRequest) -> Response[str]:
    """The whole case."""
    return await _show_case(request, Form())


@get(f"{_CASE}/verificar", opt=_DESK)
async def verify(request: AnyRequest) -> Response[str]:
    """Whether the log is as it was written."""
    async with request_scope(request) as tx:
        content = await verify_page(tx, case=await _case_of(tx, request))
    return page(request, "desk/verify.html", content)


@get(f"{_CASE}/cip", opt=_CIP)
async def confirm_cip(request: AnyRequest) -> Response[str]:
    """The deadline and what follows, before anything goes out."""
    return await _show_cip(request, Form())


@post(f"{_CASE}/cip", opt=_CIP)
async def issue_cip(request: AnyRequest) -> Response[str]:
    """Issue the CIP."""
    secret = request.app.state.settings.secret_key
    return await _act(request, partial(acts.issue, secret=secret), on_invalid=_show_cip)


@post(f"{_CASE}/assumir", opt=_TRIAGE)
async def take(request: AnyRequest) -> Response[str]:
    """Put oneself in charge."""
    return await _act(request, acts.take)


@post(f"{_CASE}/distribuir", opt=_TRIAGE)
async def distribute(request: AnyRequest) -> Response[str]:
    """Put a colleague in charge."""
    return await _act(request, acts.distribute)


@post(f"{_CASE}/nota", opt=_NOTE)
async def note(request: AnyRequest) -> Response[str]:
    """Write an internal note."""
    return await _act(request, acts.note)


@post(f"{_CASE}/devolver", opt=_TRIAGE)
async def send_back(request: AnyRequest) -> Response[str]:
    """Ask the consumer for what is missing."""
    return await _act(request, acts.send_back)


@post(f"{_CASE}/encaminhar", opt=_TRIAGE)
async def send_elsewhere(request: AnyRequest) -> Response[str]:
    """Name another body and end the case here."""
    return await _act(request, acts.send_elsewhere)


@post(f"{_CASE}/corrigir-empresa", opt=_TRIAGE)
async def correct_company(request: AnyRequest) -> Response[str]:
    """Put the right company into the case."""
    return await _act(request, acts.correct_company)


@post(f"{_CASE}/fornecedor-email", opt=_TRIAGE)
async def set_email(request: AnyRequest) -> Response[str]:
    """Keep the supplier's e-mail address."""
    return await _act(request, acts.set_email)


@post(f"{_CASE}/macro", opt=_TRIAGE)
async def use_macro(request: AnyRequest) -> Response[str]:
    """Do what a macro says."""
    return await _act(request, acts.use_macro)


@post(f"{_CASE}/etiquetas", opt=_NOTE)
async def put_tag(request: AnyRequest) -> Response[str]:
    """Mark the case."""
    return await _act(request, acts.put_tag)


@post(f"{_CASE}/etiquetas/tirar", opt=_NOTE)
async def drop_tag(request: AnyRequest) -> Response[str]:
    """Take a mark off."""
    return await _act(request, acts.drop_tag)


@get(f"{_CASE}/presenca", opt=_DESK)
async def presence(request: AnyRequest) -> Response[str]:
    """Who else has the case open, for the part of its page that asks again and again."""
    async with request_scope(request) as tx:
        found, now = await _case_of(tx, request), tx.now
    others = await others_here(
        request.app.state.redis,
        slug=tenant_of(request).slug,
        case_id=found.id,
        actor=actor_of(request),
        now=now,
    )
    return page(request, "desk/presence.html", PresencePage(found.number, others))


def handlers() -> list[Any]:
    """The slice's routes."""
    return [
        day,
        case,
        verify,
        confirm_cip,
        issue_cip,
        take,
        distribute,
        note,
        send_back,
        send_elsewhere,
        correct_company,
        set_email,
        use_macro,
        put_tag,
        drop_tag,
        presence,
    ]


async def _case_of(tx: Tx, request: AnyRequest) -> CaseDetail:
    return await get_case(tx, actor=actor_of(request), number=request.path_params["number"])


async def _show_case(request: AnyRequest, form: Form, status: int = 200) -> Response[str]:
    async with request_scope(request) as tx:
        found = await _case_of(tx, request)
        await note_view(tx, actor=actor_of(request), case=found, side="staff")
        content = await case_page(
            tx,
            actor=actor_of(request),
            case=found,
            form=form,
            panels=request.app.state.panels,
        )
    return page(request, "desk/case.html", content, status=status)


async def _show_cip(request: AnyRequest, form: Form, status: int = 200) -> Response[str]:
    async with request_scope(request) as tx:
        found = await _case_of(tx, request)
        content = await cip_page(tx, case=found, form=form)
    if found.status not in acts.BEFORE_NOTICE:
        late = Form(problem="A CIP não pode ser emitida nesta etapa.")
        return await _show_case(request, late, 409)
    return page(request, "desk/cip.html", content, status=status)


async def _act(
    request: AnyRequest,
    act: Act,
    *,
    on_invalid: Callable[[AnyRequest, Form, int], Awaitable[Response[str]]] = _show_case,
) -> Response[str]:
    """Do one act; show the page again with what was typed, or with what others did meanwhile."""
    form = typed(await request.form())
    if form.inserir:
        return await _show_case(request, Form(typed=await _with_module(request, form)))
    try:
        async with request_scope(request) as tx:
            found = await _case_of(tx, request)
            await require_version(tx, found.id, form.versao)
            notice = await act(tx, actor_of(request), found, form)
    except Invalid as refusal:
        return await on_invalid(request, Form(typed=form, errors=refusal.fields), 422)
    except Conflict as refusal:
        problem = _MOVED if refusal.code.startswith("case-is-at-") else refusal.reason
        return await _show_case(request, Form(typed=form, problem=problem), 409)
    return redirect(request, f"/equipe/processos/{found.number}", notice=notice)


async def _with_module(request: AnyRequest, form: Typed) -> Typed:
    """The form with a text module in it; nothing is done yet."""
    async with request_scope(request) as tx:
        bodies = {str(one.id): one.body for one in await modules(tx)}
    return inserted(form, bodies)
