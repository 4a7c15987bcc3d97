"""What pages show of files, and the ticket that ties an upload to the page it started on."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import msgspec
from litestar.connection import ASGIConnection
from msgspec import Struct

from procon.auth.actor import Actor
from procon.evidence.commands import MIB, PART_SIZE
from procon.evidence.content import ACCEPT, ALLOWED_TEXT, TYPES
from procon.evidence.queries import Owner, StoredFile, files_of_owner
from procon.kernel.errors import Forbidden
from procon.portal.render import file_size
from procon.tenancy.http import tenant_of
from procon.tenancy.scope import Tx

Connection = ASGIConnection[Any, Any, Any, Any]

NOTES: Mapping[str, str] = {
    "sending": "O envio parou no meio. Escolha o mesmo arquivo outra vez para continuar.",
    "checking": "Recebido. Estamos conferindo o arquivo.",
    "kept": "",
}
_OLD_PAGE = "Esta página ficou aberta por muito tempo. Atualize e tente de novo."
COPY_NOTE = "Cópia sem dados de localização. O Procon guarda o original."


class FileView(Struct, frozen=True):
    """A file on a page. `href` and `thumbnail` are "" when there is nothing to open.

    `hash` is the original's SHA-256; `remove` the address that takes it out of an unsent form.
    """

    id: UUID
    name: str
    href: str
    size_text: str
    kind: str
    hash: str
    thumbnail: str
    state: str
    note: str
    owner_kind: str
    attached_to: UUID | None = None
    remove: str = ""


class UploadBox(Struct, frozen=True):
    """Everything the macro `upload` needs. `back`: where the form without JavaScript returns."""

    ticket: str
    back: str
    files: tuple[FileView, ...]
    limit_mib: int
    remaining: int
    accept: str = ACCEPT
    allowed: str = ALLOWED_TEXT
    part_size: int = PART_SIZE
    errors: Mapping[str, str] = {}

    @property
    def limit(self) -> int:
        """Largest file, bytes."""
        return self.limit_mib * MIB


class UploadPage(Struct, frozen=True):
    """The page of its own that an upload without JavaScript comes to when it is refused."""

    upload: UploadBox
    errors: Mapping[str, str]


class ListPart(Struct, frozen=True):
    """The list alone, which the page's script puts in place."""

    upload: UploadBox


async def upload_box(
    request: Connection, tx: Tx, owner: Owner, *, back: str, errors: Mapping[str, str] | None = None
) -> UploadBox:
    """The upload box of a page. The caller has decided that the actor may use `owner`."""
    ticket = ticket_for(request, owner)
    files = await files_of_owner(tx, owner)
    waiting = [file for file in files if file.attached_at is None]
    count = sum(file.state != "refused" for file in files)
    return UploadBox(
        ticket=ticket,
        back=back,
        files=tuple(_view(file, f"?ficha={ticket}", removable=True) for file in waiting),
        limit_mib=tx.tenant.limits.file_mib,
        remaining=max(0, tx.tenant.limits.files_per_case - count),
        errors=errors or {},
    )


def file_views(files: Iterable[StoredFile], actor: Actor | None = None) -> tuple[FileView, ...]:
    """Files of a case as a page shows them; `actor` decides whether a copy is announced."""
    return tuple(
        _view(file, "", copy=actor is not None and gets_copy(actor, file)) for file in files
    )


def gets_copy(actor: Actor, file: StoredFile) -> bool:
    """Whether this person gets a photo without its metadata: whoever is on the other side."""
    sender = file.uploaded_by.partition(":")[0]
    side = {"draft": "citizen", "answer": "supplier"}.get(file.owner_kind, sender)
    return file.copy_key is not None and actor.kind not in {"staff", side}


def ticket_for(request: Connection, owner: Owner) -> str:
    """Proof, for this session on this host only, that a page offered uploads for `owner`."""
    return ticket(*_binding(request), owner)


def ticket(secret: str, slug: str, csrf_token: str, owner: Owner) -> str:
    """See `ticket_for`. The CSRF token stands for the session (or the visitor) and the host."""
    case = owner.case_id.hex if owner.case_id else ""
    plain = f"{owner.kind}.{owner.id.hex}.{case}"
    message = f"upload\0{slug}\0{plain}\0{csrf_token}".encode()
    return f"{plain}.{hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()[:40]}"


def owner_of(request: Connection, given: str) -> Owner:
    """The owner that a ticket names.

    Raises:
        Forbidden: it was not made by us for this session.
    """
    try:
        kind, owner_id, case, _ = given.split(".")
        parts = {"kind": kind, "id": owner_id, "case_id": case or None}
        owner = msgspec.convert(parts, Owner)
    except (ValueError, msgspec.ValidationError) as error:
        raise Forbidden(_OLD_PAGE, code="ticket") from error
    if not hmac.compare_digest(given.encode(), ticket(*_binding(request), owner).encode()):
        raise Forbidden(_OLD_PAGE, code="ticket")
    return owner


def _binding(request: Connection) -> tuple[str, str, str]:
    secret = str(request.app.state.settings.secret_key)
    return secret, tenant_of(request).slug, str(request.scope["state"]["csrf_token"])


def _view(file: StoredFile, query: str, *, removable: bool = False, copy: bool = False) -> FileView:
    kept = file.state == "kept"
    address = f"/arquivos/{file.id}"
    note = COPY_NOTE if copy else NOTES.get(file.state, f"Não foi aceito. {file.reason}")
    return FileView(
        id=file.id,
        name=file.name,
        href=f"{address}/baixar{query}" if kept else "",
        size_text=file_size(file.declared_size if file.size is None else file.size),
        kind=TYPES[file.media_type][0] if file.media_type in TYPES else "Arquivo",
        hash=file.sha256,
        thumbnail=f"{address}/miniatura{query}" if kept and file.thumbnail_key else "",
        state=file.state,
        note=note,
        owner_kind=file.owner_kind,
        attached_to=file.attached_to,
        remove=f"{address}/remover" if removable else "",
    )
