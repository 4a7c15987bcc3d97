"""Each side says of each date whether it was kept; the staff see all that run and decide."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from procon.agreements.forms import form_key, parse_reason
from procon.agreements.kept.commands import decide, file_proof, say_kept, say_not_kept
from procon.agreements.kept.forms import (
    parse_date,
    parse_decision,
    parse_proof,
    parse_verdict,
    typed,
)
from procon.agreements.kept.pages import (
    deny_page,
    list_page,
    owner_of_proof,
    party_page,
    staff_page,
)
from procon.agreements.pages import Visit
from procon.agreements.routes import both_sides, visit_of
from procon.auth.http import actor_of
from procon.cases.access import get_case, require_power
from procon.evidence.commands import attach
from procon.evidence.queries import fingerprints
from procon.kernel.errors import Conflict, Invalid, Refused
from procon.portal.render import page, redirect
from procon.tenancy.http import request_scope
from procon.tenancy.scope import Tx

AnyRequest = Request[Any, Any, Any]

_OWN = {"permission": "agreement:own"}
_DESK = {"permission": "staff:desk"}
_DECIDE = {"permission": "staff:process"}
_STAFF_CASE = "/equipe/processos/{number:str}/acordo"
_THANKS = "Obrigado. Registramos a sua resposta e avisamos a empresa."
_PROVED = "Comprovante recebido. Avisamos o consumidor."
_DECIDED = "Decisão registrada. Avisamos as partes."


@get(both_sides("/acordo"), opt=_OWN)
async def show(request: AnyRequest) -> Response[Any]:
    """The agreement, date by date."""
    async with request_scope(request) as tx:
        place = await visit_of(tx, request)
        content = await party_page(request, tx, actor=actor_of(request), place=place)
    return page(request, "agreements/agreement.html", content)


@post(both_sides("/acordo"), opt=_OWN)
async def say(request: AnyRequest) -> Response[Any]:
    """The consumer's yes or no, or the company's proof."""
    form = await request.form()
    try:
        async with request_scope(request) as tx:
            place = await visit_of(tx, request)
            notice = await (_prove if place.side == "supplier" else _say)(tx, request, place, form)
    except Invalid as refusal:
        return await _again(request, form, refusal)
    except Conflict as refusal:
        return await _back(request, refusal)
    return redirect(request, f"{place.base}/acordo", notice=notice)


@get("/processos/{number:str}/acordo/nao-cumpriu", opt=_OWN)
async def deny_form(request: AnyRequest) -> Response[Any]:
    """What happened with one date (`?data=`), before it is said to the company."""
    try:
        wanted = parse_date(request.query_params)
        async with request_scope(request) as tx:
            place = await visit_of(tx, request)
            actor = actor_of(request)
            content = await deny_page(tx, actor=actor, place=place, instalment_id=wanted)
    except Invalid as refusal:
        return await _back(request, refusal)
    return page(request, "agreements/deny.html", content)


@get("/equipe/acordos", opt=_DESK)
async def listing(request: AnyRequest) -> Response[Any]:
    """Agreements that run: `?lista=` chooses which, `&pagina=` the page."""
    query = request.query_params
    wanted = str(query.get("pagina", "1"))
    page_no = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 7 else 1
    async with request_scope(request) as tx:
        content = await list_page(tx, wanted=str(query.get("lista", "")), page_no=page_no)
    return page(request, "agreements/list.html", content)


@get(_STAFF_CASE, opt=_DESK)
async def staff_show(request: AnyRequest) -> Response[Any]:
    """The agreement of a case with everything that was said."""
    async with request_scope(request) as tx:
        case = await get_case(tx, actor=actor_of(request), number=request.path_params["number"])
        content = await staff_page(tx, actor=actor_of(request), case=case)
    return page(request, "agreements/staff.html", content)


@post(_STAFF_CASE, opt=_DECIDE)
async def staff_decide(request: AnyRequest) -> Response[Any]:
    """Settle a date."""
    form, actor, number = await request.form(), actor_of(request), request.path_params["number"]
    path = f"/equipe/processos/{number}/acordo"
    try:
        async with request_scope(request) as tx:
            case = await get_case(tx, actor=actor, number=number)
            path = f"/equipe/processos/{case.number}/acordo"
            await _decide(tx, request, case.id, form)
    except Invalid as refusal:
        return await _staff_again(request, form, refusal)
    except Conflict as refusal:
        return redirect(request, path, notice=refusal.reason, kind="important")
    return redirect(request, path, notice=_DECIDED)


def handlers() -> list[HTTPRouteHandler]:
    """The slice's routes for the follow-up."""
    return [show, say, deny_form, listing, staff_show, staff_decide]


