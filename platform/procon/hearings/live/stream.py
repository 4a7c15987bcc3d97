"""The live page's pulse: when something changed, as server-sent events.

Only the number of the change travels; the page then asks for its part, where access is checked
again. Between two looks no transaction and no connection is held.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from uuid import UUID

from litestar.response.sse import ServerSentEventMessage

from procon.tenancy.manifest import Tenant
from procon.tenancy.scope import Database, tenant_scope

# After this the browser connects again by itself, so that no stream outlives its session for long.
LASTS_SECONDS = 600.0
LOOKS_EVERY = 1.0
# Proxies close what stays silent.
BREATHES_EVERY = 15.0
RETRY_MS = 2_000


async def changes(
    db: Database,
    tenant: Tenant,
    hearing_id: UUID,
    *,
    lasts: float = LASTS_SECONDS,
    every: float = LOOKS_EVERY,
) -> AsyncIterator[ServerSentEventMessage]:
    """One event `mudou` now and for each later change, `fim` when the hearing is over.

    Args:
        lasts: seconds after which the stream ends by itself.
        every: seconds between two looks.
    """
    began = breathed = time.monotonic()
    seen: int | None = None
    while True:
        revision, status = await _look(db, tenant, hearing_id)
        if revision != seen:
            seen = revision
            yield ServerSentEventMessage(
                event="mudou", data=str(revision), id=revision, retry=RETRY_MS
            )
        if status != "set":
            yield ServerSentEventMessage(event="fim", data=status)
            return
        now = time.monotonic()
        if now - began >= lasts:
            return
        if now - breathed >= BREATHES_EVERY:
            breathed = now
            yield ServerSentEventMessage(comment="", data=None)
        await asyncio.sleep(every)


async def _look(db: Database, tenant: Tenant, hearing_id: UUID) -> tuple[int, str]:
    async with tenant_scope(db, tenant) as tx:
        row = await tx.fetchrow("SELECT revision, status FROM hearing WHERE id = $1", hearing_id)
    return (row["revision"], row["status"]) if row else (0, "cancelled")
