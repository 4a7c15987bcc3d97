"""The staff's pages of notices. Nothing leaves the house before a last look at whom it goes to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from procon.auth.actor import Actor
from procon.auth.http import actor_of
from procon.cases.access import get_case
from procon.cases.queries import CaseDetail
from procon.evidence.commands import attach, receive
from procon.evidence.queries import Owner
from procon.kernel.errors import Conflict, Invalid, NotFound
from procon.notices.staff import acts
from procon.notices.staff.forms import (
    Typed,
    form_key,
    parse_address,
    parse_card,
    parse_edital,
    parse_letter,
    parse_meeting,
    parse_posting,
    typed,
)
from procon.notices.staff.pages import (
    ACTS,
    act_page,
    case_page,
    found,
    notice_page,
    work_page,
)
from procon.portal.render import page, redirect
from procon.tenancy.http import request_scope, tenant_of
from procon.tenancy.scope import Tx

AnyRequest = Request[Any, Any, Any]

_DESK = {"permission": "staff:desk"}
_PROCESS = {"permission": "staff:process"}
_CASE = "/equipe/processos/{number:str}/avisos"
# What goes out of the house is shown once more before it does.
_LAST_LOOK = frozenset({"ar", "edital", "reenviar"})


class Place(Struct, frozen=True):
    """A notice of a case."""

    case: CaseDetail
    notice_id: UUID

    @property
    def case_id(self) -> UUID:
        """The case's id."""
        return self.case.id


Do = Callable[[Tx, Actor, Place, Typed], Awaitable[str]]


@get("/equipe/avisos", opt=_DESK)
async def work(request: AnyRequest) -> Response[Any]:
    """Letters to prepare, to post and to wait for, and what came back; `?fila=` chooses."""
    async with request_scope(request) as tx:
        content = await work_page(tx, str(request.query_params.get("fila", "")))
    return page(request, "notices/work.html", content)


@get(_CASE, opt=_DESK)
async def of_case(request: AnyRequest) -> Response[Any]:
    """All notices of a case."""
    async with request_scope(request) as tx:
        content = await case_page(tx, actor_of(request), request.path_params["number"])
    return page(request, "notices/case.html", content)


@get(f"{_CASE}/{{notice_id:uuid}}", opt=_DESK)
async def one(request: AnyRequest) -> Response[Any]:
    """One notice, its history and what can be done."""
    number, notice_id = request.path_params["number"], request.path_params["notice_id"]
    secret = request.app.state.settings.secret_key
    async with request_scope(request) as tx:
        content = await notice_page(tx, actor_of(request), number, notice_id, secret=secret)
    return page(request, "notices/notice.html", content)


@get(f"{_CASE}/{{notice_id:uuid}}/{{act:str}}", opt=_PROCESS)
async def ask(request: AnyRequest) -> Response[Any]:
    """The form of an act."""
    async with request_scope(request) as tx:
        content = await act_page(tx, actor_of(request), _place(request))
    return page(request, "notices/act.html", content)


@post(f"{_CASE}/{{notice_id:uuid}}/{{act:str}}", opt=_PROCESS)
async def act(request: AnyRequest) -> Response[Any]:
    """Show the last look, or do it."""
    raw, (number, _, name) = await request.form(), _place(request)
    form = typed(raw)
    try:
        if form.confirmar == "mudar":
            return await _again(request, form, {}, 200)
        if name in _LAST_LOOK and form.confirmar != "sim":
            return await _look(request, form)
        notice = await _do(request, raw, form)
    except Invalid as refusal:
        return await _again(request, form, refusal.fields, 422)
    except Conflict as refusal:
        return redirect(request, _of(number), notice=refusal.reason, kind="important")
    return redirect(request, _of(number), notice=notice)


def handlers() -> list[HTTPRouteHandler]:
    """The staff's routes."""
    return [work, of_case, one, ask, act]


async def _letter(tx: Tx, actor: Actor, place: Place, form: Typed) -> str:
    to = parse_letter(form)
    await acts.send_letter(tx, actor=actor, case_id=place.case_id, notice_id=place.notice_id, to=to)
    return "Carta preparada. Ela aparece nos documentos do processo: imprima e poste."


async def _again_to(tx: Tx, actor: Actor, place: Place, form: Typed) -> str:
    email = parse_address(form)
    await acts.send_again(tx, actor=actor, case=place.case, notice_id=place.notice_id, email=email)
    return f"O aviso vai agora para {email}."


async def _posted(tx: Tx, actor: Actor, place: Place, form: Typed) -> str:
    tracking, day = parse_posting(form, today=_today(tx))
    await acts.letter_posted(
        tx,
        actor=actor,
        case_id=place.case_id,
        notice_id=place.notice_id,
        tracking=tracking,
        on=day,
    )
    return "Postagem registrada. Quando o AR voltar, registre o retorno."


