"""The list of cases, its saved filters and its export."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post

from procon.auth.http import actor_of
from procon.desk.lists.commands import delete_filter, save_filter
from procon.desk.lists.forms import parse_cursor, parse_filter, parse_name, parse_query, query_of
from procon.desk.lists.pages import LIST, export_csv, list_page
from procon.kernel.errors import Invalid
from procon.portal.render import page, redirect
from procon.tenancy.http import request_scope

AnyRequest = Request[Any, Any, Any]

_DESK = {"permission": "staff:desk"}


@get(LIST, opt=_DESK)
async def cases(request: AnyRequest) -> Response[str]:
    """The cases that answer to the filter in the address."""
    pairs = list(request.query_params.multi_items())
    after = parse_cursor(str(request.query_params.get("depois", "")))
    async with request_scope(request) as tx:
        content = await list_page(
            tx, actor=actor_of(request), wanted=parse_filter(pairs), after=after
        )
    return page(request, "desk/list.html", content)


@get("/equipe/processos.csv", opt=_DESK)
async def export(request: AnyRequest) -> Response[str]:
    """The same cases for a spreadsheet."""
    wanted = parse_filter(request.query_params.multi_items())
    async with request_scope(request) as tx:
        text = await export_csv(tx, actor=actor_of(request), wanted=wanted)
    headers = {
        "Content-Disposition": 'attachment; filename="processos.csv"',
        "Cache-Control": "no-store",
    }
    return Response(text, media_type="text/csv", headers=headers)


@post(f"{LIST}/filtros", opt=_DESK)
async def save(request: AnyRequest) -> Response[str]:
    """Give the filter a name."""
    form = await request.form()
    wanted, typed = parse_query(str(form.get("filtro", ""))), str(form.get("nome", ""))
    actor = actor_of(request)
    try:
        name, shared = parse_name(typed), form.get("compartilhado") == "sim"
        async with request_scope(request) as tx:
            await save_filter(tx, actor=actor, name=name, query=query_of(wanted), shared=shared)
    except Invalid as refusal:
        return await _refused(request, str(form.get("filtro", "")), typed, refusal)
    return redirect(request, f"{LIST}?{query_of(wanted)}", notice=f"Filtro “{name}” guardado.")


@post(f"{LIST}/filtros/{{filter_id:uuid}}/apagar", opt=_DESK)
async def delete(request: AnyRequest) -> Response[str]:
    """Remove a saved filter."""
    filter_id: UUID = request.path_params["filter_id"]
    async with request_scope(request) as tx:
        name = await delete_filter(tx, actor=actor_of(request), filter_id=filter_id)
    return redirect(request, LIST, notice=f"Filtro “{name}” apagado.")


def handlers() -> list[Any]:
    """The list's routes."""
    return [cases, export, save, delete]


async def _refused(request: AnyRequest, query: str, name: str, refusal: Invalid) -> Response[str]:
    async with request_scope(request) as tx:
        content = await list_page(
            tx,
            actor=actor_of(request),
            wanted=parse_query(query),
            after=None,
            name=name,
            errors=refusal.fields,
        )
    return page(request, "desk/list.html", content, status=422)
