"""Routes of the staff's pages for the words of documents."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from litestar import Request, Response, get, post

from procon.auth.http import actor_of
from procon.kernel.errors import Conflict, Invalid
from procon.letters.models import Brand
from procon.letters.typeset.press import brand_for
from procon.letters.typeset.render import render
from procon.letters.wording.commands import (
    TITLE_MOST,
    change_wording,
    checked,
    restore_wording,
)
from procon.letters.wording.compose import example, example_stamp
from procon.letters.wording.markup import BODY_MOST
from procon.letters.wording.pages import (
    ModelPage,
    document_of,
    model_page,
    models_page,
    preview_of,
    version_page,
)
from procon.letters.wording.queries import Wording, wording_in_force
from procon.portal.render import page, portal_of, redirect
from procon.tenancy.http import request_scope, tenant_of

AnyRequest = Request[Any, Any, Any]

_LETTERS = {"permission": "staff:letters"}
_MODELS = "/equipe/configuracoes/modelos"
_MODEL = f"{_MODELS}/{{code:str}}"


@get(_MODELS, opt=_LETTERS)
async def models(request: AnyRequest) -> Response[str]:
    """Every document whose words the city may change."""
    async with request_scope(request) as tx:
        content = await models_page(tx)
    return page(request, "letters/models.html", content)


@get(_MODEL, opt=_LETTERS)
async def model(request: AnyRequest) -> Response[str]:
    """One document's words, with a preview."""
    async with request_scope(request) as tx:
        content = await model_page(tx, _code(request))
    return page(request, "letters/model.html", content)


@post(_MODEL, opt=_LETTERS)
async def change(request: AnyRequest) -> Response[str]:
    """Save the words; without JavaScript also "Ver como fica" and the PDF come here."""
    title, body, seen = _typed(form := await request.form())
    if form.get("acao") == "ver":
        return await _again(request)
    code, actor = _code(request), actor_of(request)
    try:
        async with request_scope(request) as tx:
            saved = await change_wording(
                tx, actor=actor, code=code, title=title, body=body, seen=seen
            )
    except Invalid as refusal:
        return await _again(request, status=422, errors=refusal.fields)
    except Conflict as refusal:
        return await _again(request, status=409, problem=refusal.reason)
    notice = f"Versão {saved.version} salva. Os próximos documentos saem com este texto."
    return redirect(request, f"{_MODELS}/{code}", notice=notice)


@post(f"{_MODEL}/previa", opt=_LETTERS)
async def preview(request: AnyRequest) -> Response[str]:
    """How the words look with made-up data, while they are being typed."""
    title, body, _ = _typed(await request.form())
    code = document_of(_code(request)).code
    return page(request, "letters/_preview.html", preview_of(code, title, body))


@get(f"{_MODEL}/pdf", opt=_LETTERS)
async def saved_pdf(request: AnyRequest) -> Response[bytes]:
    """The words in force as a PDF with made-up data."""
    code = document_of(_code(request)).code
    async with request_scope(request) as tx:
        wording = await wording_in_force(tx, code)
    return await _pdf(request, wording)


@post(f"{_MODEL}/pdf", opt=_LETTERS)
async def typed_pdf(request: AnyRequest) -> Response[Any]:
    """The words that are being written as a PDF with made-up data."""
    title, body, _ = _typed(await request.form())
    code = document_of(_code(request)).code
    try:
        title, body = checked(title, body)
    except Invalid as refusal:
        return await _again(request, status=422, errors=refusal.fields)
    return await _pdf(request, Wording(code, 0, title, body))


@get(f"{_MODEL}/versoes/{{version:int}}", opt=_LETTERS)
async def version(request: AnyRequest) -> Response[str]:
    """An earlier version."""
    number = request.path_params["version"]
    async with request_scope(request) as tx:
        content = await version_page(tx, _code(request), number)
    return page(request, "letters/version.html", content)


@post(f"{_MODEL}/versoes/{{version:int}}", opt=_LETTERS)
async def restore(request: AnyRequest) -> Response[str]:
    """Put an earlier version's words in force again."""
    number, code = request.path_params["version"], _code(request)
    seen = _number((await request.form()).get("visto"))
    async with request_scope(request) as tx:
        saved = await restore_wording(
            tx, actor=actor_of(request), code=code, version=number, seen=seen
        )
    notice = f"O texto da versão {number} voltou a valer, como versão {saved.version}."
    return redirect(request, f"{_MODELS}/{code}", notice=notice)


def handlers() -> list[Any]:
    """The routes of this part of the slice."""
    return [models, model, change, preview, saved_pdf, typed_pdf, version, restore]


def _code(request: AnyRequest) -> str:
    return str(request.path_params["code"]).upper()


def _typed(form: Any) -> tuple[str, str, int]:
    """Title, body and the version seen, as they were typed; what is no text counts as empty."""
    title, body = (form.get(name) for name in ("titulo", "texto"))
    return (
        title[: TITLE_MOST * 2] if isinstance(title, str) else "",
        body[: BODY_MOST * 2].replace("\r\n", "\n") if isinstance(body, str) else "",
        _number(form.get("visto")),
    )


def _number(typed: object) -> int:
    text = typed if isinstance(typed, str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else -1


async def _again(
    request: AnyRequest,
    *,
    status: int = 200,
    errors: dict[str, str] | None = None,
    problem: str = "",
) -> Response[str]:
    """The page with what was typed. After a conflict the next save goes over the newer version."""
    title, body, seen = _typed(await request.form())
    async with request_scope(request) as tx:
        content: ModelPage = await model_page(tx, _code(request), (title, body, seen))
    content = msgspec.structs.replace(content, errors=errors or {}, problem=problem)
    if problem:
        content = msgspec.structs.replace(content, seen=content.current.version)
    return page(request, "letters/model.html", content, status=status)


async def _pdf(request: AnyRequest, wording: Wording) -> Response[bytes]:
    stamp = example_stamp(request.app.state.db.clock())
    brand = _brand(request)
    pdf = await asyncio.to_thread(render, wording.code, example(wording), brand=brand, stamp=stamp)
    headers = {
        "Content-Disposition": f'inline; filename="exemplo-{wording.code.lower()}.pdf"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(pdf, media_type="application/pdf", headers=headers)


def _brand(request: AnyRequest) -> Brand:
    tenant = tenant_of(request)
    check_url = request.app.state.settings.url(tenant.host, "/verificar")
    return brand_for(tenant, portal_of(request).theme_of(tenant.theme), check_url=check_url)
