"""The lawyer's own pages: inscription, clients, mandates. Gathers the slice's routes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile

from procon.auth.http import actor_of
from procon.auth.mandates.commands import Document
from procon.auth.mandates.model import POWERS, USUAL_POWERS
from procon.auth.mandates.queries import Lawyer, lawyer_by_oab, lawyer_of, mandate_by_id
from procon.auth.mandates.registry import Card, card_id, check_registration, register_lawyer
from procon.auth.ratelimit import allow
from procon.cases.queries import CaseDetail
from procon.evidence.commands import attach, clean_name, receive
from procon.evidence.content import inspect
from procon.evidence.queries import Owner
from procon.evidence.storage import StoreDown
from procon.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from procon.lawyers import acts, client, staff
from procon.lawyers.commands import (
    Filing,
    file_mandate,
    matched,
    renounce_mandate,
    substitute_mandate,
)
from procon.lawyers.forms import (
    Registration,
    Substitution,
    chosen,
    form_key,
    identifier,
    parse_filing,
    parse_registration,
    parse_substitution,
    typed,
)
from procon.lawyers.pages import (
    BASE,
    KIND_OPTIONS,
    POWER_OPTIONS,
    UF_OPTIONS,
    FormPage,
    home_page,
    mandate_views,
    mandates_page,
    path_of,
    today_in,
    verified_lawyer,
)
from procon.portal.render import page, redirect
from procon.portal.shell import Option
from procon.tenancy.http import request_scope, tenant_of
from procon.tenancy.keys import key as redis_key
from procon.tenancy.keys import object_key
from procon.tenancy.scope import Tx

AnyRequest = Request[Any, Any, Any]

CARD_TYPES = frozenset({"application/pdf", "image/jpeg", "image/png", "image/webp"})
CARD_MOST = 10 * 1024 * 1024
_TRIES, _MINUTES = 20, 15
_LAWYER = {"permission": "lawyer:own"}
_MANDATES = "/advogado/procuracoes"
_UPLOAD: dict[str, Any] = {"request_max_body_size": 64 * 1024 * 1024}


@get("/advogado", opt=_LAWYER)
async def home(request: AnyRequest) -> Response[Any]:
    """Clients and their cases (`?cliente=` one of them), or where the inscription stands."""
    wanted = str(request.query_params.get("cliente", ""))[:60]
    async with request_scope(request) as tx:
        content = await home_page(tx, actor_of(request), wanted)
    return page(request, "lawyers/home.html", content)


@get("/advogado/cadastro", opt=_LAWYER)
async def registration_form(request: AnyRequest) -> Response[Any]:
    """The form of the inscription; who has one already sees where it stands."""
    async with request_scope(request) as tx:
        own = await lawyer_of(tx, actor_of(request))
    if own is not None and own.status != "refused":
        return redirect(request, "/advogado")
    return page(request, "lawyers/register.html", _register_page(own, {}))


@post("/advogado/cadastro", opt=_LAWYER, **_UPLOAD)
async def register(request: AnyRequest) -> Response[Any]:
    """Keep number and card; the staff looks at them."""
    posted = await request.form()
    try:
        values = parse_registration(posted)
        await _register(request, values, posted.get("carteira"))
    except (Invalid, Conflict, StoreDown) as refusal:
        errors = _errors(refusal, "oab")
        content = _register_page(None, typed(posted), errors)
        return page(request, "lawyers/register.html", content, status=422)
    notice = "Cadastro recebido. O Procon confere e avisa você nesta página."
    return redirect(request, "/advogado", notice=notice)


@get(_MANDATES, opt=_LAWYER)
async def mandates(request: AnyRequest) -> Response[Any]:
    """All mandates, in force and ended."""
    async with request_scope(request) as tx:
        content = await mandates_page(tx, actor_of(request))
    return page(request, "lawyers/mandates.html", content)


@get(f"{_MANDATES}/nova", opt=_LAWYER)
async def filing_form(request: AnyRequest) -> Response[Any]:
    """The form that brings a procuração (`?processo=` fills the number in)."""
    number = str(request.query_params.get("processo", ""))[:40]
    async with request_scope(request) as tx:
        await verified_lawyer(tx, actor_of(request))
    content = _filing_page(uuid4().hex, {"numero": number}, USUAL_POWERS)
    return page(request, "lawyers/file.html", content)


@post(f"{_MANDATES}/nova", opt=_LAWYER, **_UPLOAD)
async def file(request: AnyRequest) -> Response[Any]:
    """Juntada: access begins at once, and everybody in the case is told."""
    posted = await request.form()
    powers = chosen(posted, "poderes")
    try:
        case = await _file(request, posted, powers)
    except (Invalid, Conflict, StoreDown) as refusal:
        form = typed(posted)
        content = _filing_page(form.get("_chave", ""), form, powers, _errors(refusal, "numero"))
        return page(request, "lawyers/file.html", content, status=422)
    notice = "Procuração juntada. Você já pode atuar neste processo."
    return redirect(request, f"{BASE}/{path_of(case.number)}", notice=notice)


@post(f"{_MANDATES}/{{mandate_id:str}}/renunciar", opt=_LAWYER)
async def renounce(request: AnyRequest) -> Response[Any]:
    """Renúncia."""
    actor = actor_of(request)
    try:
        async with request_scope(request) as tx:
            lawyer = await verified_lawyer(tx, actor)
            mandate = await renounce_mandate(
                tx, actor=actor, lawyer=lawyer, mandate_id=_id(request)
            )
            ended = mandate.ended_at is not None and mandate.ended_at <= tx.now
    except Conflict as refusal:
        return redirect(request, _MANDATES, notice=refusal.reason, kind="important")
    later = "Renúncia registrada. Você representa o cliente por mais 10 dias (CPC, art. 112)."
    return redirect(request, _MANDATES, notice="Renúncia registrada." if ended else later)


@get(f"{_MANDATES}/{{mandate_id:str}}/renunciar", opt=_LAWYER)
async def back_to_mandates(request: AnyRequest) -> Response[Any]:
    """The button is on the list."""
    return redirect(request, _MANDATES)


@get(f"{_MANDATES}/{{mandate_id:str}}/substabelecer", opt=_LAWYER)
async def substitution_form(request: AnyRequest) -> Response[Any]:
    """To whom, with or without reserve, which powers."""
    return await _show_substitution(request, {"_chave": uuid4().hex}, None, {})


@post(f"{_MANDATES}/{{mandate_id:str}}/substabelecer", opt=_LAWYER)
async def substitute(request: AnyRequest) -> Response[Any]:
    """Substabelecimento."""
    posted, actor = await request.form(), actor_of(request)
    powers = chosen(posted, "poderes")
    try:
        values = parse_substitution(posted, powers)
        async with request_scope(request) as tx:
            lawyer = await verified_lawyer(tx, actor)
            await _substitute(tx, request, lawyer, values)
    except (Invalid, Conflict) as refusal:
        return await _show_substitution(request, typed(posted), powers, _errors(refusal, "oab"))
    return redirect(request, _MANDATES, notice="Substabelecimento registrado.")


def handlers() -> list[Any]:
    """The slice's routes."""
    own = [
        home,
        registration_form,
        register,
        mandates,
        filing_form,
        file,
        back_to_mandates,
        renounce,
        substitution_form,
        substitute,
    ]
    return [*own, *acts.handlers(), *client.handlers(), *staff.handlers()]


