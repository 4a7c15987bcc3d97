"""Attendances that end at once: list, numbers, a new one."""

from __future__ import annotations

import re
from typing import Any

from litestar import Request, Response, get, post

from procon.auth.http import actor_of
from procon.desk.advice.commands import keep_advice
from procon.desk.advice.forms import Typed, parse_advice
from procon.desk.advice.pages import advice_list_page, new_advice_page
from procon.kernel.errors import Invalid
from procon.portal.render import page, redirect
from procon.service_points.queries import open_service_points
from procon.tenancy.http import request_scope

AnyRequest = Request[Any, Any, Any]

_COUNTER = {"permission": "staff:counter"}
_KEY = re.compile(r"[0-9a-f]{32}\Z")


@get("/equipe/orientacoes", opt={"permission": "staff:desk"})
async def advice_list(request: AnyRequest) -> Response[str]:
    """The last ones and the month's numbers."""
    async with request_scope(request) as tx:
        content = await advice_list_page(tx)
    return page(request, "desk/advice.html", content)


@get("/equipe/orientacoes/nova", opt=_COUNTER)
async def blank(request: AnyRequest) -> Response[str]:
    """The form."""
    async with request_scope(request) as tx:
        content = await new_advice_page(tx)
    return page(request, "desk/new-advice.html", content)


@post("/equipe/orientacoes/nova", opt=_COUNTER)
async def keep(request: AnyRequest) -> Response[str]:
    """Write one down."""
    posted = await request.form()
    form = Typed(*(str(posted.get(name, "")) for name in Typed.__struct_fields__))
    key = str(posted.get("_chave", ""))
    try:
        if not _KEY.match(key):
            raise Invalid({"texto": "Confira e envie de novo."})
        async with request_scope(request) as tx:
            advice = parse_advice(form, [one.name for one in await open_service_points(tx)])
            await keep_advice(tx, actor=actor_of(request), advice=advice, idempotency_key=key)
    except Invalid as refusal:
        async with request_scope(request) as tx:
            content = await new_advice_page(tx, form=form, errors=refusal.fields)
        return page(request, "desk/new-advice.html", content, status=422)
    return redirect(request, "/equipe/orientacoes", notice="Atendimento registrado.")


def handlers() -> list[Any]:
    """The slice's routes."""
    return [advice_list, blank, keep]
