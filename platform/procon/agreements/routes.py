"""A proposal is made, read, answered; each side has the same pages under its own address."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from msgspec import structs

from procon.agreements.commands import today_of
from procon.agreements.forms import Typed, form_key, parse_offer, parse_reason, typed, which
from procon.agreements.pages import (
    OfferPage,
    ReviewPage,
    Visit,
    answer_page,
    counter_page,
    date_lines,
    offer_form,
    proposal_page,
    visit,
)
from procon.agreements.proposals import accept, check_offer, counter, offer, refuse, withdraw
from procon.agreements.queries import PartySide, proposals_of_case
from procon.agreements.terms import KINDS, Offer
from procon.auth.http import actor_of
from procon.kernel.errors import Conflict, Invalid
from procon.portal.render import page, redirect
from procon.tenancy.http import request_scope
from procon.tenancy.scope import Tx

AnyRequest = Request[Any, Any, Any]

_OWN = {"permission": "agreement:own"}
_AGREED = "Acordo feito. Guardamos as datas: depois de cada uma, perguntamos se foi cumprida."
_REFUSED = "Proposta recusada. O processo continua, e avisamos a outra parte."
_WITHDRAWN = "Proposta retirada. Avisamos a outra parte."
_SENT = "Proposta enviada. Avisamos a outra parte, que responde por aqui."


def both_sides(tail: str) -> list[str]:
    """The consumer's and the company's address of a page of a case."""
    return [f"{start}/processos/{{number:str}}{tail}" for start in ("", "/fornecedor")]


async def visit_of(tx: Tx, request: AnyRequest, power: str = "") -> Visit:
    """Who came to which case, on the side that the address says.

    Raises:
        NotFound, Forbidden: see `pages.visit`.
    """
    wanted: PartySide = "supplier" if request.url.path.startswith("/fornecedor/") else "consumer"
    number = request.path_params["number"]
    return await visit(tx, actor=actor_of(request), number=number, wanted=wanted, power=power)


@get(both_sides("/proposta"), opt=_OWN)
async def show(request: AnyRequest) -> Response[Any]:
    """What is on the table, what was; the company's form when nothing is."""
    async with request_scope(request) as tx:
        place = await visit_of(tx, request)
        content = await proposal_page(tx, actor=actor_of(request), place=place)
    return page(request, "agreements/proposal.html", content)


@post(both_sides("/proposta"), opt=_OWN)
async def propose(request: AnyRequest) -> Response[Any]:
    """Review a proposal or counter-proposal, then send it."""
    form = await request.form()
    values = typed(form)
    try:
        return await _propose(request, values, form_key(form))
    except Invalid as refusal:
        return await _form_again(request, values, refusal)
    except Conflict as refusal:
        return await _back(request, refusal)


@get(both_sides("/proposta/contraproposta"), opt=_OWN)
async def counter_form(request: AnyRequest) -> Response[Any]:
    """The form, filled with what the other side offered."""
    try:
        async with request_scope(request) as tx:
            place = await visit_of(tx, request)
            content = await counter_page(tx, actor=actor_of(request), place=place)
    except Conflict as refusal:
        return await _back(request, refusal)
    return page(request, "agreements/offer.html", content)


@get(both_sides("/proposta/aceitar"), opt=_OWN)
async def accept_form(request: AnyRequest) -> Response[Any]:
    """What accepting means, before it is done."""
    return await _answer_form(request, "agreements/accept.html")


@post(both_sides("/proposta/aceitar"), opt=_OWN)
async def do_accept(request: AnyRequest) -> Response[Any]:
    """The proposal that was on the page becomes the agreement."""
    try:
        wanted = which(await request.form())
        async with request_scope(request) as tx:
            place = await visit_of(tx, request, "settle")
            await accept(
                tx,
                actor=actor_of(request),
                side=place.side,
                case_id=place.case.id,
                proposal_id=wanted,
            )
    except (Invalid, Conflict) as refusal:
        return await _back(request, refusal)
    return redirect(request, f"{place.base}/acordo", notice=_AGREED)


@get(both_sides("/proposta/recusar"), opt=_OWN)
async def refuse_form(request: AnyRequest) -> Response[Any]:
    """Say no, and why if one likes."""
    return await _answer_form(request, "agreements/refuse.html")


@post(both_sides("/proposta/recusar"), opt=_OWN)
async def do_refuse(request: AnyRequest) -> Response[Any]:
    """The proposal ends; the case goes on."""
    form = await request.form()
    try:
        wanted = which(form)
        reason = parse_reason(form)
        async with request_scope(request) as tx:
            place = await visit_of(tx, request, "settle")
            await _refuse(tx, request, place, wanted, reason)
    except Invalid as refusal:
        return await _refuse_again(request, form, refusal)
    except Conflict as refusal:
        return await _back(request, refusal)
    return redirect(request, f"{place.base}/proposta", notice=_REFUSED)


