"""What may happen to a file. S3 is never called while a transaction is open.

The row comes first ("sending"), then the bytes, then the row says that they are there: a crash in
between leaves a row that `jobs.clean` finds, never a kept file without bytes.
"""

from __future__ import annotations

import asyncio
import re
import unicodedata
from typing import Any
from uuid import UUID

import msgspec
from litestar.datastructures import UploadFile
from msgspec import Struct

from procon.auth.actor import Actor
from procon.auth.permissions import allowed
from procon.cases.access import get_case_by_id
from procon.cases.moves import log_event
from procon.evidence.content import Checked, inspect
from procon.evidence.queries import (
    Owner,
    StoredFile,
    file_by_id,
    files_of_owner,
)
from procon.evidence.storage import Store, StoreDown
from procon.ext.events import FileAdded
from procon.jobs.outbox import put_out
from procon.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from procon.kernel.ids import new_id
from procon.tenancy.keys import object_key
from procon.tenancy.manifest import Tenant
from procon.tenancy.scope import Database, Tx, tenant_scope

PART_SIZE = 8 * 1024 * 1024
MIB = 1024 * 1024
NAME_LENGTH = 120
CHECK_TOPIC = "evidence/check"
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")

__all__ = ["Owner", "attach", "begin", "finish", "part_addresses", "receive", "remove"]


class Place(Struct, frozen=True):
    """Where files go: the city, its database, the store."""

    store: Store
    db: Database
    tenant: Tenant


class Begun(Struct, frozen=True):
    """A new upload. Sizes in bytes."""

    id: UUID
    key: str
    part_size: int
    parts: int


# Who may send files to a case that they see: parties, and the staff at the counter or in charge.
_ADDS = ("party:act", "staff:counter", "staff:process")


async def may_add(tx: Tx, *, actor: Actor, owner: Owner) -> None:
    """Whether the actor may send files for this form now.

    Raises:
        Forbidden: not theirs (any more); Conflict: the form already has as many as it may have.
    """
    if owner.case_id is not None:
        wanted = {"answer": ("supplier:answer",)}.get(owner.kind, _ADDS)
        if not any(allowed(actor, permission) for permission in wanted):
            raise Forbidden("Sua conta não pode enviar arquivos a este processo.")
        await get_case_by_id(tx, actor=actor, case_id=owner.case_id)
    # Two files at once: the second is counted after the first.
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", str(owner.id))
    count = await tx.fetchval(
        "SELECT count(*) FROM evidence_file WHERE owner_kind = $1 AND owner_id = $2"
        " AND state <> 'refused'",
        owner.kind,
        owner.id,
    )
    if count >= tx.tenant.limits.files_per_case:
        raise Conflict(
            f"Já são {count} arquivos, o máximo para um envio. Remova um antes de juntar outro.",
            code="too-many-files",
        )


def checked_size(tenant: Tenant, size: int) -> int:
    """`size` in bytes, if the city takes files so large. Raises Invalid on "arquivo"."""
    if size <= 0:
        raise _invalid("O arquivo está vazio. Escolha outro.")
    if size > tenant.limits.file_mib * MIB:
        raise _invalid(
            f"O arquivo passa de {tenant.limits.file_mib} MB, o máximo aceito."
            " Envie um menor ou divida em partes."
        )
    return size


