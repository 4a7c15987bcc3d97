"""What the worker does with files: check what browsers sent, clear what nobody finished."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import IO, Any
from uuid import UUID

import msgspec
import structlog

from procon.auth.actor import SYSTEM
from procon.evidence.commands import CHECK_TOPIC, discard, keep, log_added, put_pictures
from procon.evidence.content import Checked, inspect
from procon.evidence.queries import StoredFile, file_by_id
from procon.evidence.storage import Store, StoreDown
from procon.jobs.outbox import Work
from procon.kernel.errors import Invalid
from procon.tenancy.manifest import Tenant
from procon.tenancy.scope import Database, tenant_scope

SENDING_FOR = timedelta(hours=24)
WAITING_FOR = timedelta(days=31)  # a draft lives 30 days
IN_MEMORY = 8 * 1024 * 1024
BATCH = 50
ABANDONED = "O envio não foi concluído."

log = structlog.get_logger()
Handler = Callable[[Work], Coroutine[Any, Any, None]]


def handlers(store: Store) -> dict[str, Handler]:
    """Topic → handler, for the worker."""

    async def check(work: Work) -> None:
        await check_file(work.db, work.tenant, store, UUID(msgspec.json.decode(work.payload)))

    return {CHECK_TOPIC: check}


async def check_file(db: Database, tenant: Tenant, store: Store, file_id: UUID) -> None:
    """Hash and look at the stored bytes; keep or refuse the file. Again: no effect.

    Raises:
        StoreDown: the work is tried again later.
    """
    async with tenant_scope(db, tenant) as tx:
        file = await file_by_id(tx, file_id)
    if file is None or file.state != "checking":
        return
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as stream:
        await store.read_into(file.object_key, stream)
        try:
            checked = await asyncio.to_thread(_inspect, stream, file)
        except Invalid as refusal:
            await _refuse(db, tenant, store, file, refusal.reason)
            return
    await put_pictures(store, tenant.slug, file.id, checked)
    async with tenant_scope(db, tenant) as tx:
        current = await file_by_id(tx, file_id, lock=True)
        if current is None or current.state != "checking":
            return
        await keep(tx, file_id, checked)
        kept = await file_by_id(tx, file_id)
        if kept is not None and kept.attached_at is not None:
            await log_added(tx, SYSTEM, kept)


def _inspect(stream: IO[bytes], file: StoredFile) -> Checked:
    checked = inspect(stream)
    if checked.size != file.declared_size:
        sentence = "O arquivo chegou com outro tamanho. Envie de novo."
        raise Invalid({"arquivo": sentence}, reason=sentence)
    return checked


async def _refuse(
    db: Database, tenant: Tenant, store: Store, file: StoredFile, reason: str
) -> None:
    async with tenant_scope(db, tenant) as tx:
        await tx.execute(
            "UPDATE evidence_file SET state = 'refused', reason = $2 WHERE id = $1"
            " AND state = 'checking'",
            file.id,
            reason,
        )
    await discard(store, file)


async def clean(db: Database, tenant: Tenant, store: Store) -> int:
    """Delete uploads that stopped 24 hours ago and files of forms that were never sent.

    Returns:
        How many files were deleted. A dead store ends the round; the next one goes on.
    """
    async with tenant_scope(db, tenant) as tx:
        # Refused first: from here on no form can attach them, and a failed round is seen again.
        rows = await tx.fetch(
            "UPDATE evidence_file SET state = 'refused', reason = $3 WHERE id IN ("
            " SELECT id FROM evidence_file WHERE attached_at IS NULL AND (created_at < $2"
            " OR (created_at < $1 AND (state = 'sending' OR reason = $3)))"
            " ORDER BY created_at LIMIT $4 FOR UPDATE SKIP LOCKED) RETURNING id",
            tx.now - SENDING_FOR,
            tx.now - WAITING_FOR,
            ABANDONED,
            BATCH,
        )
        files = [await file_by_id(tx, row[0]) for row in rows]
    done = 0
    for file in files:
        if file is None:
            continue
        try:
            await discard(store, file)
        except StoreDown:
            log.warning("evidence_cleaning_stopped", tenant=tenant.slug)
            return done
        async with tenant_scope(db, tenant) as tx:
            await tx.execute("DELETE FROM evidence_file WHERE id = $1", file.id)
        done += 1
    return done
