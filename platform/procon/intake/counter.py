"""The counter: an attendant opens the case of the person in front, on one page."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
import segno
from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from msgspec import Struct

from procon.auth.actor import Actor
from procon.auth.http import actor_of
from procon.cases.access import get_case
from procon.cases.queries import CaseDetail, cases_of_person, number_by_key
from procon.evidence.commands import attach, receive
from procon.evidence.pages import FileView, file_views
from procon.evidence.queries import Owner, files_of_owner
from procon.evidence.storage import StoreDown
from procon.intake.commands import open_from_answers
from procon.intake.forms import (
    PARSERS,
    Answer,
    Posted,
    parse_contact_at_counter,
)
from procon.intake.pages import all_subject_options, company_options, problem_options
from procon.intake.queries import STEPS, Answers, old_defect, today_in
from procon.kernel.documents import BadDocument, format_cpf, mask_cpf, parse_cpf
from procon.kernel.errors import Conflict, Invalid
from procon.parties.queries import person_by_cpf, supplier_by_id, supplier_search
from procon.portal.render import page, redirect
from procon.portal.shell import Crumb, Option
from procon.service_points.queries import open_service_points
from procon.tenancy.http import request_scope, tenant_of
from procon.tenancy.scope import Tx

AnyRequest = Request[Any, Any, Any]
EARLIER = 5
WISH_MAX = 300  # characters of the wish on the receipt, so that it stays one page
KEY_FIELD = "_chave"
_BODY_BYTES = 256 * 1024 * 1024
_COUNTER = {"permission": "staff:counter"}
_KEY = re.compile(r"[0-9a-f]{32}\Z")


class CounterPage(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole form. `person` says whether the CPF is known here: "", "found" or "new"."""

    key: str
    form: Mapping[str, str]
    errors: Mapping[str, str] = {}
    person: str = ""
    searched: str = ""
    companies: tuple[Option, ...] = ()
    subjects: tuple[Option, ...] = ()
    problems: tuple[Option, ...] = ()
    points: tuple[Option, ...] = ()
    earlier: tuple[Crumb, ...] = ()
    files: tuple[FileView, ...] = ()


class CounterReceipt(Struct, frozen=True, forbid_unknown_fields=True):
    """One printed page. `qr` is a data: address of an SVG that leads to `url`."""

    number: str
    person: str
    cpf: str
    company: str
    wish: str
    service_point: str
    filed_at: datetime
    url: str
    qr: str
    limit_is_near: bool


@get("/equipe/balcao", opt=_COUNTER)
async def counter_form(request: AnyRequest) -> Response[Any]:
    """An empty form."""
    async with request_scope(request) as tx:
        content = await counter_page(tx, {KEY_FIELD: uuid4().hex})
    return page(request, "intake/counter.html", content)


@post("/equipe/balcao", opt=_COUNTER, request_max_body_size=_BODY_BYTES)
async def counter_post(request: AnyRequest) -> Response[Any]:
    """Look the person and the company up, or register the case."""
    posted = await request.form()
    form = {name: value for name, value in posted.multi_items() if isinstance(value, str)}
    try:
        await keep_files(request, form, posted.getall("arquivo", []))
        async with request_scope(request) as tx:
            if form.get("acao") != "registrar":
                return page(request, "intake/counter.html", await look_up(tx, form))
            number = await register(tx, actor_of(request), form)
    except Invalid as refusal:
        async with request_scope(request) as tx:
            content = await counter_page(tx, form, errors=refusal.fields)
        return page(request, "intake/counter.html", content, status=422)
    return redirect(request, f"/equipe/balcao/recibo/{number}")


@get("/equipe/balcao/recibo/{number:str}", opt=_COUNTER)
async def counter_receipt(request: AnyRequest) -> Response[Any]:
    """The page to print and hand over."""
    async with request_scope(request) as tx:
        case = await get_case(tx, actor=actor_of(request), number=request.path_params["number"])
        near = old_defect(case.happened_on, case.problem, today_in(tx))
    content = receipt_of(case, _address(request, f"/processos/{case.number}"), near)
    return page(request, "intake/counter_receipt.html", content)


def handlers() -> list[Any]:
    """The counter's routes."""
    return [counter_form, counter_post, counter_receipt]


def receipt_of(case: CaseDetail, url: str, limit_is_near: bool) -> CounterReceipt:
    """The receipt of a case, its QR code leading to `url`."""
    return CounterReceipt(
        number=case.number,
        person=case.person_name,
        cpf=mask_cpf(case.person_cpf),
        company=case.supplier_name,
        wish=textwrap.shorten(case.wish, WISH_MAX, placeholder="…"),
        service_point=case.service_point,
        filed_at=case.created_at,
        url=url,
        qr=segno.make(url, error="m", micro=False).svg_data_uri(border=4, scale=4),
        limit_is_near=limit_is_near,
    )


