"""The citizen's wizard: one question per page, saved as one goes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import structlog
from litestar import Request, Response, get, post
from litestar.datastructures import Cookie

from procon.auth.http import actor_of
from procon.auth.ratelimit import allow, subject
from procon.cases.access import get_case
from procon.cases.queries import detail_by_id
from procon.evidence.pages import upload_box
from procon.evidence.queries import Owner
from procon.intake import counter
from procon.intake.commands import discard_draft, file_draft, save_answer, start_draft
from procon.intake.forms import PARSERS
from procon.intake.pages import (
    GonePage,
    ResumePage,
    StartPage,
    StepPage,
    check_page,
    place_of,
    receipt_page,
    step_page,
)
from procon.intake.queries import CHECK, STEPS, Answers, Draft, draft_by_token, next_step
from procon.kernel.errors import Conflict, Invalid, LoginNeeded, NotFound, Refused
from procon.portal.render import page, plural, redirect
from procon.tenancy.http import request_scope, tenant_of
from procon.tenancy.keys import key

AnyRequest = Request[Any, Any, Any]
log = structlog.get_logger()
# What a database that cannot be reached, or refuses for now, raises. Only its name is logged:
# the traceback's variables are what a person wrote.
DOWN = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.ReadOnlySQLTransactionError,
)
_PUBLIC = {"permission": "public"}
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}\Z")
_HOUR = timedelta(hours=1)
_COOKIE_SECONDS = 30 * 24 * 3600
_NOT_KEPT = (
    "Não conseguimos guardar a resposta agora. O que você escreveu continua abaixo. "
    "Espere um minuto e toque de novo em Continuar."
)


@get("/reclamar", opt=_PUBLIC)
async def start(request: AnyRequest) -> Response[Any]:
    """What to have at hand; goes on with this browser's draft when there is one."""
    resume = ""
    if token := token_of(request):
        try:
            async with request_scope(request) as tx:
                draft = await draft_by_token(tx, token)
            resume = "" if draft.case_id else place_of(draft.answers)
        except NotFound:
            resume = ""
    return page(request, "intake/start.html", StartPage(resume=resume))


@post("/reclamar", opt=_PUBLIC)
async def begin(request: AnyRequest) -> Response[Any]:
    """Start a draft: a token for this browser, the hash of it for us."""
    if problem := await _too_many(request):
        return page(request, "intake/start.html", StartPage(problem=problem), status=429)
    async with request_scope(request) as tx:
        token = await start_draft(tx)
    response = redirect(request, f"/reclamar/{next(iter(STEPS))}")
    response.set_cookie(draft_cookie(request, token))
    return response


@get("/reclamar/{step:str}", opt=_PUBLIC)
async def question(request: AnyRequest) -> Response[Any]:
    """One question; `q` searches companies or subjects."""
    step, token = step_of(request), token_of(request)
    query = str(request.query_params["q"])[:200].strip() if "q" in request.query_params else None
    try:
        content = await _question(request, step, token, query=query)
    except (NotFound, Conflict) as refusal:
        return await _closed(request, token, refusal)
    return page(request, f"intake/{step}.html", content, personal=True)


@post("/reclamar/{step:str}", opt=_PUBLIC)
async def answer_question(request: AnyRequest) -> Response[Any]:
    """Keep the answer and go to the first question that has none."""
    step, token, form = step_of(request), token_of(request), await typed(request)
    try:
        answer = PARSERS[step](form, _today(request))
        async with request_scope(request) as tx:
            answers = await save_answer(tx, token=token, step=step, answer=answer)
    except Invalid as refusal:
        return await _again(request, step, form, errors=refusal.fields)
    except (NotFound, Conflict) as refusal:
        return await _closed(request, token, refusal)
    except DOWN as error:
        log.error("draft_not_kept", step=step, error=type(error).__name__)
        return await _again(request, step, form, problem=_NOT_KEPT)
    return redirect(request, place_of(answers))


@get(f"/reclamar/{CHECK}", opt=_PUBLIC)
async def check(request: AnyRequest) -> Response[Any]:
    """All answers, before they are sent."""
    return await _check(request)


@get("/reclamar/enviar", opt=_PUBLIC)
async def back_to_check(request: AnyRequest) -> Response[Any]:
    """Whoever reloads after signing in lands on the answers."""
    return redirect(request, f"/reclamar/{CHECK}")


