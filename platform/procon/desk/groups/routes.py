"""Collective cases."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post

from procon.auth.http import actor_of
from procon.desk.groups.commands import add_fresh, make_collective
from procon.desk.groups.pages import collective_page, collectives_page
from procon.kernel.errors import NotFound
from procon.portal.render import page, plural, redirect
from procon.tenancy.http import request_scope

AnyRequest = Request[Any, Any, Any]

_DESK = {"permission": "staff:desk"}
_BULK = {"permission": "staff:bulk"}
_ALL = "/equipe/coletivos"
_ONE = f"{_ALL}/{{collective_id:uuid}}"


@get(_ALL, opt=_DESK)
async def collectives(request: AnyRequest) -> Response[str]:
    """Suggestions and collectives."""
    async with request_scope(request) as tx:
        content = await collectives_page(tx, actor=actor_of(request))
    return page(request, "desk/collectives.html", content)


@post(_ALL, opt=_BULK)
async def make(request: AnyRequest) -> Response[str]:
    """Make a collective of a suggestion."""
    form = await request.form()
    try:
        supplier_id = UUID(str(form.get("empresa", "")))
    except ValueError as error:
        raise NotFound("Não encontramos esta empresa.") from error
    problem = str(form.get("problema", "")).replace("\0", "")
    async with request_scope(request) as tx:
        found = await make_collective(
            tx, actor=actor_of(request), supplier_id=supplier_id, problem=problem
        )
    return redirect(request, f"{_ALL}/{found}", notice="Coletivo criado.")


@get(_ONE, opt=_DESK)
async def collective(request: AnyRequest) -> Response[str]:
    """One collective."""
    async with request_scope(request) as tx:
        content = await collective_page(tx, actor=actor_of(request), collective_id=_id(request))
    return page(request, "desk/collective.html", content)


@post(f"{_ONE}/novos", opt=_BULK)
async def add(request: AnyRequest) -> Response[str]:
    """Add the complaints that came since."""
    async with request_scope(request) as tx:
        added = await add_fresh(tx, actor=actor_of(request), collective_id=_id(request))
    notice = f"{plural(added, 'processo entrou', 'processos entraram')} no coletivo."
    return redirect(request, f"{_ALL}/{_id(request)}", notice=notice)


def handlers() -> list[Any]:
    """The slice's routes."""
    return [collectives, make, collective, add]


def _id(request: AnyRequest) -> UUID:
    found: UUID = request.path_params["collective_id"]
    return found
