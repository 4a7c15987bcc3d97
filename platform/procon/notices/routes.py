"""Notices as the parties see them, and the account's own."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from procon.auth.http import actor_of
from procon.notices.commands import set_mail_choice
from procon.notices.pages import account_page, party_page
from procon.notices.queries import own_addresses
from procon.portal.render import page, redirect
from procon.tenancy.http import request_scope

AnyRequest = Request[Any, Any, Any]

_OWN = {"permission": "account:own"}
_LESS = "A partir de agora você recebe por e-mail só os avisos com prazo."
_ALL = "A partir de agora você recebe todos os avisos por e-mail."


@get("/processos/{number:str}/avisos", opt=_OWN)
async def notices_for_party(request: AnyRequest) -> Response[Any]:
    """What the consumer's side was told, and what became of it. The staff have their own page."""
    actor, number = actor_of(request), request.path_params["number"]
    if actor.kind == "staff":
        return redirect(request, f"/equipe/processos/{quote(number, safe='')}/avisos")
    async with request_scope(request) as tx:
        content = await party_page(tx, actor, number)
    return page(request, "notices/party.html", content)


@get("/fornecedor/processos/{number:str}/avisos", opt={"permission": "supplier:read"})
async def notices_for_supplier(request: AnyRequest) -> Response[Any]:
    """What the company was told, and what became of it."""
    async with request_scope(request) as tx:
        content = await party_page(tx, actor_of(request), request.path_params["number"])
    return page(request, "notices/party.html", content)


@get("/minha-conta/avisos", opt=_OWN)
async def own_list(request: AnyRequest) -> Response[Any]:
    """The person's notices over all of their cases, and the choice of e-mails."""
    async with request_scope(request) as tx:
        content = await account_page(tx, actor_of(request))
    return page(request, "notices/account.html", content)


@post("/minha-conta/avisos", opt=_OWN)
async def choose(request: AnyRequest) -> Response[Any]:
    """Fewer e-mails or all of them. What carries a deadline goes out in any case."""
    form = await request.form()
    less = form.get("so_prazos") == "sim"
    async with request_scope(request) as tx:
        addresses = await own_addresses(tx, actor_of(request))
        await set_mail_choice(tx, addresses=addresses, only_formal=less)
    return redirect(request, "/minha-conta/avisos", notice=_LESS if less else _ALL)


def handlers() -> list[HTTPRouteHandler]:
    """The parties' routes."""
    return [notices_for_party, notices_for_supplier, own_list, choose]
