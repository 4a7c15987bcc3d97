"""Documents of a request: checked, put into the store, then known to the database."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from litestar.datastructures import UploadFile

from procon.auth.companies.requests import Stored
from procon.evidence.commands import checked_size, clean_name
from procon.evidence.content import inspect
from procon.evidence.storage import Store
from procon.kernel.errors import Invalid
from procon.kernel.ids import new_id
from procon.tenancy.keys import object_key
from procon.tenancy.manifest import Tenant

MOST_FILES = 6
_TAKEN = frozenset({"application/pdf", "image/jpeg", "image/png", "image/webp"})
ACCEPT = "application/pdf,image/jpeg,image/png,image/webp"


def uploads_in(posted: Iterable[Any]) -> list[UploadFile]:
    """The files of a form field.

    Raises:
        Invalid: none, or too many.
    """
    found = [item for item in posted if isinstance(item, UploadFile) and item.filename]
    if not found:
        raise Invalid({"documentos": "Junte o contrato social e a procuração, se houver."})
    if len(found) > MOST_FILES:
        raise Invalid({"documentos": f"Envie até {MOST_FILES} arquivos."})
    return found


async def store_documents(
    store: Store, tenant: Tenant, uploads: Iterable[UploadFile]
) -> tuple[Stored, ...]:
    """Check and keep each file. Not inside a scope: this takes time.

    Raises:
        Invalid: a file may not stay; nothing of this form is kept then. StoreDown.
    """
    kept: list[Stored] = []
    try:
        for upload in uploads:
            kept.append(await _store(store, tenant, upload))
    except BaseException:
        await drop_documents(store, kept)
        raise
    return tuple(kept)


async def drop_documents(store: Store, documents: Iterable[Stored]) -> None:
    """Take back what no request holds."""
    await store.remove([one.object_key for one in documents])


async def _store(store: Store, tenant: Tenant, upload: UploadFile) -> Stored:
    name, stream = clean_name(upload.filename), upload.file
    try:
        checked = await asyncio.to_thread(inspect, stream)
        checked_size(tenant, checked.size)
    except Invalid as refusal:
        reason = refusal.fields.get("arquivo", refusal.reason)
        raise Invalid({"documentos": f"{name}: {reason}"}) from refusal
    if checked.media_type not in _TAKEN:
        raise Invalid({"documentos": f"{name}: envie um PDF ou uma foto."})
    document_id = new_id()
    key = object_key(tenant.slug, "company", document_id.hex)
    await store.put(key, stream, checked.media_type, sha256=checked.sha256)
    return Stored(document_id, key, name, checked.media_type, checked.size, checked.sha256)