async def _card(tx: Tx, actor: Actor, place: Place, form: Typed) -> str:
    card = parse_card(form, today=_today(tx))
    await acts.card_came(
        tx, actor=actor, case_id=place.case_id, notice_id=place.notice_id, card=card
    )
    if card.delivered:
        return "Retorno registrado. O aviso vale a partir da data do recebimento."
    return "Devolução registrada. Escolha outro meio de avisar."


async def _in_person(tx: Tx, actor: Actor, place: Place, form: Typed) -> str:
    meeting = parse_meeting(form, now=tx.now, tz=tx.tenant.timezone)
    await acts.told_in_person(
        tx, actor=actor, case_id=place.case_id, notice_id=place.notice_id, meeting=meeting
    )
    return "Notificação pessoal registrada, com certidão nos documentos."


async def _appeared(tx: Tx, actor: Actor, place: Place, form: Typed) -> str:
    meeting = parse_meeting(form, now=tx.now, tz=tx.tenant.timezone)
    await acts.appeared(
        tx, actor=actor, case_id=place.case_id, notice_id=place.notice_id, meeting=meeting
    )
    return "Comparecimento registrado, com certidão nos documentos."


async def _edital(tx: Tx, actor: Actor, place: Place, form: Typed) -> str:
    edital = parse_edital(form, today=_today(tx))
    await acts.publish_edital(
        tx, actor=actor, case_id=place.case_id, notice_id=place.notice_id, edital=edital
    )
    return "Edital registrado, com certidão nos documentos."


_DOES: Mapping[str, Do] = MappingProxyType(
    {
        "reenviar": _again_to,
        "ar": _letter,
        "postagem": _posted,
        "retorno": _card,
        "pessoal": _in_person,
        "comparecimento": _appeared,
        "edital": _edital,
    }
)


async def _do(request: AnyRequest, raw: Any, form: Typed) -> str:
    """The act, in the request's transaction; a picture of the card is kept before."""
    actor, (number, notice_id, name) = actor_of(request), _place(request)
    owner = await _picture(request, raw)
    async with request_scope(request) as tx:
        case = await get_case(tx, actor=actor, number=number)
        notice = await _DOES[name](tx, actor, Place(case, notice_id), form)
        if owner is not None:
            await attach(tx, actor=actor, owner=owner, case_id=case.id)
    return notice


async def _picture(request: AnyRequest, raw: Any) -> Owner | None:
    """The card's picture, waiting to be attached; None when none was sent, or none is kept."""
    upload = raw.get("arquivo")
    key = form_key(raw)
    if not isinstance(upload, UploadFile) or not upload.filename or not key:
        return None
    actor, (number, notice_id, name) = actor_of(request), _place(request)
    async with request_scope(request) as tx:
        case, notice = await found(tx, actor, number, notice_id)
        # A consumer's card shows the address, which the company must not see.
        if name != "retorno" or notice.side == "consumer":
            return None
        # Nothing is kept of a form that would be refused.
        parse_card(typed(raw), today=_today(tx))
    owner = Owner("case", uuid5(case.id, key), case.id)
    state = request.app.state
    await receive(
        state.store, state.db, tenant_of(request), owner=owner, actor=actor, upload=upload
    )
    return owner


async def _look(request: AnyRequest, form: Typed) -> Response[Any]:
    """The last look. Raises Invalid when the form could not be sent like this."""
    _, _, name = place = _place(request)
    async with request_scope(request) as tx:
        if name == "ar":
            parse_letter(form)
        elif name == "reenviar":
            parse_address(form)
        else:
            parse_edital(form, today=_today(tx))
        content = await act_page(tx, actor_of(request), place, form=form, sure=True)
    return page(request, "notices/act.html", content)


async def _again(
    request: AnyRequest, form: Typed, errors: Mapping[str, str], status: int
) -> Response[Any]:
    """The form with what was typed, and what is wrong with it."""
    async with request_scope(request) as tx:
        content = await act_page(tx, actor_of(request), _place(request), form=form, errors=errors)
    return page(request, "notices/act.html", content, status=status)


def _place(request: AnyRequest) -> tuple[str, UUID, str]:
    params = request.path_params
    name = params["act"]
    if name not in ACTS:
        raise NotFound("Não encontramos esta página.")
    return params["number"], params["notice_id"], name


def _of(number: str) -> str:
    return f"/equipe/processos/{quote(number, safe='')}/avisos"


def _today(tx: Tx) -> date:
    return tx.now.astimezone(ZoneInfo(tx.tenant.timezone)).date()
