"""Routes: the staff prepare and send, the consumer reads and approves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Request, Response, get, post
from msgspec import structs

from procon.auth.http import actor_of
from procon.cases.access import get_case, require_power, side_of
from procon.cases.queries import CaseDetail
from procon.courts import commands, forms, outcomes
from procon.courts.pages import (
    CheckPage,
    consumer_base,
    court_page,
    review_page,
    staff_base,
    text_page,
    view_of,
)
from procon.courts.queries import handover_of, has_court
from procon.ext.ports import HandoverKind
from procon.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from procon.portal.render import page, redirect
from procon.tenancy.http import request_scope, tenant_of
from procon.tenancy.scope import Tx

AnyRequest = Request[Any, Any, Any]
Done = Callable[[Tx, CaseDetail, HandoverKind], Awaitable[None]]

_STAFF = {"permission": "staff:process"}
_PARTY = {"permission": "party:act"}
_BASE = "/equipe/processos/{number:str}/justica"
_OWN = "/processos/{number:str}/justica"
_FORMS = ("perguntar", "de-novo", "comprovante", "resultado", "aprovada")
_SENDING = "Enviando à Justiça. O protocolo aparece aqui e no histórico em alguns minutos."
_ASKED = "Perguntamos ao tribunal. A resposta aparece aqui em alguns minutos."


@get(_BASE, opt=_STAFF)
async def show(request: AnyRequest) -> Response[Any]:
    """What was handed over, and what may be prepared."""
    async with request_scope(request) as tx:
        case = await _staff_case(tx, request)
        content = await court_page(tx, actor=actor_of(request), case=case, via=_via(request))
    return page(request, "courts/court.html", content)


@get(f"{_BASE}/{{kind:str}}", opt=_STAFF)
async def text_form(request: AnyRequest) -> Response[Any]:
    """The text, filled from the case."""
    try:
        async with request_scope(request) as tx:
            case = await _staff_case(tx, request)
            content = await text_page(tx, case=case, kind=_kind(request))
    except Conflict as refusal:
        return _back(request, staff_base(request.path_params["number"]), refusal)
    return page(request, "courts/text.html", content)


@post(f"{_BASE}/{{kind:str}}", opt=_STAFF)
async def save_text(request: AnyRequest) -> Response[Any]:
    """Save the text."""
    form = forms.typed(await request.form())
    try:
        async with request_scope(request) as tx:
            case = await _staff_case(tx, request)
            await _prepare(tx, request, case, form)
    except Invalid as refusal:
        return await _text_again(request, form, refusal)
    except Conflict as refusal:
        return _back(request, staff_base(request.path_params["number"]), refusal)
    path, notice = _after_saving(case, _kind(request))
    return redirect(request, path, notice=notice)


@get(f"{_BASE}/{{kind:str}}/conferir", opt=_STAFF)
async def check(request: AnyRequest) -> Response[Any]:
    """The last look: everything that goes, and where to."""
    async with request_scope(request) as tx:
        case = await _staff_case(tx, request)
        row = await handover_of(tx, case.id, _kind(request))
        if row is None:
            raise NotFound("Não há nada preparado para a Justiça neste processo.")
        view = await view_of(tx, row)
    content = CheckPage(case, _via(request), staff_base(case.number), view)
    return page(request, "courts/check.html", content)


@post(f"{_BASE}/{{kind:str}}/conferir", opt=_STAFF)
async def send(request: AnyRequest) -> Response[Any]:
    """Send it. A second click changes nothing."""
    values = forms.typed(await request.form())

    async def done(tx: Tx, case: CaseDetail, kind: HandoverKind) -> None:
        await commands.send(
            tx,
            actor=actor_of(request),
            case_id=case.id,
            kind=kind,
            sha256=values.sha256,
            via=_via(request),
        )

    return await _do(request, done, _SENDING, values)


@post(f"{_BASE}/{{kind:str}}/perguntar", opt=_STAFF)
async def ask(request: AnyRequest) -> Response[Any]:
    """Ask the court now."""

    async def done(tx: Tx, case: CaseDetail, kind: HandoverKind) -> None:
        await commands.ask_now(tx, case_id=case.id, kind=kind)

    return await _do(request, done, _ASKED, forms.Typed())


@post(f"{_BASE}/{{kind:str}}/de-novo", opt=_STAFF)
async def send_again(request: AnyRequest) -> Response[Any]:
    """Try once more after a failure."""
    values = forms.typed(await request.form())

    async def done(tx: Tx, case: CaseDetail, kind: HandoverKind) -> None:
        await commands.send_again(
            tx, actor=actor_of(request), case_id=case.id, kind=kind, seen=values.conferi
        )

    return await _do(request, done, _SENDING, values)


@post(f"{_BASE}/{{kind:str}}/comprovante", opt=_STAFF)
async def acknowledge(request: AnyRequest) -> Response[Any]:
    """The court's acknowledgement, brought by a person."""
    form = await request.form()

    async def done(tx: Tx, case: CaseDetail, kind: HandoverKind) -> None:
        brought = await forms.check_acknowledgement(form)
        await outcomes.acknowledge(
            tx,
            actor=actor_of(request),
            case_id=case.id,
            kind=kind,
            store=request.app.state.store.put,
            **structs.asdict(brought),
        )

    notice = "Comprovante juntado. As partes foram avisadas."
    return await _do(request, done, notice, forms.typed(form))