# Who had to sign in again comes back to this address by GET.
@get(both_sides("/proposta/retirar"), opt=_OWN)
async def back_to_proposal(request: AnyRequest) -> Response[Any]:
    """The button is on the proposal's page."""
    async with request_scope(request) as tx:
        place = await visit_of(tx, request)
    return redirect(request, f"{place.base}/proposta")


@post(both_sides("/proposta/retirar"), opt=_OWN)
async def do_withdraw(request: AnyRequest) -> Response[Any]:
    """Take one's own proposal back while nobody has answered."""
    try:
        wanted = which(await request.form())
        async with request_scope(request) as tx:
            place = await visit_of(tx, request, "settle")
            case_id, actor = place.case.id, actor_of(request)
            await withdraw(tx, actor=actor, side=place.side, case_id=case_id, proposal_id=wanted)
    except (Invalid, Conflict) as refusal:
        return await _back(request, refusal)
    return redirect(request, f"{place.base}/proposta", notice=_WITHDRAWN)


def handlers() -> list[HTTPRouteHandler]:
    """The slice's routes for the parties' proposals."""
    return [
        show,
        propose,
        counter_form,
        accept_form,
        do_accept,
        refuse_form,
        do_refuse,
        back_to_proposal,
        do_withdraw,
    ]


async def _propose(request: AnyRequest, values: Typed, key: str) -> Response[Any]:
    actor = actor_of(request)
    async with request_scope(request) as tx:
        place = await visit_of(tx, request, "settle")
        if values.passo == "corrigir":
            return await _form(request, tx, place, values)
        wanted = parse_offer(values, today=today_of(tx), timezone=tx.tenant.timezone)
        check_offer(tx, wanted)
        if values.passo != "enviar":
            return await _review(request, tx, place, values, wanted)
        case_id, side = place.case.id, place.side
        if values.responde:
            await counter(
                tx,
                actor=actor,
                side=side,
                case_id=case_id,
                proposal_id=which({"responde": values.responde}, "responde"),
                offer=wanted,
                idempotency_key=key,
            )
        elif side == "supplier":
            await offer(
                tx, actor=actor, side=side, case_id=case_id, offer=wanted, idempotency_key=key
            )
        else:
            raise Conflict("A primeira proposta é da empresa. Você pode responder a ela.")
    return redirect(request, f"{place.base}/proposta", notice=_SENT)


async def _form(
    request: AnyRequest,
    tx: Tx,
    place: Visit,
    values: Typed,
    refusal: Invalid | None = None,
) -> Response[Any]:
    rows = await proposals_of_case(tx, place.case.id)
    errors = refusal.fields if refusal else {}
    form = await offer_form(
        tx, actor=actor_of(request), place=place, rows=rows, typed=values, errors=errors
    )
    status = 422 if refusal else 200
    return page(request, "agreements/offer.html", OfferPage(place, form, errors), status=status)


async def _review(
    request: AnyRequest, tx: Tx, place: Visit, values: Typed, wanted: Offer
) -> Response[Any]:
    rows = await proposals_of_case(tx, place.case.id)
    form = await offer_form(tx, actor=actor_of(request), place=place, rows=rows, typed=values)
    lines = date_lines(wanted.instalments)
    content = ReviewPage(place, form, KINDS[wanted.kind], wanted, lines)
    return page(request, "agreements/review.html", content)


async def _form_again(request: AnyRequest, values: Typed, refusal: Invalid) -> Response[Any]:
    """The form with what was typed; a wrong amount of it is named beside its field."""
    shown = structs.replace(values, passo="")
    async with request_scope(request) as tx:
        return await _form(request, tx, await visit_of(tx, request), shown, refusal)


async def _answer_form(request: AnyRequest, template: str) -> Response[Any]:
    try:
        async with request_scope(request) as tx:
            content = await answer_page(tx, place=await visit_of(tx, request))
    except Conflict as refusal:
        return await _back(request, refusal)
    return page(request, template, content)


async def _refuse(
    tx: Tx, request: AnyRequest, place: Visit, proposal_id: UUID, reason: str
) -> None:
    await refuse(
        tx,
        actor=actor_of(request),
        side=place.side,
        case_id=place.case.id,
        proposal_id=proposal_id,
        reason=reason,
    )


async def _refuse_again(request: AnyRequest, form: Any, refusal: Invalid) -> Response[Any]:
    if "motivo" not in refusal.fields:
        return await _back(request, refusal)
    text = typed({"texto": form.get("motivo", "")}).texto
    try:
        async with request_scope(request) as tx:
            place = await visit_of(tx, request)
            content = await answer_page(tx, place=place, text=text, errors=refusal.fields)
    except Conflict as late:
        return await _back(request, late)
    return page(request, "agreements/refuse.html", content, status=422)


async def _back(request: AnyRequest, refusal: Invalid | Conflict) -> Response[Any]:
    """The proposal's page, which shows how things stand, with what was in the way."""
    async with request_scope(request) as tx:
        place = await visit_of(tx, request)
    return redirect(request, f"{place.base}/proposta", notice=refusal.reason, kind="important")