def clean_name(name: str) -> str:
    """A file's name for people: no folders, no control characters, at most 120 characters."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    kept = "".join(c for c in last if unicodedata.category(c)[0] not in "CZ" or c == " ").strip()
    if len(kept) > NAME_LENGTH:
        stem, dot, ending = kept.rpartition(".")
        tail = f".{ending}" if dot and len(ending) <= 5 else ""
        kept = (stem if tail else kept)[: NAME_LENGTH - len(tail)] + tail
    return kept or "arquivo"


async def begin(place: Place, *, actor: Actor, owner: Owner, name: str, size: int) -> Begun:
    """Open an upload straight to the store.

    Raises:
        Invalid: empty or too large; Forbidden, Conflict: see `may_add`; StoreDown.
    """
    size = checked_size(place.tenant, size)
    async with tenant_scope(place.db, place.tenant) as tx:
        await may_add(tx, actor=actor, owner=owner)
    file_id = new_id()
    key = object_key(place.tenant.slug, "evidence", file_id.hex)
    upload_id = await place.store.start_parts(key)
    async with tenant_scope(place.db, place.tenant) as tx:
        await may_add(tx, actor=actor, owner=owner)
        await _insert(tx, file_id, owner, actor, name=name, size=size, key=key, upload=upload_id)
    return Begun(file_id, key, PART_SIZE, -(-size // PART_SIZE))


async def part_addresses(
    tx: Tx, store: Store, *, owner: Owner, file_id: UUID, hashes: dict[int, str]
) -> dict[int, str]:
    """Where to PUT each of these parts. `hashes`: part number (from 1) → SHA-256, hexadecimal.

    Raises:
        Invalid: a number or hash that cannot be; Conflict: the upload has ended; NotFound.
    """
    file = await _own(tx, owner, file_id)
    if file.state != "sending":
        raise Conflict("O envio deste arquivo já terminou.", code="upload-ended")
    most = -(-file.declared_size // PART_SIZE)
    if not all(1 <= n <= most and _SHA256.match(h) for n, h in hashes.items()):
        raise _invalid("O envio se perdeu no caminho. Escolha o arquivo de novo.")
    known = {**file.parts, **hashes}
    await tx.execute(
        "UPDATE evidence_file SET parts = $2 WHERE id = $1",
        file_id,
        msgspec.json.encode(known).decode(),
    )
    return {
        number: store.part_address(file.object_key, file.upload_id, number, sha256)
        for number, sha256 in sorted(hashes.items())
    }


async def finish(place: Place, *, owner: Owner, file_id: UUID) -> StoredFile:
    """All parts have arrived: make the object and have it checked. Again: no effect.

    Raises:
        Conflict: a part is missing or the size is not what was announced; NotFound; StoreDown.
    """
    async with tenant_scope(place.db, place.tenant) as tx:
        file = await _own(tx, owner, file_id)
    if file.state != "sending":
        return file
    stored = await place.store.size(file.object_key)
    if stored is None:
        parts = await place.store.parts(file.object_key, file.upload_id)
        hashes = file.parts
        if sum(part.size for part in parts) != file.declared_size or not all(
            part.number in hashes for part in parts
        ):
            raise Conflict("Ainda faltam partes do arquivo. Continue o envio.", code="parts")
        await place.store.join_parts(file.object_key, file.upload_id, parts, hashes)
    async with tenant_scope(place.db, place.tenant) as tx:
        await tx.execute(
            "UPDATE evidence_file SET state = 'checking', finished_at = $2"
            " WHERE id = $1 AND state = 'sending'",
            file_id,
            tx.now,
        )
        await put_out(
            tx, topic=CHECK_TOPIC, payload=str(file_id), effect_key=f"{CHECK_TOPIC}/{file_id}"
        )
        return await _own(tx, owner, file_id)


async def receive(
    store: Store, db: Database, tenant: Tenant, *, owner: Owner, actor: Actor, upload: UploadFile
) -> StoredFile:
    """Keep a file that came in an ordinary form: checked at once, kept before this returns.

    Not inside a scope: it opens its own.

    Raises:
        Invalid: it may not stay; `fields["arquivo"]` names the file and says why.
        Forbidden, Conflict: see `may_add`; StoreDown.
    """
    name, stream = clean_name(upload.filename), upload.file
    size = await asyncio.to_thread(_length, stream)
    try:
        checked_size(tenant, size)
        checked = await asyncio.to_thread(inspect, stream)
    except Invalid as refusal:
        raise _invalid(f"{name}: {refusal.reason}") from refusal
    file_id = new_id()
    key = object_key(tenant.slug, "evidence", file_id.hex)
    async with tenant_scope(db, tenant) as tx:
        await may_add(tx, actor=actor, owner=owner)
        await _insert(tx, file_id, owner, actor, name=name, size=size, key=key, upload="")
    try:
        await store.put(key, stream, checked.media_type, sha256=checked.sha256)
        await put_pictures(store, tenant.slug, file_id, checked)
    except StoreDown:
        async with tenant_scope(db, tenant) as tx:
            await tx.execute("DELETE FROM evidence_file WHERE id = $1", file_id)
        raise
    async with tenant_scope(db, tenant) as tx:
        await keep(tx, file_id, checked)
        return await _own(tx, owner, file_id)


async def put_pictures(store: Store, slug: str, file_id: UUID, checked: Checked) -> None:
    """Store the small pictures of a photo, each under its own key."""
    for kind, body in (("thumbnail", checked.thumbnail), ("copy", checked.copy)):
        if body is not None:
            await store.put(object_key(slug, kind, file_id.hex), body, "image/jpeg")


async def keep(tx: Tx, file_id: UUID, checked: Checked) -> None:
    """The file has been checked and stays."""
    slug = tx.tenant.slug
    await tx.execute(
        "UPDATE evidence_file SET state = 'kept', size = $2, sha256 = $3, media_type = $4,"
        " thumbnail_key = $5, copy_key = $6, finished_at = coalesce(finished_at, $7)"
        " WHERE id = $1",
        file_id,
        checked.size,
        checked.sha256,
        checked.media_type,
        object_key(slug, "thumbnail", file_id.hex) if checked.thumbnail else None,
        object_key(slug, "copy", file_id.hex) if checked.copy else None,
        tx.now,
    )


async def attach(
    tx: Tx, *, actor: Actor, owner: Owner, case_id: UUID, attached_to: UUID | None = None
) -> int:
    """The form was sent: its files become part of the case. Again: no effect.

    Files whose check has not ended come along and are logged when it has.

    Args:
        attached_to: the answer's id for files of an answer; the case otherwise.

    Returns:
        How many files were attached now.
    """
    rows = await tx.fetch(
        "UPDATE evidence_file SET case_id = $3, attached_to = $4, attached_at = $5"
        " WHERE owner_kind = $1 AND owner_id = $2 AND attached_at IS NULL"
        " AND state IN ('checking', 'kept') AND (case_id IS NULL OR case_id = $3)"
        " RETURNING id",
        owner.kind,
        owner.id,
        case_id,
        attached_to or case_id,
        tx.now,
    )
    fresh = {row[0] for row in rows}
    for file in await files_of_owner(tx, owner):
        if file.id in fresh and file.state == "kept":
            await log_added(tx, actor, file)
    return len(fresh)


async def log_added(tx: Tx, actor: Actor, file: StoredFile) -> None:
    """Write a kept, attached file into its case's log."""
    if file.case_id is not None:
        event = FileAdded(
            case_id=file.case_id, name=file.name, sha256=file.sha256, size=file.size or 0
        )
        await log_event(tx, actor=actor, event=event)


