"""The daily or weekly summary of what waits for a company."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from procon.answers.inbox.queries import waiting_for
from procon.auth.companies.commands import digest_sent
from procon.auth.companies.queries import Reach, digest_members
from procon.companies.mails import SHOWN, Address, write_digest
from procon.tenancy.manifest import Tenant
from procon.tenancy.scope import Database, tenant_scope

# Local hours in which a summary may leave: nobody's telephone rings at night.
FIRST_HOUR, LAST_HOUR = 8, 20


async def digest(db: Database, tenant: Tenant, address: Address) -> int:
    """Write the summaries that are due in this city; returns how many members were looked at.

    Each member is told at most once for a day, however often this runs.
    """
    async with tenant_scope(db, tenant) as tx:
        local = tx.now.astimezone(ZoneInfo(tenant.timezone))
        if not FIRST_HOUR <= local.hour < LAST_HOUR:
            return 0
        members = await digest_members(tx, today=local.date(), weekday=local.weekday())
        for member in members:
            whole = member.branch is None
            reach = Reach(roots=(member.root,)) if whole else Reach(cnpjs=(member.branch or "",))
            rows, total = await waiting_for(tx, reach, limit=SHOWN)
            if total:
                await write_digest(
                    tx,
                    address=address,
                    member=member,
                    key=f"digest/{member.id}/{local.date()}",
                    lines=[(one.number, one.person_name, one.due_at) for one in rows],
                    total=total,
                )
            await digest_sent(tx, member=member, today=local.date())
        return len(members)