@post(f"{_BASE}/{{kind:str}}/resultado", opt=_STAFF)
async def enter_result(request: AnyRequest) -> Response[Any]:
    """What the court decided, as a person read it there."""
    values = forms.typed(await request.form())

    async def done(tx: Tx, case: CaseDetail, kind: HandoverKind) -> None:
        confirmed, text = forms.check_result(values)
        await outcomes.enter_result(
            tx,
            actor=actor_of(request),
            case_id=case.id,
            kind=kind,
            confirmed=confirmed,
            text=text,
        )

    return await _do(request, done, "Resultado registrado. As partes foram avisadas.", values)


@post(f"{_BASE}/{{kind:str}}/aprovada", opt=_STAFF)
async def approved_at_counter(request: AnyRequest) -> Response[Any]:
    """The consumer read the petition on paper, and agrees."""
    values = forms.typed(await request.form())

    async def done(tx: Tx, case: CaseDetail, _: HandoverKind) -> None:
        forms.check_read(values)
        await commands.approve(
            tx,
            actor=actor_of(request),
            case_id=case.id,
            sha256=values.sha256,
            at_counter=True,
        )

    return await _do(request, done, "Aprovação registrada. Confira e envie.", values)


@get(f"{_BASE}/{{kind:str}}/pacote", opt=_STAFF)
async def package(request: AnyRequest) -> Response[None]:
    """The package for the court: 303 to the store, for 60 s."""
    async with request_scope(request) as tx:
        case = await _staff_case(tx, request)
        row = await handover_of(tx, case.id, _kind(request))
    if row is None or not row.package_key:
        raise NotFound("O pacote ainda não está pronto.")
    address = request.app.state.store.download_address(
        row.package_key, name=f"justica-{case.number}.zip", media_type="application/zip"
    )
    headers = {"Cache-Control": "no-store", "Location": address}
    return Response(None, status_code=303, headers=headers)


# Who had to sign in again comes back to these addresses by GET.
@get(
    [f"{_BASE}/{{kind:str}}/{act}" for act in _FORMS],
    opt=_STAFF,
)
async def back_to_staff(request: AnyRequest) -> Response[Any]:
    """The forms are on the page of the handovers."""
    async with request_scope(request) as tx:
        case = await _staff_case(tx, request)
    return redirect(request, staff_base(case.number))


@get([_OWN, f"{_OWN}/aprovar", f"{_OWN}/mudar"], opt=_PARTY)
async def review(request: AnyRequest) -> Response[Any]:
    """The petition as it would be sent, and what became of it."""
    async with request_scope(request) as tx:
        content = await review_page(tx, case=await _own_case(tx, request))
    return page(request, "courts/review.html", content)


@post(f"{_OWN}/aprovar", opt=_PARTY)
async def approve(request: AnyRequest) -> Response[Any]:
    """The consumer agrees with the petition."""
    values = forms.typed(await request.form())
    try:
        async with request_scope(request) as tx:
            case = await _own_case(tx, request, power="file")
            await commands.approve(
                tx, actor=actor_of(request), case_id=case.id, sha256=values.sha256
            )
    except Conflict as refusal:
        return _back(request, consumer_base(request.path_params["number"]), refusal)
    notice = "Petição aprovada. O Procon envia à Justiça e avisa você do número."
    return redirect(request, consumer_base(case.number), notice=notice)


