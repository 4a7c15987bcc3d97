"""The search page."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get

from procon.desk.search.pages import search_page
from procon.portal.render import page, redirect
from procon.tenancy.http import request_scope

AnyRequest = Request[Any, Any, Any]


@get("/equipe/busca", opt={"permission": "staff:desk"})
async def search(request: AnyRequest) -> Response[str]:
    """Cases by number, document or words (`?q=`); the only hit of a number opens at once."""
    query = request.query_params
    async with request_scope(request) as tx:
        content = await search_page(
            tx, text=str(query.get("q", "")), states=query.getall("estado", [])
        )
    if content.exact:
        return redirect(request, f"/equipe/processos/{content.exact}")
    return page(request, "desk/search.html", content)


def handlers() -> list[Any]:
    """The slice's routes."""
    return [search]
