"""Every event of a case brings the search up to date."""

from __future__ import annotations

from typing import get_args
from uuid import UUID

import msgspec

from procon.desk.search.commands import INDEX_TOPIC, index_case
from procon.ext.events import CaseEvent
from procon.jobs.outbox import Handler, Work
from procon.tenancy.scope import tenant_scope


def handlers() -> dict[str, Handler]:
    """Topic → handler."""
    kinds = [str(event.__struct_config__.tag) for event in get_args(CaseEvent)]
    found: dict[str, Handler] = {f"{kind}/search": _after_event for kind in kinds}
    return {**found, INDEX_TOPIC: _index}


async def _after_event(work: Work) -> None:
    async with tenant_scope(work.db, work.tenant) as tx:
        await index_case(tx, work.event().case_id)


async def _index(work: Work) -> None:
    async with tenant_scope(work.db, work.tenant) as tx:
        await index_case(tx, UUID(msgspec.json.decode(work.payload, type=str)))
