"""Routes of the staff's pages for batches of letters."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath

from procon.auth.http import actor_of
from procon.kernel.errors import Invalid, NotFound
from procon.kernel.ids import new_id
from procon.kernel.text import clean
from procon.letters.batch.commands import joined_key, merge_letters
from procon.letters.batch.pages import (
    WORDS_MOST,
    ConfirmPage,
    Typed,
    batch_page,
    batches_page,
    confirm_page,
    typed,
)
from procon.letters.batch.queries import batch_by_id
from procon.portal.render import page, redirect
from procon.tenancy.http import request_scope, tenant_of
from procon.tenancy.scope import Tx

AnyRequest = Request[Any, Any, Any]

_LETTERS = {"permission": "staff:letters"}
_BATCHES = "/equipe/cartas/lotes"
_BATCH = f"{_BATCHES}/{{batch_id:uuid}}"


@get(_BATCHES, opt=_LETTERS)
async def batches(request: AnyRequest) -> Response[str]:
    """The form for a new batch (`?processos=` fills it in), and the last ones."""
    form = Typed(processos=clean(str(request.query_params.get("processos", "")), 2_000))
    async with request_scope(request) as tx:
        content = await batches_page(tx, key=str(new_id()), form=form)
    return page(request, "letters/batches.html", content)


@post(_BATCHES, opt=_LETTERS)
async def create(request: AnyRequest) -> Response[str]:
    """First show to whom what goes, then do it."""
    form = typed(posted := await request.form())
    key = _key(posted.get("_chave"))
    confirmed = posted.get("acao") == "emitir"
    try:
        async with request_scope(request) as tx:
            content = await confirm_page(tx, key=key, form=form)
            batch_id = await _merge(request, tx, content) if confirmed else None
    except Invalid as refusal:
        return await _again(request, key, form, refusal)
    if batch_id is None:
        return page(request, "letters/batch_confirm.html", content)
    return redirect(request, f"{_BATCHES}/{batch_id}", notice="O lote está sendo impresso.")


@get(_BATCH, opt=_LETTERS)
async def batch(request: AnyRequest, batch_id: FromPath[UUID]) -> Response[str]:
    """How far a batch is."""
    async with request_scope(request) as tx:
        content = await batch_page(tx, batch_id)
    return page(request, "letters/batch.html", content)


@get(f"{_BATCH}/andamento", opt=_LETTERS)
async def progress(request: AnyRequest, batch_id: FromPath[UUID]) -> Response[str]:
    """The part of the page that changes by itself."""
    async with request_scope(request) as tx:
        content = await batch_page(tx, batch_id)
    return page(request, "letters/_batch_progress.html", content)


@get(f"{_BATCH}/pdf", opt=_LETTERS)
async def joined(request: AnyRequest, batch_id: FromPath[UUID]) -> Response[None]:
    """All letters as one file."""
    async with request_scope(request) as tx:
        found = await batch_by_id(tx, batch_id)
    if found is None or found.state != "ready":
        raise NotFound("Este arquivo ainda não está pronto.")
    address = request.app.state.store.download_address(
        joined_key(tenant_of(request).slug, batch_id),
        name=f"lote-{found.code.lower()}.pdf",
        media_type="application/pdf",
    )
    return Response(
        None, status_code=303, headers={"Cache-Control": "no-store", "Location": address}
    )


def handlers() -> list[Any]:
    """The routes of this part of the slice."""
    return [batches, create, batch, progress, joined]


async def _merge(request: AnyRequest, tx: Tx, content: ConfirmPage) -> UUID:
    return await merge_letters(
        tx,
        actor=actor_of(request),
        case_ids=[one.id for one in content.recipients],
        code=content.form.modelo,
        words=clean(content.form.texto, WORDS_MOST, multiline=True),
        idempotency_key=content.key,
    )


async def _again(request: AnyRequest, key: str, form: Typed, refusal: Invalid) -> Response[str]:
    async with request_scope(request) as tx:
        content = await batches_page(tx, key=key, form=form, errors=refusal.fields)
    return page(request, "letters/batches.html", content, status=422)


def _key(given: object) -> str:
    """The form's key, or a new one when it is none of ours."""
    try:
        return str(UUID(given if isinstance(given, str) else ""))
    except ValueError:
        return str(new_id())
