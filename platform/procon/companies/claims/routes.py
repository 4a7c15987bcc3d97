"""Linking a company to an account, and the staff's decisions about documents."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post

from procon.auth.companies.commands import link_certificate
from procon.auth.companies.requests import Request as Asked
from procon.auth.companies.requests import ask, decide, documents_of
from procon.auth.http import actor_of
from procon.companies.claims.documents import drop_documents, store_documents, uploads_in
from procon.companies.claims.forms import Decision, parse_asked, parse_decision
from procon.companies.claims.pages import (
    certificate_name,
    claim_page,
    request_page,
    requests_page,
)
from procon.companies.forms import text_of, typed
from procon.companies.mails import write_decision
from procon.evidence.storage import StoreDown
from procon.kernel.documents import BadDocument, parse_cnpj
from procon.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from procon.portal.render import page, redirect
from procon.tenancy.http import request_scope, tenant_of
from procon.tenancy.scope import Tx

AnyRequest = Request[Any, Any, Any]

_OWN = {"permission": "account:own"}
_MANAGE = {"permission": "supplier:manage"}
_VERIFY = {"permission": "staff:verify"}
_CLAIM = "/fornecedor/vincular"
_LIST = "/equipe/empresas/pedidos"
_SENT = (
    "Pedido enviado. O Procon confere os documentos e avisa você por e-mail. Até lá, use o"
    " código de acesso de cada processo."
)


@get(_CLAIM, opt=_OWN)
async def claim(request: AnyRequest) -> Response[Any]:
    """The ways to a company."""
    async with request_scope(request) as tx:
        content = await claim_page(tx, actor_of(request))
    return page(request, "companies/claim.html", content)


@post(f"{_CLAIM}/certificado", opt=_MANAGE)
async def claim_by_certificate(request: AnyRequest) -> Response[Any]:
    """Remember who holds the certificate, for the days without it."""
    form = await request.form()
    try:
        cnpj = parse_cnpj(text_of(form, "cnpj"))
    except BadDocument as error:
        raise NotFound("Não encontramos este CNPJ na sua conta.") from error
    async with request_scope(request) as tx:
        name = await certificate_name(tx, cnpj)
        await link_certificate(tx, actor=actor_of(request), cnpj=cnpj, name=name)
    notice = "Empresa vinculada. Você também pode entrar sem o certificado, só com o gov.br."
    return redirect(request, _CLAIM, notice=notice)


@get(f"{_CLAIM}/documentos", opt=_OWN)
async def back_to_claim(request: AnyRequest) -> Response[Any]:
    """The form is on the page before; who had to sign in again comes here by GET."""
    return redirect(request, _CLAIM)


@post(f"{_CLAIM}/documentos", opt=_OWN)
async def claim_by_documents(request: AnyRequest) -> Response[Any]:
    """Ask the staff, with documents."""
    actor, form = actor_of(request), await request.form()
    if actor.kind not in {"citizen", "supplier"} or actor.cpf is None:
        raise Forbidden("Entre com a sua conta gov.br: o pedido precisa do seu CPF.")
    try:
        await _ask(request)
    except (Invalid, Conflict, StoreDown) as refusal:
        return await _claim_again(request, refusal, typed(form))
    return redirect(request, _CLAIM, notice=_SENT)


@get(_LIST, opt=_VERIFY)
async def requests(request: AnyRequest) -> Response[Any]:
    """What waits for the staff."""
    async with request_scope(request) as tx:
        content = await requests_page(tx)
    return page(request, "companies/requests.html", content)


@get(f"{_LIST}/{{request_id:uuid}}", opt=_VERIFY)
async def one_request(request: AnyRequest) -> Response[Any]:
    """A request and its documents."""
    async with request_scope(request) as tx:
        content = await request_page(tx, _id(request, "request_id"))
    return page(request, "companies/request.html", content)


@post(f"{_LIST}/{{request_id:uuid}}/decidir", opt=_VERIFY)
async def decide_request(request: AnyRequest) -> Response[Any]:
    """Approve or refuse; the person is told by e-mail."""
    form, request_id = await request.form(), _id(request, "request_id")
    try:
        wanted = parse_decision(form)
        async with request_scope(request) as tx:
            done = await _decide(tx, request, wanted)
    except Invalid as refusal:
        return await _request_again(request, request_id, refusal, typed(form))
    word = "aprovado" if wanted.approve else "recusado"
    return redirect(request, _LIST, notice=f"Pedido {word}. {done.name} recebe um e-mail.")


@get(f"{_LIST}/{{request_id:uuid}}/documentos/{{document_id:uuid}}", opt=_VERIFY)
async def document(request: AnyRequest) -> Response[Any]:
    """303 to the store for a minute."""
    wanted = _id(request, "document_id")
    async with request_scope(request) as tx:
        found = await documents_of(tx, _id(request, "request_id"))
    one = next((one for one in found if one.id == wanted), None)
    if one is None:
        raise NotFound("Não encontramos este documento.")
    url = request.app.state.store.download_address(
        one.object_key, name=one.name, media_type=one.media_type
    )
    return Response(None, status_code=303, headers={"Location": url, "Cache-Control": "no-store"})


def handlers() -> list[Any]:
    """The folder's routes."""
    return [
        claim,
        claim_by_certificate,
        back_to_claim,
        claim_by_documents,
        requests,
        one_request,
        decide_request,
        document,
    ]


async def _ask(request: AnyRequest) -> None:
    """Files first, then the request that names them; none stays without the other."""
    form, store = await request.form(), request.app.state.store
    wanted = parse_asked(form)
    uploads = uploads_in(form.getall("documentos", []))
    kept = await store_documents(store, tenant_of(request), uploads)
    try:
        async with request_scope(request) as tx:
            new = await ask(
                tx,
                actor=actor_of(request),
                cnpj=wanted.cnpj,
                company=wanted.company,
                email=wanted.email,
                documents=kept,
                request_id=wanted.key,
            )
    except BaseException:
        await drop_documents(store, kept)
        raise
    if not new:
        await drop_documents(store, kept)


async def _decide(tx: Tx, request: AnyRequest, wanted: Decision) -> Asked:
    done = await decide(
        tx,
        actor=actor_of(request),
        request_id=_id(request, "request_id"),
        approve=wanted.approve,
        reason=wanted.reason,
    )
    await write_decision(tx, address=request.app.state.settings.url, request=done)
    return done


async def _claim_again(
    request: AnyRequest, refusal: Refused, form: dict[str, str]
) -> Response[Any]:
    errors = refusal.fields if isinstance(refusal, Invalid) else {}
    status = 422 if errors else 503 if isinstance(refusal, StoreDown) else 409
    async with request_scope(request) as tx:
        content = await claim_page(
            tx,
            actor_of(request),
            form=form,
            errors=errors,
            problem="" if errors else refusal.reason,
        )
    return page(request, "companies/claim.html", content, status=status)


async def _request_again(
    request: AnyRequest, request_id: UUID, refusal: Invalid, form: dict[str, str]
) -> Response[Any]:
    async with request_scope(request) as tx:
        content = await request_page(tx, request_id, form=form, errors=refusal.fields)
    return page(request, "companies/request.html", content, status=422)


def _id(request: AnyRequest, name: str) -> UUID:
    return UUID(str(request.path_params[name]))