@post("/reclamar/enviar", opt=_PUBLIC)
async def send(request: AnyRequest) -> Response[Any]:
    """File the complaint. Twice the same draft gives the same receipt."""
    token = token_of(request)
    try:
        async with request_scope(request) as tx:
            filed = await file_draft(tx, actor=actor_of(request), token=token)
    except Refused as refusal:
        return await _not_sent(request, token, refusal)
    except DOWN as error:
        log.error("draft_not_sent", error=type(error).__name__)
        return page(request, "intake/gone.html", GonePage(kept=True), status=503, personal=True)
    return redirect(request, f"/reclamar/recibo/{filed.number}")


@get("/reclamar/recibo/{number:str}", opt={"permission": "case:own"})
async def receipt(request: AnyRequest) -> Response[Any]:
    """The number, and what happens next until when."""
    async with request_scope(request) as tx:
        case = await get_case(tx, actor=actor_of(request), number=request.path_params["number"])
        content = await receipt_page(tx, case)
    return page(request, "intake/receipt.html", content)


@get("/reclamar/continuar/{token:str}", opt=_PUBLIC)
async def resume_form(request: AnyRequest) -> Response[Any]:
    """Ask before opening: a link alone must not replace the draft that this browser has."""
    token = request.path_params["token"]
    try:
        async with request_scope(request) as tx:
            draft = await _writing(tx, token)
    except (NotFound, Conflict) as refusal:
        return await _closed(request, token, refusal)
    if token == token_of(request):
        return redirect(request, place_of(draft.answers))
    content = ResumePage(
        action=f"/reclamar/continuar/{token}",
        company=draft.answers.company.name if draft.answers.company else "",
        changed_until=draft.expires_at,
    )
    return page(request, "intake/resume.html", content, personal=True)


@post("/reclamar/continuar/{token:str}", opt=_PUBLIC)
async def resume(request: AnyRequest) -> Response[Any]:
    """Open the draft in this browser."""
    token = request.path_params["token"]
    try:
        async with request_scope(request) as tx:
            draft = await _writing(tx, token)
    except (NotFound, Conflict) as refusal:
        return await _closed(request, token, refusal)
    response = redirect(request, place_of(draft.answers))
    response.set_cookie(draft_cookie(request, token))
    return response


@post("/reclamar/descartar", opt=_PUBLIC)
async def discard(request: AnyRequest) -> Response[Any]:
    """Throw the draft away, for whoever writes on a shared computer."""
    async with request_scope(request) as tx:
        await discard_draft(tx, token=token_of(request))
    response = redirect(request, "/reclamar", notice="O rascunho foi apagado.")
    response.set_cookie(draft_cookie(request, ""))
    return response


def handlers() -> list[Any]:
    """The slice's routes, the counter's among them."""
    return [
        start,
        begin,
        question,
        answer_question,
        check,
        back_to_check,
        send,
        receipt,
        resume_form,
        resume,
        discard,
        *counter.handlers(),
    ]


def draft_cookie_name(secure: bool) -> str:
    """Cookie that holds the draft's token."""
    return "__Host-procon-rascunho" if secure else "procon-rascunho"


