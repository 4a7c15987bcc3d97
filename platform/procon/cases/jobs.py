"""What time does to cases."""

from __future__ import annotations

from procon.cases.commands import expire_due
from procon.tenancy.manifest import Tenant
from procon.tenancy.scope import Database, tenant_scope


async def expire(db: Database, tenant: Tenant) -> None:
    """Apply passed deadlines of one city, in batches."""
    while True:
        async with tenant_scope(db, tenant) as tx:
            if not await expire_due(tx):
                return
