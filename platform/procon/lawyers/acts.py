"""A client's case as the lawyer sees it, on either side, and the acts for the client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid5

from litestar import Request, Response, get, post
from litestar.connection import ASGIConnection
from msgspec import Struct, structs

from procon.answers.commands import submit_answer
from procon.answers.queries import AnswerRow, RatingRow, answers_of_case, rating_of_case
from procon.auth.actor import Actor, Kind
from procon.auth.http import actor_of
from procon.auth.mandates.model import POWERS, power_for
from procon.cases.access import (
    Standing,
    get_case,
    note_view,
    require_act,
    require_power,
    standing_in,
)
from procon.cases.log import entries
from procon.cases.moves import workflow_of
from procon.cases.pages import (
    DeadlineBadge,
    StatusLabel,
    badge_of,
    panels_of,
    status_label,
    timeline_of,
)
from procon.cases.queries import CaseDetail
from procon.cases.taxonomy import subject_title
from procon.evidence.commands import attach
from procon.evidence.pages import FileView, UploadBox, file_views, upload_box
from procon.evidence.queries import files_of_case, fingerprints
from procon.ext.slots import Panel
from procon.ext.workflow import Side, State, Transition
from procon.kernel.errors import Conflict, Forbidden, Invalid
from procon.kernel.ids import new_id
from procon.kernel.text import clean, is_form_key
from procon.lawyers.forms import typed
from procon.lawyers.pages import BASE, path_of
from procon.letters.pages import DocumentLine, document_lines
from procon.notices.commands import note_reading
from procon.portal.render import page, redirect
from procon.portal.shell import TimelineEntry
from procon.process.commands import bring_about
from procon.process.pages import (
    ActPage,
    FilingView,
    act_page,
    acts_panel,
    files_owner,
    filing_views,
    form_act,
)
from procon.process.pages import case_panel as process_panel
from procon.tenancy.http import request_scope
from procon.tenancy.scope import Tx

AnyRequest = Request[Any, Any, Any]
Connection = ASGIConnection[Any, Any, Any, Any]
TEXT_MOST = 20_000
_LAWYER = {"permission": "lawyer:own"}
_CASE = BASE + "/{number:str}"
_ACT = _CASE + "/atos/{act:str}"
_LETTERS = frozenset({"cip"})
# Last parts of addresses under /fornecedor/processos that a company's lawyer may open too.
_BOTH_SIDES = frozenset({"proposta", "acordo", "audiencia"})
_OLD = "Esta página ficou aberta por muito tempo. Confira o texto e envie de novo."
_ANSWER_STATES = frozenset({"cip_issued", "unanswered"})


class LawyerCasePage(Struct, frozen=True):
    """A case as a client's lawyer sees it, on either side.

    `upload` takes files for the answer to the CIP while one can be given; else it is None.
    """

    case: CaseDetail
    standing: Standing
    powers: str
    subject: str
    label: StatusLabel
    badge: DeadlineBadge | None
    state: State
    own_page: str
    upload: UploadBox | None
    answers: tuple[AnswerRow, ...]
    rating: RatingRow | None
    files: tuple[FileView, ...]
    filings: tuple[FilingView, ...]
    documents: tuple[DocumentLine, ...]
    panels: tuple[Panel, ...]
    timeline: tuple[TimelineEntry, ...]
    key: str
    form: Mapping[str, str] = {}
    errors: Mapping[str, str] = {}


@get(_CASE, opt=_LAWYER)
async def client_case(request: AnyRequest) -> Response[Any]:
    """The case; who has a page of their own of it is sent there."""
    async with request_scope(request) as tx:
        content = await case_page(tx, request)
    if content is None:
        return redirect(request, f"/processos/{path_of(request.path_params['number'])}")
    return page(request, "lawyers/case.html", content)


@get(_CASE + "/responder", opt=_LAWYER)
async def back_to_case(request: AnyRequest) -> Response[Any]:
    """The form is on the case's page."""
    return redirect(request, f"{BASE}/{path_of(request.path_params['number'])}")


@post(_CASE + "/responder", opt=_LAWYER)
async def answer(request: AnyRequest) -> Response[Any]:
    """Answer the CIP for the company; late or not, once for each form."""
    form = await request.form()
    try:
        text, key = _answer(form)
        async with request_scope(request) as tx:
            await _submit(tx, request, text, key)
    except (Invalid, Conflict) as refusal:
        return await _case_again(request, typed(form), refusal)
    path = f"{BASE}/{path_of(request.path_params['number'])}"
    return redirect(request, path, notice="Resposta enviada. O consumidor vai ler e avaliar.")


@get(_ACT, opt=_LAWYER)
async def client_act(request: AnyRequest) -> Response[Any]:
    """The form of an act for the client."""
    async with request_scope(request) as tx:
        case, standing, act = await _act_of(tx, request)
        if case.status in act.sources:
            return page(request, "process/act.html", await _form(tx, request, case, standing.side))
    path = f"{BASE}/{path_of(case.number)}"
    notice = "Este ato não cabe na etapa em que o processo está agora."
    return redirect(request, path, notice=notice, kind="important")