async def remove(place: Place, *, owner: Owner, file_id: UUID) -> None:
    """Take a file out of a form that has not been sent yet.

    Raises:
        Conflict: it is already part of a case, where nothing is deleted; NotFound; StoreDown.
    """
    async with tenant_scope(place.db, place.tenant) as tx:
        file = await _own(tx, owner, file_id)
        if file.attached_at is not None:
            raise Conflict("Este arquivo já faz parte do processo e não pode ser removido.")
        await tx.execute("DELETE FROM evidence_file WHERE id = $1", file_id)
    await discard(place.store, file)


async def discard(store: Store, file: StoredFile) -> None:
    """Delete the bytes of a file whose row is gone or refused."""
    if file.upload_id:
        await store.drop_parts(file.object_key, file.upload_id)
    keys = (file.object_key, file.thumbnail_key, file.copy_key)
    await store.remove(key for key in keys if key)


async def _own(tx: Tx, owner: Owner, file_id: UUID) -> StoredFile:
    file = await file_by_id(tx, file_id, lock=True)
    if file is None or (file.owner_kind, file.owner_id) != (owner.kind, owner.id):
        raise NotFound("Não encontramos este arquivo.")
    return file


async def _insert(
    tx: Tx, file_id: UUID, owner: Owner, actor: Actor, *, name: str, size: int, **more: Any
) -> None:
    await tx.execute(
        "INSERT INTO evidence_file (id, owner_kind, owner_id, case_id, object_key, upload_id, name,"
        " declared_size, state, uploaded_by, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'sending', $9, $10)",
        file_id,
        owner.kind,
        owner.id,
        owner.case_id,
        more["key"],
        more["upload"],
        clean_name(name),
        size,
        actor.label,
        tx.now,
    )


def _length(stream: Any) -> int:
    stream.seek(0, 2)
    size: int = stream.tell()
    stream.seek(0)
    return size


def _invalid(sentence: str) -> Invalid:
    return Invalid({"arquivo": sentence}, reason=sentence)
