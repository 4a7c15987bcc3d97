"""What time does to drafts."""

from __future__ import annotations

from procon.intake.commands import remove_expired_drafts
from procon.tenancy.manifest import Tenant
from procon.tenancy.scope import Database, tenant_scope


async def clean(db: Database, tenant: Tenant) -> None:
    """Forget drafts past their thirty days."""
    async with tenant_scope(db, tenant) as tx:
        await remove_expired_drafts(tx)
