"""The public verification page, and the download for those who may see the case."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery
from litestar.status_codes import HTTP_413_REQUEST_ENTITY_TOO_LARGE
from msgspec import Struct

from procon.auth.actor import Actor
from procon.auth.http import actor_of
from procon.auth.ratelimit import allow, subject
from procon.cases.access import get_case_by_id, side_of
from procon.kernel.errors import Forbidden, Invalid, NotFound, Refused
from procon.kernel.ids import normalise_code
from procon.letters.commands import CODE_LENGTH, letter_key
from procon.letters.pages import FoundFile, VerifyPage, found_letter
from procon.letters.queries import Letter, letter_by_code, letter_by_sha256
from procon.portal.render import page, redirect
from procon.tenancy.http import request_scope, tenant_of
from procon.tenancy.keys import key
from procon.tenancy.scope import Tx

FILE_MIB = 50
_CHUNK = 256 * 1024
_HEX = re.compile(r"[0-9a-f]{64}")
TRIES = 60
TRIES_PERIOD = timedelta(minutes=1)
_TOO_OFTEN = "Foram muitas verificações seguidas. Espere um minuto e tente de novo."
_TOO_LARGE = f"O arquivo passa de {FILE_MIB} MB. Confira o documento pelo código."


class Hooks(Struct, frozen=True):
    """What this slice needs from its siblings; `app.state.letters` holds one.

    Attributes:
        may_read: raises NotFound or Forbidden when the actor may not see the case.
        fetch: the bytes under an S3 key.
        find_file: whether a file with this SHA-256 stands in a case (evidence).
    """

    may_read: Callable[[Tx, Actor, UUID], Awaitable[None]]
    fetch: Callable[[str], Awaitable[bytes]]
    find_file: Callable[[Tx, bytes], Awaitable[FoundFile | None]]


def _too_large(request: Request[Any, Any, Any], _error: Exception) -> Response[Any]:
    return page(
        request, "letters/verify.html", VerifyPage(errors={"arquivo": _TOO_LARGE}), status=413
    )


@get("/verificar", opt={"permission": "public"})
async def verify_form(
    request: Request[Any, Any, Any],
    codigo: FromQuery[str] = "",
    resumo: FromQuery[str] = "",
) -> Response[Any]:
    """The form; with `codigo` (from the QR) or `resumo` (a SHA-256) also the answer."""
    try:
        content = await _answer(request, codigo, resumo)
    except Invalid as error:
        content = VerifyPage(errors=error.fields, code=codigo[:80])
    return page(request, "letters/verify.html", content, status=422 if content.errors else 200)


@post(
    "/verificar",
    opt={"permission": "public"},
    request_max_body_size=(FILE_MIB + 1) * 1024 * 1024,
    exception_handlers={HTTP_413_REQUEST_ENTITY_TOO_LARGE: _too_large},
)
async def verify(request: Request[Any, Any, Any]) -> Response[Any]:
    """Hash the file, or tidy the code, and show the answer at an address of its own."""
    form = await request.form()
    code, upload = str(form.get("codigo", "")), form.get("arquivo")
    try:
        await _limit(request)
        if isinstance(upload, UploadFile) and upload.filename:
            return redirect(request, f"/verificar?resumo={await _file_sha256(upload)}")
        return redirect(request, f"/verificar?{_query(code)}")
    except Invalid as error:
        content, status = VerifyPage(errors=error.fields, code=code[:80]), 422
    except Refused as error:
        content, status = VerifyPage(errors={"codigo": error.reason}, code=code[:80]), 429
    return page(request, "letters/verify.html", content, status=status)


@get("/documentos/{code:str}", opt={"permission": "letter:read"})
async def download(request: Request[Any, Any, Any], code: FromPath[str]) -> Response[bytes]:
    """The PDF as it was issued, for whom the case's own rule lets in."""
    hooks: Hooks = request.app.state.letters
    async with request_scope(request) as tx:
        letter = await letter_by_code(tx, normalise_code(code))
        if letter is None:
            raise NotFound("Não encontramos este documento.")
        await hooks.may_read(tx, actor_of(request), letter.case_id)
        await _only_for(tx, actor_of(request), letter)
    pdf = await hooks.fetch(letter_key(tenant_of(request).slug, letter.id))
    if not hmac.compare_digest(hashlib.sha256(pdf).digest(), letter.sha256):
        raise Refused("O arquivo guardado não confere com o registro. Avise o Procon.", "altered")
    return _pdf(pdf, f"{letter.kind.replace('_', '-')}-{letter.code}.pdf")


def handlers() -> list[HTTPRouteHandler]:
    """The slice's routes."""
    return [verify_form, verify, download]


async def _only_for(tx: Tx, actor: Actor, letter: Letter) -> None:
    """A letter that shows where somebody lives is theirs and the staff's. Raises Forbidden."""
    if letter.only_for:
        case = await get_case_by_id(tx, actor=actor, case_id=letter.case_id)
        if await side_of(tx, actor=actor, case=case) not in ("staff", letter.only_for):
            raise Forbidden("Este documento é só da outra parte, porque mostra o endereço dela.")


def _pdf(pdf: bytes, name: str) -> Response[bytes]:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(pdf, media_type="application/pdf", headers=headers)


async def _answer(request: Request[Any, Any, Any], code: str, digest: str) -> VerifyPage:
    if not code and not digest:
        return VerifyPage()
    kind, value = _query(digest or code).split("=")
    async with request_scope(request) as tx:
        if kind == "codigo":
            letter = await letter_by_code(tx, value)
            found = None if letter is None else found_letter(letter, sha256=None)
            return VerifyPage(code=code[:80], asked="code", letter=found)
        sha256 = bytes.fromhex(value)
        if letter := await letter_by_sha256(tx, sha256):
            return VerifyPage(asked="file", letter=found_letter(letter, sha256=sha256))
        hooks: Hooks = request.app.state.letters
        return VerifyPage(asked="file", file=await hooks.find_file(tx, sha256))


def _query(typed: str) -> str:
    """`codigo=…` or `resumo=…` for what a person typed. Raises Invalid."""
    code = normalise_code(typed)
    if _HEX.fullmatch(code.lower()):
        return f"resumo={code.lower()}"
    if len(code) == CODE_LENGTH:
        return f"codigo={code}"
    if not code:
        raise Invalid({"codigo": "Digite o código ou escolha o arquivo do documento."})
    raise Invalid({"codigo": "O código tem 12 letras e números, como 7K3M-9QXA-2D5F."})


async def _limit(request: Request[Any, Any, Any]) -> None:
    """Hashing large files is work that anybody could ask for without end. Raises Refused."""
    address = request.client.host if request.client else ""
    name = key(tenant_of(request).slug, "limit", "verify", subject(address))
    decision = await allow(request.app.state.redis, name, TRIES, TRIES_PERIOD)
    if not decision.allowed:
        raise Refused(_TOO_OFTEN, "verify-limit")


async def _file_sha256(upload: UploadFile) -> str:
    digest, size = hashlib.sha256(), 0
    while chunk := await upload.read(_CHUNK):
        size += len(chunk)
        digest.update(chunk)
    if size == 0:
        raise Invalid({"arquivo": "O arquivo está vazio. Escolha outro."})
    if size > FILE_MIB * 1024 * 1024:
        raise Invalid({"arquivo": _TOO_LARGE})
    return digest.hexdigest()