def _id(request: AnyRequest) -> UUID:
    found = identifier(request.path_params["mandate_id"])
    if found is None:
        raise NotFound("Não encontramos esta procuração.")
    return found


def _errors(refusal: Refused, field: str) -> dict[str, str]:
    return refusal.fields if isinstance(refusal, Invalid) else {field: refusal.reason}


def _register_page(
    own: Lawyer | None, form: Mapping[str, str], errors: Mapping[str, str] | None = None
) -> FormPage:
    options = {"ufs": UF_OPTIONS, "kinds": KIND_OPTIONS}
    return FormPage(form=form, errors=errors or {}, options=options, lawyer=own)


async def _register(request: AnyRequest, values: Registration, upload: Any) -> None:
    """Look first, then keep the card, then the row: the store is never asked in a transaction."""
    state, tenant, actor = request.app.state, tenant_of(request), actor_of(request)
    async with request_scope(request) as tx:
        await check_registration(
            tx, actor=actor, oab=values.oab, kind=values.kind, supervisor=values.supervisor
        )
    if not isinstance(upload, UploadFile) or not upload.filename:
        raise Invalid({"carteira": "Escolha a foto ou o PDF da sua carteira da OAB."})
    try:
        checked = await asyncio.to_thread(inspect, upload.file)
    except Invalid as refusal:
        raise Invalid({"carteira": refusal.reason}) from refusal
    if checked.media_type not in CARD_TYPES or checked.size > CARD_MOST:
        raise Invalid({"carteira": "A carteira precisa ser uma foto ou um PDF de até 10 MB."})
    lawyer_id = card_id()
    key = object_key(tenant.slug, "lawyer-card", lawyer_id.hex)
    upload.file.seek(0)
    await state.store.put(key, upload.file, checked.media_type, sha256=checked.sha256)
    card = Card(key, clean_name(upload.filename), checked.media_type, checked.sha256)
    async with request_scope(request) as tx:
        await register_lawyer(
            tx,
            actor=actor,
            lawyer_id=lawyer_id,
            oab=values.oab,
            kind=values.kind,
            supervisor=values.supervisor,
            card=card,
        )


