"""The company's people, invitations, going in and out as a company, the summary."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.response import Redirect

from procon.auth.actor import Actor
from procon.auth.companies.commands import (
    accept_invitation,
    change_member,
    invite,
    remove_member,
    set_digest,
)
from procon.auth.companies.queries import Recipient, companies_of
from procon.auth.http import actor_of
from procon.auth.login.acts import open_session
from procon.auth.login.site import site_of
from procon.auth.sessions import session_cookie
from procon.companies.claims.routes import handlers as claims
from procon.companies.forms import (
    parse_change,
    parse_digest,
    parse_invitation,
    root_of,
    text_of,
    typed,
)
from procon.companies.mails import write_invitation
from procon.companies.pages import (
    company_page,
    digest_page,
    invitation_page,
    member_page,
    name_of,
)
from procon.kernel.errors import Conflict, Forbidden, Invalid
from procon.portal.render import page, redirect
from procon.tenancy.http import request_scope

AnyRequest = Request[Any, Any, Any]

_MANAGE = {"permission": "supplier:manage"}
_READ = {"permission": "supplier:read"}
_OWN = {"permission": "account:own"}


@get("/fornecedor/empresa", opt=_MANAGE)
async def company(request: AnyRequest) -> Response[Any]:
    """The company's people (`?empresa=` chooses one of several)."""
    root = root_of(str(request.query_params.get("empresa", "")))
    async with request_scope(request) as tx:
        content = await company_page(tx, actor_of(request), root)
    return page(request, "companies/company.html", content)


@get("/fornecedor/empresa/convidar", opt=_MANAGE)
async def back_to_company(request: AnyRequest) -> Response[Any]:
    """The form is on the company's page; who had to sign in again comes here by GET."""
    return redirect(request, "/fornecedor/empresa")


@post("/fornecedor/empresa/convidar", opt=_MANAGE)
async def invite_person(request: AnyRequest) -> Response[Any]:
    """Let somebody act for the company, and tell them."""
    actor, form = actor_of(request), await request.form()
    root = root_of(text_of(form, "empresa"))
    try:
        return await _invite(request, actor, root)
    except (Invalid, Conflict) as refusal:
        return await _company_again(request, root, refusal)


@get("/fornecedor/empresa/pessoas/{member_id:uuid}", opt=_MANAGE)
async def member(request: AnyRequest) -> Response[Any]:
    """One person, to change or to take out."""
    async with request_scope(request) as tx:
        content = await member_page(tx, actor_of(request), _id(request))
    return page(request, "companies/member.html", content)


@post("/fornecedor/empresa/pessoas/{member_id:uuid}/mudar", opt=_MANAGE)
async def change(request: AnyRequest) -> Response[Any]:
    """Another role or another end."""
    actor, form = actor_of(request), await request.form()
    try:
        async with request_scope(request) as tx:
            wanted = parse_change(form, tx)
            done = await change_member(
                tx,
                actor=actor,
                member_id=_id(request),
                role=wanted.role,
                expires_at=wanted.expires_at,
            )
    except (Invalid, Conflict) as refusal:
        return await _member_again(request, refusal)
    return redirect(request, _path(done.root), notice="Mudança guardada. Vale a partir de agora.")


@post("/fornecedor/empresa/pessoas/{member_id:uuid}/retirar", opt=_MANAGE)
async def remove(request: AnyRequest) -> Response[Any]:
    """End somebody's access at once."""
    try:
        async with request_scope(request) as tx:
            done = await remove_member(tx, actor=actor_of(request), member_id=_id(request))
    except Conflict as refusal:
        return await _member_again(request, refusal)
    return redirect(request, _path(done.root), notice="O acesso desta pessoa terminou agora.")


@get("/fornecedor/convite/{token:str}", opt={"permission": "public"})
async def read_invitation(request: AnyRequest) -> Response[Any]:
    """What is offered, and the way to take it."""
    async with request_scope(request) as tx:
        content = await invitation_page(tx, actor_of(request), request.path_params["token"])
    return page(request, "companies/invitation.html", content, personal=True)


@post("/fornecedor/convite/{token:str}", opt=_OWN)
async def take_invitation(request: AnyRequest) -> Response[Any]:
    """Become a member, and go in as the company."""
    actor, token = actor_of(request), request.path_params["token"]
    async with request_scope(request) as tx:
        await accept_invitation(tx, actor=actor, token=token)
    return await _change_side(request, _as_company(actor), "/fornecedor")