async def counter_page(
    tx: Tx,
    form: Posted,
    *,
    errors: Mapping[str, str] | None = None,
    person: str = "",
    earlier: tuple[Crumb, ...] = (),
) -> CounterPage:
    """The form with everything that was typed, and the companies found for `empresa_busca`."""
    words = form.get("empresa_busca", "")[:200].strip()
    found = await supplier_search(tx, words) if words else []
    key = form.get(KEY_FIELD, "")
    key = key if _KEY.match(key) else uuid4().hex
    waiting = await files_of_owner(tx, Owner("draft", UUID(key)))
    return CounterPage(
        key=key,
        files=file_views(one for one in waiting if one.attached_at is None),
        earlier=earlier,
        form=form,
        errors=errors or {},
        person=person,
        searched=words,
        companies=company_options(found, form),
        subjects=all_subject_options(),
        problems=problem_options(),
        points=tuple(
            Option(point.name, f"{point.name}{' (móvel)' if point.kind == 'movel' else ''}")
            for point in await open_service_points(tx)
        ),
    )


async def keep_files(request: AnyRequest, form: Posted, uploads: list[Any]) -> None:
    """Keep the files first: whatever is wrong with the rest, nobody has to choose them again.

    Raises:
        Invalid: a file is not acceptable, or the store does not answer.
    """
    state, tenant, actor = request.app.state, tenant_of(request), actor_of(request)
    chosen = [one for one in uploads if isinstance(one, UploadFile) and one.filename]
    if not chosen:
        return
    async with request_scope(request) as tx:
        if await number_by_key(tx, case_key(actor, form)):
            return
    owner = owner_of_form(form)
    try:
        for one in chosen:
            await receive(state.store, state.db, tenant, owner=owner, actor=actor, upload=one)
    except (StoreDown, Conflict) as refusal:
        raise Invalid({"arquivo": refusal.reason}) from refusal


def owner_of_form(form: Posted) -> Owner:
    """Where the files of this form wait. Raises Invalid when the form's key is not ours."""
    key = form.get(KEY_FIELD, "")
    if not _KEY.match(key):
        raise Invalid({"cpf": "Esta página ficou aberta tempo demais. Confira e registre de novo."})
    return Owner("draft", UUID(key))


def case_key(actor: Actor, form: Posted) -> str:
    """The idempotency key of a case from this form."""
    return f"counter/{actor.account_id}/{form.get(KEY_FIELD, '')}"


async def look_up(tx: Tx, form: Posted) -> CounterPage:
    """Fill in the person of this CPF where nothing was typed, and search the company.

    Raises:
        Invalid: the CPF is not one.
    """
    typed = form.get("cpf", "")
    if not typed.strip():
        return await counter_page(tx, form)
    try:
        cpf = parse_cpf(typed)
    except BadDocument as error:
        raise Invalid({"cpf": error.reason}) from error
    known = await person_by_cpf(tx, cpf)
    filled = {**form, "cpf": format_cpf(cpf)}
    if known is not None:
        about = {"nome": known.name, "email": known.email, "telefone": known.phone}
        filled |= {name: value for name, value in about.items() if not form.get(name, "").strip()}
    cases = await cases_of_person(tx, cpf=cpf, email=None) if known else []
    earlier = tuple(
        Crumb(f"{case.number}: {case.supplier_name}", f"/equipe/processos/{case.number}")
        for case in cases[:EARLIER]
    )
    person = "new" if known is None else "found"
    return await counter_page(tx, filled, person=person, earlier=earlier)


async def register(tx: Tx, actor: Actor, form: Posted) -> str:
    """Open the case; returns its number. The same key again gives the same number.

    Raises:
        Invalid: with every field that is not right, not only the first.
    """
    owner = owner_of_form(form)
    answers, errors = parse_all(form, today_in(tx))
    points = {point.name for point in await open_service_points(tx)}
    point = form.get("posto", "")
    if points and point not in points:
        errors["posto"] = "Escolha o posto de atendimento."
    company = answers.company
    if company and company.supplier_id and not await supplier_by_id(tx, company.supplier_id):
        errors["empresa"] = "Escolha uma das empresas da lista."
    if errors:
        raise Invalid(errors)
    opened = await open_from_answers(
        tx,
        actor=actor,
        answers=answers,
        channel_post=point if points else tx.tenant.name,
        idempotency_key=case_key(actor, form),
    )
    if opened.new:
        await attach(tx, actor=actor, owner=owner, case_id=opened.id)
    return opened.number


def _address(request: AnyRequest, path: str) -> str:
    return str(request.app.state.settings.url(request.scope["state"]["host"], path))


def parse_all(form: Posted, today: date) -> tuple[Answers, dict[str, str]]:
    """All answers of the one page, and the sentences for those that are not right."""
    parsed: dict[str, Answer] = {}
    errors: dict[str, str] = {}
    for step, field in STEPS.items():
        parse = parse_contact_at_counter if field == "contact" else PARSERS[step]
        try:
            parsed[field] = parse(form, today)
        except Invalid as refusal:
            errors |= refusal.fields
    return msgspec.structs.replace(Answers(), **parsed), errors
