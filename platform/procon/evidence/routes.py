"""Uploads and downloads. All public to the guard: the page's ticket or the case decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromQuery
from litestar.status_codes import HTTP_413_REQUEST_ENTITY_TOO_LARGE
from msgspec import Struct

from procon.auth.http import actor_of
from procon.evidence.commands import (
    PART_SIZE,
    Place,
    begin,
    finish,
    may_add,
    part_addresses,
    receive,
    remove,
)
from procon.evidence.pages import ListPart, UploadPage, gets_copy, owner_of, upload_box
from procon.evidence.queries import Owner, StoredFile, file_by_id, get_file
from procon.evidence.storage import StoreDown
from procon.kernel.errors import Conflict, Invalid, NotFound, Refused
from procon.portal.errors import status_of
from procon.portal.render import is_local, page, redirect
from procon.tenancy.http import request_scope, tenant_of

FORM_BYTES = 256 * 1024 * 1024
FORM_FILES = 10
_PUBLIC = {"permission": "public"}
_STAY = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
WebRequest = Request[Any, Any, Any]
T = TypeVar("T", bound=Struct)


class Begin(Struct, frozen=True, forbid_unknown_fields=True):
    """A browser announces a file. `size` in bytes."""

    ficha: str
    name: str
    size: int


class Parts(Struct, frozen=True, forbid_unknown_fields=True):
    """Part number (from 1) → SHA-256, hexadecimal."""

    ficha: str
    parts: dict[int, str]


class Finish(Struct, frozen=True, forbid_unknown_fields=True):
    """All parts were sent."""

    ficha: str


def _refused(_request: WebRequest, refusal: Refused) -> Response[dict[str, str]]:
    body = {"error": refusal.reason, "code": refusal.code}
    return Response(body, status_code=_status(refusal), headers=_STAY)


def _too_large(request: WebRequest, _error: Exception) -> Response[Any]:
    # The form was not read, so the browser's own word says where it came from.
    back = _local(urlsplit(request.headers.get("referer", "/")).path)
    notice = "O envio foi grande demais. Mande menos arquivos de cada vez."
    return redirect(request, back, notice=notice, kind="important")


_JSON: Any = {Refused: _refused}


@post("/arquivos", opt=_PUBLIC, exception_handlers=_JSON)
async def start(request: WebRequest) -> Response[dict[str, Any]]:
    """Open an upload: its id, object key, size of a part and number of parts."""
    asked = await _body(request, Begin)
    owner = owner_of(request, asked.ficha)
    begun = await begin(
        _place(request), actor=actor_of(request), owner=owner, name=asked.name, size=asked.size
    )
    return Response(msgspec.to_builtins(begun), status_code=201, headers=_STAY)


@post("/arquivos/{file_id:uuid}/partes", opt=_PUBLIC, exception_handlers=_JSON)
async def addresses(request: WebRequest) -> Response[dict[str, Any]]:
    """Presigned addresses for parts whose hashes the browser has computed."""
    asked = await _body(request, Parts)
    owner = owner_of(request, asked.ficha)
    async with request_scope(request) as tx:
        urls = await part_addresses(
            tx, request.app.state.store, owner=owner, file_id=_id(request), hashes=asked.parts
        )
    body = {"urls": {str(number): url for number, url in urls.items()}}
    return Response(body, status_code=200, headers=_STAY)


@get("/arquivos/{file_id:uuid}", opt=_PUBLIC, exception_handlers=_JSON)
async def progress(request: WebRequest, ficha: FromQuery[str] = "") -> Response[dict[str, Any]]:
    """State of a file and, while it is being sent, the parts that have arrived."""
    owner = owner_of(request, ficha)
    async with request_scope(request) as tx:
        file = await file_by_id(tx, _id(request))
    if file is None or (file.owner_kind, file.owner_id) != (owner.kind, owner.id):
        raise NotFound("Não encontramos este arquivo.")
    found = await _arrived(request, file)
    body = {
        "id": str(file.id),
        "state": file.state,
        "reason": file.reason,
        "part_size": PART_SIZE,
        "parts": found,
    }
    return Response(body, headers=_STAY)


@post("/arquivos/{file_id:uuid}/concluir", opt=_PUBLIC, exception_handlers=_JSON)
async def end(request: WebRequest) -> Response[dict[str, Any]]:
    """Join the parts and have the file checked."""
    asked = await _body(request, Finish)
    owner = owner_of(request, asked.ficha)
    file = await finish(_place(request), owner=owner, file_id=_id(request))
    await request.app.state.wake(tenant_of(request).slug)
    return Response({"id": str(file.id), "state": file.state}, status_code=200, headers=_STAY)


@get("/arquivos", opt=_PUBLIC)
async def listing(
    request: WebRequest, ficha: FromQuery[str] = "", voltar: FromQuery[str] = "/"
) -> Response[Any]:
    """The list of a form's files, as the page's script puts it in place."""
    owner = owner_of(request, ficha)
    async with request_scope(request) as tx:
        box = await upload_box(request, tx, owner, back=_local(voltar))
    return page(request, "evidence/list.html", ListPart(box), personal=True)


@post(
    "/arquivos/enviar",
    opt=_PUBLIC,
    request_max_body_size=FORM_BYTES,
    exception_handlers={HTTP_413_REQUEST_ENTITY_TOO_LARGE: _too_large},
)
async def send(request: WebRequest) -> Response[Any]:
    """An upload without JavaScript: back to its page, or a page that says what was wrong."""
    form = await request.form()
    back, owner = _local(form.get("voltar", "/")), owner_of(request, str(form.get("ficha", "")))
    try:
        kept = await _receive_all(request, owner, form.getall("arquivo", []))
    except (Invalid, Conflict, StoreDown) as refusal:
        async with request_scope(request) as tx:
            errors = {"arquivo": refusal.reason}
            box = await upload_box(request, tx, owner, back=back, errors=errors)
        content, status = UploadPage(box, errors), _status(refusal)
        return page(request, "evidence/upload.html", content, status=status, personal=True)
    many = f"{kept} arquivos guardados."
    return redirect(request, back, notice="Arquivo guardado." if kept == 1 else many)


@post("/arquivos/{file_id:uuid}/remover", opt=_PUBLIC)
async def take_out(request: WebRequest) -> Response[Any]:
    """Take a file out of a form that was not sent yet."""
    form = await request.form()
    owner = owner_of(request, str(form.get("ficha", "")))
    await remove(_place(request), owner=owner, file_id=_id(request))
    return redirect(request, _local(form.get("voltar", "/")), notice="Arquivo removido.")


@get("/arquivos/{file_id:uuid}/baixar", opt=_PUBLIC)
async def download(request: WebRequest, ficha: FromQuery[str] = "") -> Response[None]:
    """303 to the store for 60 s, after the access check. The other party gets the copy."""
    file = await _get(request, ficha)
    store = request.app.state.store
    if not ficha and gets_copy(actor_of(request), file):
        name = f"{file.name.rpartition('.')[0] or file.name}.jpg"
        url = store.download_address(file.copy_key, name=name, media_type="image/jpeg")
    else:
        url = store.download_address(file.object_key, name=file.name, media_type=file.media_type)
    return Response(None, status_code=303, headers={**_STAY, "Location": url})


@get("/arquivos/{file_id:uuid}/miniatura", opt=_PUBLIC)
async def thumbnail(request: WebRequest, ficha: FromQuery[str] = "") -> Response[None]:
    """303 to the small picture of a photo; the same access check."""
    file = await _get(request, ficha)
    if file.thumbnail_key is None:
        raise NotFound("Este arquivo não tem miniatura.")
    url = request.app.state.store.picture_address(file.thumbnail_key)
    return Response(None, status_code=303, headers={**_STAY, "Location": url})


def handlers() -> list[Any]:
    """The slice's routes."""
    return [start, addresses, progress, end, listing, send, take_out, download, thumbnail]


