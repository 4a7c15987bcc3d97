"""Many cases at once: choose, look, do, undo."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post

from procon.auth.http import actor_of
from procon.desk.bulk.commands import carry_out, undo
from procon.desk.bulk.forms import parse_act, parse_selection, typed
from procon.desk.bulk.pages import preview, result_page
from procon.desk.bulk.queries import offered
from procon.kernel.errors import Invalid
from procon.portal.render import page, plural, redirect
from procon.tenancy.http import request_scope

AnyRequest = Request[Any, Any, Any]

_BULK = {"permission": "staff:bulk"}
_KEY = re.compile(r"[0-9a-f]{32}\Z")


@post("/equipe/lote", opt=_BULK)
async def look(request: AnyRequest) -> Response[str]:
    """What the act would do, before anything is done."""
    form = await request.form()
    selection, checking = parse_selection(form), form.get("conferir") == "sim"
    try:
        async with request_scope(request) as tx:
            content = await preview(
                tx,
                actor=actor_of(request),
                selection=selection,
                form=typed(form),
                checking=checking,
            )
    except Invalid:
        notice = "Marque ao menos um processo na lista."
        return redirect(request, "/equipe/processos", notice=notice, kind="important")
    return page(request, "desk/bulk.html", content, status=422 if content.errors else 200)


@post("/equipe/lote/fazer", opt=_BULK)
async def act(request: AnyRequest) -> Response[str]:
    """Do it."""
    form, actor = await request.form(), actor_of(request)
    key = _checked(form.get("_chave", ""))
    async with request_scope(request) as tx:
        chosen = parse_act(typed(form), await offered(tx, actor=actor))
        ids = parse_selection(form).ids
        bulk_id = await carry_out(
            tx,
            actor=actor,
            act=chosen,
            ids=ids,
            idempotency_key=key,
            secret=request.app.state.settings.secret_key,
        )
    return redirect(request, f"/equipe/lote/{bulk_id}")


@get("/equipe/lote/{bulk_id:uuid}", opt=_BULK)
async def result(request: AnyRequest) -> Response[str]:
    """What became of it."""
    bulk_id: UUID = request.path_params["bulk_id"]
    async with request_scope(request) as tx:
        content = await result_page(tx, actor=actor_of(request), bulk_id=bulk_id)
    return page(request, "desk/bulk-result.html", content)


@post("/equipe/lote/{bulk_id:uuid}/desfazer", opt=_BULK)
async def take_back(request: AnyRequest) -> Response[str]:
    """Undo it where nothing has happened since."""
    bulk_id: UUID = request.path_params["bulk_id"]
    async with request_scope(request) as tx:
        done = await undo(tx, actor=actor_of(request), bulk_id=bulk_id)
    notice = f"Desfeito em {plural(done.back, 'processo', 'processos')}."
    if done.changed:
        many = plural(done.changed, "processo mudou", "processos mudaram")
        notice += (
            f" {many} depois e ficou como está."
            if done.changed == 1
            else (f" {many} depois e ficaram como estão.")
        )
    return redirect(request, f"/equipe/lote/{bulk_id}", notice=notice)


def handlers() -> list[Any]:
    """The slice's routes."""
    return [look, act, result, take_back]


def _checked(key: object) -> str:
    """The form's key. Raises Invalid."""
    if not isinstance(key, str) or not _KEY.match(key):
        raise Invalid({"caso": "Abra a lista de novo."}, "Abra a lista de novo e escolha.")
    return key
