"""The public simulator of deadlines. Nothing is stored; the address holds the whole question."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get

from procon.deadlines.simulator.pages import simulator_page
from procon.portal.render import page
from procon.tenancy.http import request_scope


@get("/prazos", opt={"permission": "public"})
async def simulate(request: Request[Any, Any, Any]) -> Response[str]:
    """`?ato=…&data_dia=…&data_mes=…&data_ano=…&hora=…`: until when, and how that was counted."""
    query = {key: str(value) for key, value in request.query_params.items()}
    async with request_scope(request) as tx:
        content = await simulator_page(tx, query)
    return page(request, "deadlines/simulator.html", content, status=422 if content.errors else 200)


def handlers() -> list[Any]:
    """Route handlers of this folder."""
    return [simulate]