@post("/fornecedor/entrar", opt=_OWN)
async def enter_as_company(request: AnyRequest) -> Response[Any]:
    """A person who is a member goes on as the company: another session, the same account."""
    actor = actor_of(request)
    async with request_scope(request) as tx:
        held = await companies_of(tx, actor=actor)
    if actor.kind not in {"citizen", "supplier"} or not held:
        raise Forbidden("A sua conta não está ligada a nenhuma empresa nesta cidade.")
    return await _change_side(request, _as_company(actor), "/fornecedor")


@post("/fornecedor/sair-da-empresa", opt=_READ)
async def leave_company(request: AnyRequest) -> Response[Any]:
    """Back to the person's own account."""
    actor = actor_of(request)
    if actor.cnpjs or actor.case_id is not None or actor.account_id is None:
        raise Forbidden("Para usar a sua conta pessoal, saia e entre de novo com o gov.br.")
    person = msgspec.structs.replace(actor, kind="citizen", roles=frozenset({"citizen"}))
    return await _change_side(request, person, "/minha-conta")


@get("/fornecedor/avisos", opt=_READ)
async def digest(request: AnyRequest) -> Response[Any]:
    """How often one hears of the company's cases."""
    async with request_scope(request) as tx:
        content = await digest_page(tx, actor_of(request))
    return page(request, "companies/digest.html", content)


@post("/fornecedor/avisos", opt=_READ)
async def choose_digest(request: AnyRequest) -> Response[Any]:
    """Keep the choice."""
    actor, form = actor_of(request), await request.form()
    try:
        wanted = parse_digest(form)
    except Invalid as refusal:
        async with request_scope(request) as tx:
            content = await digest_page(tx, actor, errors=refusal.fields)
        return page(request, "companies/digest.html", content, status=422)
    async with request_scope(request) as tx:
        await set_digest(tx, actor=actor, digest=wanted)
    return redirect(request, "/fornecedor/avisos", notice="Preferência guardada.")


def handlers() -> list[Any]:
    """The slice's routes."""
    return [
        company,
        back_to_company,
        invite_person,
        member,
        change,
        remove,
        read_invitation,
        take_invitation,
        enter_as_company,
        leave_company,
        digest,
        choose_digest,
        *claims(),
    ]


async def _invite(request: AnyRequest, actor: Actor, root: str) -> Response[Any]:
    form = await request.form()
    async with request_scope(request) as tx:
        wanted = parse_invitation(form, tx, root=root)
        name = await name_of(tx, root)
        made = await invite(tx, actor=actor, root=root, company=name, wanted=wanted)
        await write_invitation(
            tx,
            address=request.app.state.settings.url,
            member_id=made.member_id,
            token=made.token,
            to=Recipient(wanted.name, wanted.email),
            company=name,
            role=wanted.role,
        )
    return redirect(request, _path(root), notice=f"Convite enviado a {wanted.email}.")


async def _company_again(
    request: AnyRequest, root: str, refusal: Invalid | Conflict
) -> Response[Any]:
    invalid = isinstance(refusal, Invalid)
    errors = refusal.fields if isinstance(refusal, Invalid) else {"email": refusal.reason}
    form = typed(await request.form())
    async with request_scope(request) as tx:
        content = await company_page(tx, actor_of(request), root, form=form, errors=errors)
    return page(request, "companies/company.html", content, status=422 if invalid else 409)


async def _member_again(request: AnyRequest, refusal: Invalid | Conflict) -> Response[Any]:
    errors = refusal.fields if isinstance(refusal, Invalid) else {}
    form = typed(await request.form())
    async with request_scope(request) as tx:
        content = await member_page(
            tx,
            actor_of(request),
            _id(request),
            form=form if errors else None,
            errors=errors,
            problem="" if errors else refusal.reason,
        )
    return page(request, "companies/member.html", content, status=422 if errors else 409)


async def _change_side(request: AnyRequest, actor: Actor, path: str) -> Response[Any]:
    """Go on with another session of the same account; the one before ends."""
    site = site_of(request)
    provider = site.session.provider if site.session else "govbr"
    token = await open_session(site, actor, provider)
    response = Redirect(path, status_code=303, headers={"Cache-Control": "no-store"})
    response.set_cookie(session_cookie(token, secure=site.secure))
    return response


def _as_company(actor: Actor) -> Actor:
    return msgspec.structs.replace(actor, kind="supplier", roles=frozenset({"supplier"}))


def _id(request: AnyRequest) -> UUID:
    return UUID(str(request.path_params["member_id"]))


def _path(root: str) -> str:
    return f"/fornecedor/empresa?empresa={root}"