@post(_ACT, opt=_LAWYER)
async def do_client_act(request: AnyRequest) -> Response[Any]:
    """Do it, grave acts after a last look."""
    form = typed(await request.form())
    try:
        async with request_scope(request) as tx:
            case, standing, act = await _act_of(tx, request)
            text = _checked(form, act)
            if act.grave and form.get("conferido") != "sim":
                content = await _form(tx, request, case, standing.side, form=form, checking=True)
                return page(request, "process/act.html", content)
            await _do(tx, request, case, standing, text=text, form=form)
    except (Invalid, Conflict) as refusal:
        return await _act_again(request, form, refusal)
    return redirect(request, f"{BASE}/{path_of(case.number)}", notice=f"Feito: {act.act}.")


def handlers() -> list[Any]:
    """Routes of a lawyer in a case."""
    return [client_case, back_to_case, answer, client_act, do_client_act]


async def case_page(
    tx: Tx,
    request: AnyRequest,
    *,
    form: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> LawyerCasePage | None:
    """The case for who acts for a client; None for who has a page of their own of it.

    Raises:
        NotFound, Forbidden: see `access.get_case`.
    """
    actor, number = actor_of(request), request.path_params["number"]
    case = await get_case(tx, actor=actor, number=number, either=True)
    standing = await standing_in(tx, actor=actor, case=case)
    if standing is None or standing.role not in {"lawyer", "trainee"}:
        return None
    await note_view(tx, actor=actor, case=case)
    if "receive_notice" in standing.powers:
        await note_reading(tx, actor=actor, side=standing.side, case_id=case.id)
    zone = tx.tenant.timezone
    files = await files_of_case(tx, case.id)
    waiting = case.status in _ANSWER_STATES and standing.side == "supplier"
    can_answer = waiting and "file" in standing.powers
    key = uuid5(case.id, f"{actor.session_id}/answer").hex
    owner, back = files_owner(case.id, key), f"{BASE}/{path_of(case.number)}"
    return LawyerCasePage(
        case=case,
        standing=standing,
        powers="; ".join(POWERS[one].lower() for one in POWERS if one in standing.powers),
        subject=subject_title(case.subject),
        label=status_label(case.status, case.outcome),
        badge=badge_of(case.due_at, case.status, now=tx.now, tz=zone),
        state=workflow_of(case.procedure).state(case.status),
        own_page=f"/processos/{path_of(case.number)}" if standing.side == "consumer" else "",
        upload=await upload_box(request, tx, owner, back=back) if can_answer else None,
        answers=tuple(await answers_of_case(tx, case.id)),
        rating=await rating_of_case(tx, case.id),
        files=file_views(files, actor),
        filings=await filing_views(tx, case, files, actor),
        documents=await document_lines(tx, case.id, _LETTERS),
        panels=await _panels(tx, request, actor, case, standing),
        timeline=timeline_of(await entries(tx, case.id, internal=False), zone),
        key=key,
        form=form or {},
        errors=errors or {},
    )


async def _panels(
    tx: Tx, request: Connection, actor: Actor, case: CaseDetail, standing: Standing
) -> tuple[Panel, ...]:
    """The slices' boxes without what leads to pages that are the company's alone, and the acts
    that the mandate includes."""
    others = [one for one in request.app.state.panels if one is not process_panel]
    shown = await panels_of(tx, others, actor=actor, side=standing.side, case=case)
    found = [kept for kept in map(_open_to_citizens, shown) if kept is not None]
    acts = acts_panel(tx, actor=actor, side=standing.side, case=case, base=BASE)
    if acts is not None:
        kept = tuple(
            action
            for action in acts.actions
            if power_for(action.href.rpartition("/")[2]) in standing.powers
        )
        if kept:
            found.insert(0, structs.replace(acts, actions=kept))
    return tuple(found)


def _open_to_citizens(panel: Panel) -> Panel | None:
    """Without links to pages that only who is signed in as the company may open; None when
    nothing else was in it."""
    kept = tuple(
        one
        for one in panel.actions
        if not one.href.startswith("/fornecedor/") or one.href.rpartition("/")[2] in _BOTH_SIDES
    )
    if panel.actions and not kept and not panel.rows:
        return None
    return structs.replace(panel, actions=kept)


def for_client(actor: Actor, standing: Standing) -> Actor:
    """The actor as the log names them: on the client's side, with name and OAB number."""
    kind: Kind = "supplier" if standing.side == "supplier" else "citizen"
    return structs.replace(actor, kind=kind, name=f"{actor.name}, {standing.quality}")


async def _act_of(tx: Tx, request: AnyRequest) -> tuple[CaseDetail, Standing, Transition]:
    """The case, where the lawyer stands in it, and the act, if the mandate includes it."""
    actor = actor_of(request)
    case = await get_case(tx, actor=actor, number=request.path_params["number"], either=True)
    act = form_act(case, request.path_params["act"])
    standing = await standing_in(tx, actor=actor, case=case)
    if standing is None or standing.role not in {"lawyer", "trainee"}:
        raise Forbidden("Esta página é de quem atua por procuração.")
    await require_act(tx, actor=actor, case=case, transition=act.key)
    return case, standing, act


async def _form(
    tx: Tx,
    request: AnyRequest,
    case: CaseDetail,
    side: Side,
    *,
    form: Mapping[str, str] | None = None,
    checking: bool = False,
    errors: Mapping[str, str] | None = None,
) -> ActPage:
    """The procedure's own form page, on the lawyer's address."""
    found = await act_page(
        request,
        tx,
        actor=actor_of(request),
        side=side,
        case=case,
        transition=request.path_params["act"],
        base=BASE,
        checking=checking,
        errors=errors,
    )
    if form is None:
        return found
    kept = structs.replace(
        found.form, texto=form.get("texto", ""), resultado=form.get("resultado", "")
    )
    return structs.replace(found, form=kept)


def _checked(form: Mapping[str, str], act: Transition) -> str:
    """The act's text. Raises Invalid."""
    text = clean(form.get("texto", ""), TEXT_MOST + 1, multiline=True)
    if "text" in act.asks and not text:
        raise Invalid({"texto": f"Escreva: {act.text_label.lower()}."})
    if len(text) > TEXT_MOST:
        raise Invalid({"texto": "O texto pode ter até 20.000 caracteres."})
    if not is_form_key(form.get("_chave", "")):
        raise Invalid({"texto": _OLD})
    return text


async def _do(
    tx: Tx,
    request: AnyRequest,
    case: CaseDetail,
    standing: Standing,
    *,
    text: str,
    form: Mapping[str, str],
) -> None:
    actor, filing_id = for_client(actor_of(request), standing), new_id()
    owner = files_owner(case.id, form["_chave"])
    moved = await bring_about(
        tx,
        actor=actor,
        side=standing.side,
        case=case,
        transition=request.path_params["act"],
        idempotency_key=f"{case.id}/{form['_chave']}",
        text=text,
        outcome=form.get("resultado", "")[:40],
        file_hashes=await fingerprints(tx, owner),
        filing_id=filing_id,
    )
    if moved is not None:
        await attach(tx, actor=actor, owner=owner, case_id=case.id, attached_to=filing_id)


async def _act_again(
    request: AnyRequest, form: Mapping[str, str], refusal: Invalid | Conflict
) -> Response[Any]:
    """The form with what was typed, so that nothing is lost."""
    invalid = isinstance(refusal, Invalid)
    errors = refusal.fields if isinstance(refusal, Invalid) else {"texto": refusal.reason}
    async with request_scope(request) as tx:
        case, standing, _ = await _act_of(tx, request)
        content = await _form(tx, request, case, standing.side, form=form, errors=errors)
    return page(request, "process/act.html", content, status=422 if invalid else 409)


def _answer(form: Mapping[str, Any]) -> tuple[str, str]:
    """Text and key of an answer. Raises Invalid."""
    values = typed(form)
    raw = form.get("resposta", "")
    text = clean(raw if isinstance(raw, str) else "", TEXT_MOST + 1, multiline=True)
    if not text:
        raise Invalid({"resposta": "Escreva a resposta da empresa."})
    if len(text) > TEXT_MOST:
        raise Invalid({"resposta": "A resposta pode ter até 20.000 caracteres."})
    if not is_form_key(values.get("_chave", "")):
        raise Invalid({"resposta": _OLD})
    return text, values["_chave"]


async def _submit(tx: Tx, request: AnyRequest, text: str, key: str) -> None:
    actor = actor_of(request)
    case = await get_case(tx, actor=actor, number=request.path_params["number"], either=True)
    standing = await standing_in(tx, actor=actor, case=case)
    if standing is None or standing.side != "supplier":
        raise Forbidden("Só quem representa a empresa pode responder.")
    await require_power(tx, actor=actor, case=case, power="file")
    owner, actor = files_owner(case.id, key), for_client(actor, standing)
    receipt = await submit_answer(
        tx,
        actor=actor,
        case_id=case.id,
        text=text,
        idempotency_key=f"{case.id}/{key}",
        file_hashes=await fingerprints(tx, owner),
    )
    if receipt.new:
        await attach(tx, actor=actor, owner=owner, case_id=case.id, attached_to=receipt.answer_id)


async def _case_again(
    request: AnyRequest, form: Mapping[str, str], refusal: Invalid | Conflict
) -> Response[Any]:
    invalid = isinstance(refusal, Invalid)
    errors = refusal.fields if isinstance(refusal, Invalid) else {"resposta": refusal.reason}
    async with request_scope(request) as tx:
        content = await case_page(tx, request, form=form, errors=errors)
    if content is None:
        return redirect(request, f"/processos/{path_of(request.path_params['number'])}")
    return page(request, "lawyers/case.html", content, status=422 if invalid else 409)
