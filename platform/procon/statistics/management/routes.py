"""The address of the office's figures."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get

from procon.portal.render import page
from procon.statistics.management.pages import management_page
from procon.tenancy.http import request_scope


@get("/gestao", opt={"permission": "staff:settings"})
async def management(request: Request[Any, Any, Any]) -> Response[str]:
    """`?ano=2025`: backlog, time by stage, paper not printed; to look at and to print."""
    async with request_scope(request) as tx:
        content = await management_page(tx, year=str(request.query_params.get("ano", "")))
    return page(request, "statistics/management.html", content)


def handlers() -> list[Any]:
    """Route handlers of this folder."""
    return [management]