def draft_cookie(request: AnyRequest, token: str) -> Cookie:
    """The cookie for a draft's token; "" takes it away."""
    secure = _secure(request)
    return Cookie(
        key=draft_cookie_name(secure),
        value=token,
        path="/",
        max_age=_COOKIE_SECONDS if token else 0,
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def token_of(request: AnyRequest) -> str:
    """The token of this browser's draft, or ""."""
    value = request.cookies.get(draft_cookie_name(_secure(request)), "")
    return value if _TOKEN.match(value) else ""


def step_of(request: AnyRequest) -> str:
    """The question in the address. Raises NotFound."""
    step = str(request.path_params["step"])
    if step not in STEPS:
        raise NotFound("Esta pergunta não existe.")
    return step


async def typed(request: AnyRequest) -> dict[str, str]:
    """The posted text fields; of a field sent twice the last counts."""
    form = await request.form()
    return {name: value for name, value in form.multi_items() if isinstance(value, str)}


async def _writing(tx: Any, token: str) -> Draft:
    """The draft, while it can still be changed. Raises NotFound, Conflict."""
    draft = await draft_by_token(tx, token)
    if draft.case_id is not None:
        raise Conflict("Esta reclamação já foi enviada.", code="draft-sent")
    return draft


async def _too_many(request: AnyRequest) -> str:
    """Why this address may not start another draft now, or ""."""
    tenant = tenant_of(request)
    address = request.client.host if request.client else ""
    limit_key = key(tenant.slug, "drafts", subject(address))
    decision = await allow(request.app.state.redis, limit_key, tenant.limits.drafts_per_hour, _HOUR)
    if decision.allowed:
        return ""
    minutes = max(1, -(-decision.retry_after // 60))
    return (
        "Muitas reclamações foram começadas a partir desta conexão. "
        f"Tente de novo em {plural(minutes, 'minuto', 'minutos')}."
    )


async def _question(request: AnyRequest, step: str, token: str, **asked: Any) -> StepPage:
    """The page of a question. Raises NotFound, Conflict."""
    async with request_scope(request) as tx:
        draft = await _writing(tx, token)
        if step == "arquivos":
            owner = Owner("draft", draft.id)
            asked["upload"] = await upload_box(request, tx, owner, back="/reclamar/arquivos")
        return await step_page(
            tx,
            step=step,
            answers=draft.answers,
            actor=actor_of(request),
            resume=_resume_url(request, token),
            **asked,
        )


async def _again(
    request: AnyRequest,
    step: str,
    form: Mapping[str, str],
    *,
    errors: Mapping[str, str] | None = None,
    problem: str = "",
) -> Response[Any]:
    """The question once more, with what was typed. It must not need the database to do so."""
    token = token_of(request)
    asked: dict[str, Any] = {"form": form, "errors": errors, "problem": problem}
    asked["query"] = form.get("q")
    try:
        content = await _question(request, step, token, **asked)
    except (NotFound, Conflict) as refusal:
        return await _closed(request, token, refusal)
    except DOWN:
        content = await step_page(
            None,
            step=step,
            answers=Answers(),
            actor=actor_of(request),
            resume=_resume_url(request, token),
            **asked,
        )
    status = 503 if problem else 422
    return page(request, f"intake/{step}.html", content, status=status, personal=True)


async def _not_sent(request: AnyRequest, token: str, refusal: Refused) -> Response[Any]:
    """Where somebody whose complaint was not filed goes: never to a dead end."""
    if isinstance(refusal, LoginNeeded):
        return redirect(request, f"/entrar?voltar=/reclamar/{CHECK}")
    if isinstance(refusal, Invalid):
        return redirect(request, f"/reclamar/{next(iter(refusal.fields))}")
    if isinstance(refusal, NotFound | Conflict):
        return await _closed(request, token, refusal)
    return await _check(request, refusal=refusal.reason)


async def _check(request: AnyRequest, *, refusal: str = "") -> Response[Any]:
    token = token_of(request)
    try:
        async with request_scope(request) as tx:
            draft = await _writing(tx, token)
            missing = next_step(draft.answers)
            if missing != CHECK:
                return redirect(request, f"/reclamar/{missing}")
            content = await check_page(
                tx,
                draft=draft,
                actor=actor_of(request),
                resume=_resume_url(request, token),
                refusal=refusal,
            )
    except (NotFound, Conflict) as closed:
        return await _closed(request, token, closed)
    status = 403 if refusal else 200
    return page(request, "intake/conferir.html", content, status=status, personal=True)


async def _closed(request: AnyRequest, token: str, refusal: NotFound | Conflict) -> Response[Any]:
    """A draft that cannot be written in: sent (to its receipt), gone, or never begun."""
    if isinstance(refusal, Conflict):
        async with request_scope(request) as tx:
            draft = await draft_by_token(tx, token)
            case = draft.case_id and await detail_by_id(tx, draft.case_id)
        if case:
            return redirect(request, f"/reclamar/recibo/{case.number}")
    if not token:
        return redirect(request, "/reclamar")
    return page(request, "intake/gone.html", GonePage(), status=404)


def _resume_url(request: AnyRequest, token: str) -> str:
    settings = request.app.state.settings
    return str(settings.url(request.scope["state"]["host"], f"/reclamar/continuar/{token}"))


def _secure(request: AnyRequest) -> bool:
    return bool(request.app.state.settings.public_scheme == "https")


def _today(request: AnyRequest) -> date:
    now: datetime = request.app.state.db.clock()
    return now.astimezone(ZoneInfo(tenant_of(request).timezone)).date()
