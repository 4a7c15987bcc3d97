"""What time does to mandates: a reminder 15 and 3 days before the end, and the end itself."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from procon.auth.actor import SYSTEM
from procon.auth.mandates.commands import close_expired, mark_reminded
from procon.lawyers.commands import expired
from procon.lawyers.queries import REMIND_AT, Expiring, expiring, just_expired
from procon.notices.commands import write_message
from procon.portal.render import date_and_hour
from procon.tenancy.manifest import Tenant
from procon.tenancy.scope import Database, Tx, tenant_scope

Address = Callable[[str, str], str]


async def watch_mandates(db: Database, tenant: Tenant, address_of: Address) -> None:
    """One round for one city. Access ends with the validity by itself; here it is told.

    Args:
        address_of: host and path → full address.
    """
    async with tenant_scope(db, tenant) as tx:
        for mandate_id in await just_expired(tx):
            await close_expired(tx, mandate_id)
            await expired(tx, actor=SYSTEM, mandate_id=mandate_id)
    async with tenant_scope(db, tenant) as tx:
        for one in await expiring(tx):
            days = min(days for days in REMIND_AT if one.days <= days)
            if one.reminded != str(days):
                await _remind(tx, one, days, address_of)
                await mark_reminded(tx, one.id, str(days))


async def _remind(tx: Tx, one: Expiring, days: int, address_of: Address) -> None:
    until = date_and_hour(one.expires_at, ZoneInfo(tx.tenant.timezone))
    scope = f"no processo {one.case_number}" if one.case_number else "em todos os processos"
    told = (
        (
            "lawyer",
            one.lawyer,
            one.lawyer_email,
            f"A sua procuração de {one.client}, {scope}, vale até {until}. Depois disso você deixa"
            " de ver o processo. Se o cliente quiser que você continue, junte uma nova procuração.",
            "/advogado/procuracoes",
        ),
        (
            "client",
            one.client,
            one.client_email,
            f"A procuração que você deu a {one.lawyer}, {scope}, vale até {until}. Se quiser que"
            " continue, dê uma nova. Se não quiser, não é preciso fazer nada.",
            "/minha-conta/representantes",
        ),
    )
    for who, name, email, sentence, path in told:
        if email:
            link = address_of(tx.tenant.host, path)
            await write_message(
                tx,
                effect_key=f"mandate/{one.id}/{days}/{who}",
                case_id=None,
                recipient=email,
                subject="Uma procuração está perto do fim",
                body=f"Olá, {name}.\n\n{sentence}\n\n{link}\n\n{tx.tenant.name}\n",
            )
