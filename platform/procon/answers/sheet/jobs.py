"""The worker's part: confirmed sheets are answered in small batches, each row for itself."""

from __future__ import annotations

import time
from uuid import UUID

import msgspec

from procon.answers.sheet.commands import (
    TOPIC,
    answer_row,
    finish_sheet,
    forget_sheets,
    go_on,
    mark_row,
)
from procon.answers.sheet.queries import Row, rows_of, sheet_by_id
from procon.auth.actor import Actor
from procon.jobs.outbox import Handler, Work
from procon.kernel.errors import Refused
from procon.tenancy.manifest import Tenant
from procon.tenancy.scope import Database, tenant_scope

BATCH = 50
# Well inside what a handler may take.
SECONDS = 12.0


def handlers() -> dict[str, Handler]:
    """Topic → handler."""
    return {TOPIC: send}


async def send(work: Work) -> None:
    """Answer the next rows of a sheet, then ask for more work or end it. Again: no effect twice,
    because each row says whether it was done and each answer has its key."""
    sheet_id, started = UUID(msgspec.json.decode(work.payload)), time.monotonic()
    async with tenant_scope(work.db, work.tenant) as tx:
        sheet = await sheet_by_id(tx, sheet_id)
        rows = await rows_of(tx, sheet_id, ("ok",), limit=BATCH)
    if sheet is None or sheet.state != "sending":
        return
    actor = msgspec.json.decode(sheet.actor, type=Actor)
    line = 0
    for row in rows:
        if time.monotonic() - started > SECONDS:
            break
        await _send_row(work, actor, sheet_id, row)
        line = row.line
    async with tenant_scope(work.db, work.tenant) as tx:
        left = await rows_of(tx, sheet_id, ("ok",), limit=1)
        if left:
            await go_on(tx, sheet_id=sheet_id, line=line)
        else:
            await finish_sheet(tx, sheet_id)


async def clean(db: Database, tenant: Tenant) -> int:
    """Delete old and abandoned sheets of one city; returns how many."""
    async with tenant_scope(db, tenant) as tx:
        return await forget_sheets(tx)


async def _send_row(work: Work, actor: Actor, sheet_id: UUID, row: Row) -> None:
    try:
        async with tenant_scope(work.db, work.tenant) as tx:
            await answer_row(tx, actor=actor, sheet_id=sheet_id, row=row)
    except Refused as refusal:
        async with tenant_scope(work.db, work.tenant) as tx:
            await mark_row(tx, row, "refused", refusal.reason)