async def _get(request: WebRequest, ficha: str) -> StoredFile:
    owner = owner_of(request, ficha) if ficha else None
    async with request_scope(request) as tx:
        return await get_file(tx, actor=actor_of(request), file_id=_id(request), owner=owner)


async def _arrived(request: WebRequest, file: StoredFile) -> list[int]:
    if file.state != "sending":
        return []
    parts = await request.app.state.store.parts(file.object_key, file.upload_id)
    return sorted(part.number for part in parts)


async def _receive_all(request: WebRequest, owner: Owner, posted: list[Any]) -> int:
    uploads = [item for item in posted if isinstance(item, UploadFile) and item.filename]
    if not uploads:
        raise _invalid("Escolha pelo menos um arquivo.")
    if len(uploads) > FORM_FILES:
        raise _invalid(f"Envie até {FORM_FILES} arquivos de cada vez.")
    place, actor = _place(request), actor_of(request)
    async with request_scope(request) as tx:
        await may_add(tx, actor=actor, owner=owner)
    for upload in uploads:
        await receive(place.store, place.db, place.tenant, owner=owner, actor=actor, upload=upload)
    return len(uploads)


async def _body(request: WebRequest, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(await request.body(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _invalid(
            "O envio se perdeu no caminho. Atualize a página e tente de novo."
        ) from error


def _status(refusal: Refused) -> int:
    return 503 if isinstance(refusal, StoreDown) else status_of(refusal)


def _place(request: WebRequest) -> Place:
    state = request.app.state
    return Place(state.store, state.db, tenant_of(request))


def _id(request: WebRequest) -> UUID:
    return UUID(str(request.path_params["file_id"]))


def _local(path: Any) -> str:
    return str(path) if is_local(str(path)) else "/"


def _invalid(sentence: str) -> Invalid:
    fields: Mapping[str, str] = {"arquivo": sentence}
    return Invalid(fields, reason=sentence)