def _filing_page(
    key: str,
    form: Mapping[str, str],
    powers: tuple[str, ...],
    errors: Mapping[str, str] | None = None,
) -> FormPage:
    return FormPage(
        form=form,
        errors=errors or {},
        key=key,
        powers=tuple(powers),
        options={"powers": POWER_OPTIONS},
    )


async def _file(request: AnyRequest, posted: Any, powers: tuple[str, ...]) -> CaseDetail:
    """Match number and client, keep the paper, make the mandate."""
    state, tenant, actor = request.app.state, tenant_of(request), actor_of(request)
    await _limit_tries(request)
    async with request_scope(request) as tx:
        lawyer = await verified_lawyer(tx, actor)
        if lawyer.kind == "estagiario":
            raise Forbidden("Estagiário recebe poderes do supervisor, por substabelecimento.")
        filing = parse_filing(posted, powers, today=today_in(tx), tz=tenant.timezone)
        case, _ = await matched(tx, filing)
    key, upload = form_key(posted), posted.get("procuracao")
    if not isinstance(upload, UploadFile) or not upload.filename:
        raise Invalid({"procuracao": "Escolha o PDF ou a foto da procuração assinada."})
    owner = Owner("draft", uuid5(case.id, f"mandate/{actor.account_id}/{key}"))
    try:
        kept = await receive(state.store, state.db, tenant, owner=owner, actor=actor, upload=upload)
    except Invalid as refusal:
        raise Invalid({"procuracao": refusal.reason}) from refusal
    document = Document(kept.id, kept.sha256)
    async with request_scope(request) as tx:
        return await _keep(tx, request, lawyer, filing, document, owner, key)


async def _keep(  # noqa: PLR0917 - each is a different thing, named where it is called
    tx: Tx,
    request: AnyRequest,
    lawyer: Lawyer,
    filing: Filing,
    document: Document,
    owner: Owner,
    key: str,
) -> CaseDetail:
    actor = actor_of(request)
    case, given = await file_mandate(
        tx,
        actor=actor,
        lawyer=lawyer,
        filing=filing,
        document=document,
        idempotency_key=f"{actor.account_id}/{key}",
    )
    if given.new:
        await attach(tx, actor=actor, owner=owner, case_id=case.id, attached_to=given.id)
    return case


async def _limit_tries(request: AnyRequest) -> None:
    """Numbers and CPFs could be tried one by one; without Redis nobody counts, so nobody tries."""
    name = redis_key(tenant_of(request).slug, "limit", "mandate", str(actor_of(request).account_id))
    decision = await allow(
        request.app.state.redis, name, _TRIES, timedelta(minutes=_MINUTES), when_down="refuse"
    )
    if not decision.allowed:
        raise Conflict(
            "Não foi possível conferir agora. Espere alguns minutos e tente de novo.",
            code="mandate-limit",
        )


async def _substitute(tx: Tx, request: AnyRequest, lawyer: Lawyer, values: Substitution) -> None:
    actor = actor_of(request)
    to = await lawyer_by_oab(tx, values.to)
    if to is None:
        raise Invalid({"oab": "Não há advogado com este número cadastrado neste Procon."})
    await substitute_mandate(
        tx,
        actor=actor,
        lawyer=lawyer,
        mandate_id=_id(request),
        to=to,
        with_reserve=values.with_reserve,
        powers=values.powers,
        idempotency_key=f"{actor.account_id}/{values.key}",
    )


async def _show_substitution(
    request: AnyRequest,
    form: Mapping[str, str],
    powers: tuple[str, ...] | None,
    errors: Mapping[str, str],
) -> Response[Any]:
    async with request_scope(request) as tx:
        lawyer = await verified_lawyer(tx, actor_of(request))
        mandate = await mandate_by_id(tx, _id(request))
        if mandate is None or mandate.lawyer_id != lawyer.id:
            raise NotFound("Não encontramos esta procuração.")
        (view,) = mandate_views(tx, [mandate])
    held = tuple(Option(one, POWERS[one]) for one in mandate.powers if one != "delegate")
    content = FormPage(
        form=form,
        errors=errors,
        key=form.get("_chave", ""),
        powers=tuple(one.value for one in held) if powers is None else powers,
        options={"powers": held, "ufs": UF_OPTIONS},
        mandate=view,
    )
    status = 422 if errors else 200
    return page(request, "lawyers/substitute.html", content, status=status)