@post(f"{_OWN}/mudar", opt=_PARTY)
async def ask_change(request: AnyRequest) -> Response[Any]:
    """The consumer says what is to be changed."""
    values = forms.typed(await request.form())
    try:
        async with request_scope(request) as tx:
            case = await _own_case(tx, request, power="file")
            wish = forms.check_wish(values)
            await commands.ask_change(tx, actor=actor_of(request), case_id=case.id, text=wish)
    except Invalid as refusal:
        return await _review_again(request, values, refusal)
    except Conflict as refusal:
        return _back(request, consumer_base(request.path_params["number"]), refusal)
    notice = "Pedido enviado. O Procon muda o texto e pede a sua aprovação de novo."
    return redirect(request, consumer_base(case.number), notice=notice)


def handlers() -> list[Any]:
    """The slice's routes."""
    return [
        *(show, text_form, save_text, check, send, ask, send_again, acknowledge, enter_result),
        *(package, approved_at_counter, back_to_staff, review, approve, ask_change),
    ]


async def _prepare(tx: Tx, request: AnyRequest, case: CaseDetail, form: forms.Typed) -> None:
    text, value = forms.check_text(form)
    await commands.prepare(
        tx, actor=actor_of(request), case=case, kind=_kind(request), text=text, value=value
    )


def _after_saving(case: CaseDetail, kind: HandoverKind) -> tuple[str, str]:
    """A petition waits for the consumer; an agreement was agreed on already."""
    base = staff_base(case.number)
    if kind == "petition":
        return base, "Texto salvo. Quando o consumidor aprovar, você pode enviar."
    return f"{base}/homologacao/conferir", "Texto salvo. Confira e envie."


async def _do(request: AnyRequest, done: Done, notice: str, values: forms.Typed) -> Response[Any]:
    """Do an act of the staff on a handover; what was wrong shows beside its form."""
    try:
        async with request_scope(request) as tx:
            case = await _staff_case(tx, request)
            await done(tx, case, _kind(request))
    except Invalid as refusal:
        return await _court_again(request, values, refusal)
    except Conflict as refusal:
        return _back(request, staff_base(request.path_params["number"]), refusal)
    return redirect(request, staff_base(case.number), notice=notice)


async def _court_again(request: AnyRequest, values: forms.Typed, refusal: Invalid) -> Response[Any]:
    async with request_scope(request) as tx:
        content = await court_page(
            tx,
            actor=actor_of(request),
            case=await _staff_case(tx, request),
            via=_via(request),
            typed=values,
            about=request.path_params["kind"],
            errors=refusal.fields,
        )
    return page(request, "courts/court.html", content, status=422)


async def _text_again(request: AnyRequest, form: forms.Typed, refusal: Invalid) -> Response[Any]:
    async with request_scope(request) as tx:
        case = await _staff_case(tx, request)
        content = await text_page(
            tx, case=case, kind=_kind(request), typed=form, errors=refusal.fields
        )
    return page(request, "courts/text.html", content, status=422)


async def _review_again(
    request: AnyRequest, values: forms.Typed, refusal: Invalid
) -> Response[Any]:
    async with request_scope(request) as tx:
        case = await _own_case(tx, request)
        content = await review_page(tx, case=case, typed=values, errors=refusal.fields)
    return page(request, "courts/review.html", content, status=422)


def _back(request: AnyRequest, path: str, refusal: Conflict) -> Response[Any]:
    return redirect(request, path, notice=refusal.reason, kind="important")


def _kind(request: AnyRequest) -> HandoverKind:
    return forms.kind_of(request.path_params["kind"])


def _via(request: AnyRequest) -> str:
    title: str = request.app.state.court_of(tenant_of(request)).title
    return title


async def _staff_case(tx: Tx, request: AnyRequest) -> CaseDetail:
    case = await get_case(tx, actor=actor_of(request), number=request.path_params["number"])
    if not has_court(tx.tenant):
        raise NotFound("Este Procon não tem integração com a Justiça.")
    return case


async def _own_case(tx: Tx, request: AnyRequest, *, power: str = "") -> CaseDetail:
    """The case, for who stands on the consumer's side of it.

    Raises:
        Forbidden: another side, or a mandate without the power.
    """
    actor = actor_of(request)
    case = await get_case(tx, actor=actor, number=request.path_params["number"])
    if await side_of(tx, actor=actor, case=case) != "consumer":
        raise Forbidden("Esta página é do consumidor.")
    if not has_court(tx.tenant):
        raise NotFound("Este Procon não tem integração com a Justiça.")
    if power:
        await require_power(tx, actor=actor, case=case, power=power)
    return case
