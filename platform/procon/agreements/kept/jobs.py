"""The follow-up that nobody has to think of: open proposals end, dates are asked after."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from procon.agreements.commands import today_of
from procon.agreements.kept.commands import break_unproven
from procon.agreements.proposals import expire
from procon.agreements.queries import Overdue, dates_to_ask, dates_unproven, proposals_over
from procon.agreements.schedule import shown
from procon.auth.mandates.queries import recipients_of
from procon.cases.moves import LAST_SECOND, lock
from procon.cases.queries import CaseDetail, detail_by_id
from procon.deadlines.queries import calendar_for
from procon.kernel.workdays import add_working_days
from procon.notices.commands import write_message
from procon.tenancy.manifest import Tenant
from procon.tenancy.scope import Database, Tx, tenant_scope

AddressOf = Callable[[str, str], str]
T = TypeVar("T")
# Nobody is written to at night.
CHECK_FROM_HOUR, CHECK_UNTIL_HOUR = 8, 20
log = structlog.get_logger()


async def follow(db: Database, tenant: Tenant, address_of: AddressOf) -> None:
    """One round for a city. What fails is logged, tried again next time and stops nothing else.

    Args:
        address_of: host, path → the address that e-mails name.
    """
    async with tenant_scope(db, tenant) as tx:
        over = await proposals_over(tx)
        unproven = await dates_unproven(tx, tx.now - LAST_SECOND)
        asking = await _due_for_asking(tx)

    async def end(tx: Tx, proposal_id: UUID) -> object:
        return await expire(tx, proposal_id=proposal_id)

    async def broken(tx: Tx, one: Overdue) -> object:
        return await break_unproven(tx, case_id=one.case_id, instalment_id=one.id)

    async def question(tx: Tx, one: Overdue) -> object:
        return await ask(tx, one, address_of)

    await _each(db, tenant, over, end)
    await _each(db, tenant, unproven, broken)
    await _each(db, tenant, asking, question)


async def ask(tx: Tx, one: Overdue, address_of: AddressOf) -> bool:
    """Ask the consumer whether the company kept a date, and the company for its proof: once.

    Returns:
        Whether it had not been asked before.
    """
    await lock(tx, one.case_id)
    fresh = await tx.fetchval(
        "UPDATE agreement_instalment i SET asked_at = $2 FROM agreement a"
        " WHERE i.id = $1 AND i.asked_at IS NULL AND i.status = 'open'"
        " AND a.id = i.agreement_id AND a.status = 'running' RETURNING i.id",
        one.id,
        tx.now,
    )
    case = await detail_by_id(tx, one.case_id)
    if fresh is None or case is None:
        return False
    due = f"{one.due_on:%d/%m/%Y}: {shown(one.plain)}"
    people, companies = f"/processos/{case.number}", f"/fornecedor/processos/{case.number}"
    await _write(
        tx,
        one,
        case,
        side="consumer",
        subject=f"A empresa cumpriu? Acordo do processo {case.number}",
        body=f"Pelo acordo com {case.person_name}, {case.supplier_name} tinha de cumprir até"
        f" {due}.\n\nA empresa cumpriu? Responda sim ou não, com um toque:"
        f" {address_of(tx.tenant.host, f'{people}/acordo')}\n\nSe a resposta for não, a empresa"
        " precisa comprovar. Se ela não comprovar, o Procon retoma o processo.",
    )
    await _write(
        tx,
        one,
        case,
        side="supplier",
        subject=f"Envie o comprovante: acordo do processo {case.number}",
        body=f"Pelo acordo com {case.person_name}, {case.supplier_name} tinha de cumprir até"
        f" {due}.\n\nSe já cumpriu, envie o comprovante:"
        f" {address_of(tx.tenant.host, f'{companies}/acordo')}\n\nPerguntamos ao consumidor se o"
        " acordo foi cumprido.",
    )
    return True


async def _write(
    tx: Tx, one: Overdue, case: CaseDetail, *, side: str, subject: str, body: str
) -> None:
    """To everybody on this side who has an address, representatives and lawyers too."""
    contacts = tx.tenant.contacts
    phone = f"\nTelefone {contacts.phone}" if contacts.phone else ""
    end = f"{tx.tenant.name}{phone}\nNunca pedimos senha nem pagamento por e-mail.\n"
    for place, person in enumerate(await recipients_of(tx, case=case, side=side)):
        if person.email:
            await write_message(
                tx,
                effect_key=f"agreement/{one.id}/ask/{side}/{place}",
                case_id=case.id,
                recipient=person.email,
                subject=subject,
                body=f"Olá, {person.name}.\n\n{body}\n\n{end}",
            )


async def _due_for_asking(tx: Tx) -> list[Overdue]:
    """Dates since which a working day has passed; only at hours at which one may write."""
    local = tx.now.astimezone(ZoneInfo(tx.tenant.timezone))
    if not CHECK_FROM_HOUR <= local.hour < CHECK_UNTIL_HOUR:
        return []
    today = today_of(tx)
    found = await dates_to_ask(tx, today)
    if not found:
        return []
    calendar = await calendar_for(tx, [min(one.due_on for one in found).year, today.year + 1])
    return [one for one in found if add_working_days(one.due_on, 1, calendar.closed) <= today]


async def _each(
    db: Database, tenant: Tenant, items: Iterable[T], act: Callable[[Tx, T], Awaitable[object]]
) -> None:
    for item in items:
        try:
            async with tenant_scope(db, tenant) as tx:
                await act(tx, item)
        except Exception:
            log.warning("agreement_follow_failed", tenant=tenant.slug, exc_info=True)