async def _say(tx: Tx, request: AnyRequest, place: Visit, form: Any) -> str:
    wanted, verdict, actor = parse_date(form), parse_verdict(form), actor_of(request)
    # A yes gives quittance, a no only tells.
    power = "receive_money" if verdict == "sim" else "file"
    await require_power(tx, actor=actor, case=place.case, power=power)
    if verdict == "sim":
        await say_kept(tx, actor=actor, case_id=place.case.id, instalment_id=wanted)
    else:
        text = parse_reason(form, "texto")
        await say_not_kept(tx, actor=actor, case_id=place.case.id, instalment_id=wanted, text=text)
    return _THANKS


async def _prove(tx: Tx, request: AnyRequest, place: Visit, form: Any) -> str:
    """The proof with the files that were sent for it, in one transaction."""
    key, actor = form_key(form), actor_of(request)
    await require_power(tx, actor=actor, case=place.case, power="file")
    owner = owner_of_proof(actor, place.case.id, key)
    hashes = await fingerprints(tx, owner)
    wanted, text = parse_date(form), parse_proof(form, files=len(hashes))
    filed = await file_proof(
        tx,
        actor=actor,
        case_id=place.case.id,
        instalment_id=wanted,
        text=text,
        idempotency_key=key,
        file_hashes=hashes,
    )
    if filed.new:
        case_id = place.case.id
        await attach(tx, actor=actor, owner=owner, case_id=case_id, attached_to=filed.report_id)
    return _PROVED


async def _decide(tx: Tx, request: AnyRequest, case_id: Any, form: Any) -> None:
    wanted = parse_decision(form)
    await decide(
        tx,
        actor=actor_of(request),
        case_id=case_id,
        instalment_id=wanted.instalment_id,
        kept=wanted.kept,
        text=wanted.text,
    )


async def _again(request: AnyRequest, form: Any, refusal: Invalid) -> Response[Any]:
    """The page with what was typed and what is wrong with it."""
    values, actor = typed(form), actor_of(request)
    async with request_scope(request) as tx:
        place = await visit_of(tx, request)
        if place.side == "consumer" and "texto" in refusal.fields:
            denied = await deny_page(
                tx,
                actor=actor,
                place=place,
                instalment_id=parse_date(form),
                text=values.texto,
                errors=refusal.fields,
            )
            return page(request, "agreements/deny.html", denied, status=422)
        content = await party_page(
            request, tx, actor=actor, place=place, typed=values, errors=refusal.fields
        )
    return page(request, "agreements/agreement.html", content, status=422)


async def _staff_again(request: AnyRequest, form: Any, refusal: Invalid) -> Response[Any]:
    actor = actor_of(request)
    async with request_scope(request) as tx:
        case = await get_case(tx, actor=actor, number=request.path_params["number"])
        content = await staff_page(
            tx, actor=actor, case=case, typed=typed(form), errors=refusal.fields
        )
    return page(request, "agreements/staff.html", content, status=422)


async def _back(request: AnyRequest, refusal: Refused) -> Response[Any]:
    """The agreement's page, which shows how things stand, with what was in the way."""
    async with request_scope(request) as tx:
        place = await visit_of(tx, request)
    return redirect(request, f"{place.base}/acordo", notice=refusal.reason, kind="important")
