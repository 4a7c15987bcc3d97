"""Reminders of deadlines that end soon, to the side whose turn it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from procon.cases.access import told_supplier
from procon.cases.moves import workflow_of
from procon.cases.queries import CaseDetail, detail_by_id
from procon.cases.standard import STANDARD
from procon.cases.standard.states import CONSUMER, SUPPLIER
from procon.deadlines.compute import days_left
from procon.deadlines.rules import DEFAULT_RULES
from procon.feeds.people import page_of, people_of
from procon.kernel.ids import new_id
from procon.notices.commands import Addressee, PartySide, Told, quiet_delay, tell_side
from procon.portal.render import date_and_hour
from procon.tenancy.manifest import Tenant
from procon.tenancy.scope import Database, Tx, tenant_scope

# Days before the last one. A reminder that is late says the days that are really left.
STEPS = (3, 1)
_AT_ONCE = 50
_WHOSE: tuple[tuple[str, PartySide], ...] = ((CONSUMER, "consumer"), (SUPPLIER, "supplier"))
_WAITING = tuple(one.key for one in STANDARD.states if one.whose in {CONSUMER, SUPPLIER})

_ENTER = "Para entrar, use a sua conta gov.br ou o código de acesso da carta.\n"

# Ends from `$2` to before `$3`, and this step has not been told yet.
_DUE = """
SELECT c.id, c.due_at FROM case_file c
WHERE c.due_at >= $2 AND c.due_at < $3 AND c.deadline <> '' AND c.closed_at IS NULL
    AND c.status = ANY($4::text[])
    AND NOT EXISTS (SELECT 1 FROM deadline_reminder r
        WHERE r.case_id = c.id AND r.due_at = c.due_at AND r.step = $1)
ORDER BY c.due_at, c.id LIMIT $5 FOR UPDATE OF c SKIP LOCKED
"""

AddressOf = Callable[[str, str], str]


async def remind(db: Database, tenant: Tenant, address_of: AddressOf) -> int:
    """Remind of one city's deadlines, in batches; nothing between 20h and 8h of its clock.

    Returns:
        How many reminders were made.
    """
    total = 0
    while True:
        async with tenant_scope(db, tenant) as tx:
            done = await remind_once(tx, address_of)
        total += done
        if done < _AT_ONCE:
            return total


async def remind_once(tx: Tx, address_of: AddressOf) -> int:
    """One batch. A deadline is told once for each step, whatever happens around it."""
    if quiet_delay(tx.now, tx.tenant.timezone):
        return 0
    done = 0
    for step in STEPS:
        first, last = _window(step, tx.now, tx.tenant.timezone)
        rows = await tx.fetch(_DUE, step, first, last, list(_WAITING), _AT_ONCE - done)
        for row in rows:
            await _remind(tx, row["id"], row["due_at"], step, address_of)
        done += len(rows)
        if done >= _AT_ONCE:
            break
    return done


def _window(step: int, now: datetime, tz: str) -> tuple[datetime, datetime]:
    """Between which instants a deadline ends that this step is for: 3 or 2 days off, 1 or 0."""
    zone = ZoneInfo(tz)
    today = now.astimezone(zone).date()
    begin, end = (
        datetime.combine(today + timedelta(days=days), time(), zone).astimezone(UTC)
        for days in ((2, step + 1) if step > 1 else (0, step + 1))
    )
    return max(begin, now), end


async def _remind(
    tx: Tx, case_id: UUID, due_at: datetime, step: int, address_of: AddressOf
) -> None:
    await tx.execute(
        "INSERT INTO deadline_reminder (id, case_id, due_at, step, created_at)"
        " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (case_id, due_at, step) DO NOTHING",
        new_id(),
        case_id,
        due_at,
        step,
        tx.now,
    )
    case = await detail_by_id(tx, case_id)
    if case is None:
        return
    whose = workflow_of(case.procedure).state(case.status).whose
    for name, side in _WHOSE:
        if name == whose and (side == "consumer" or told_supplier(case)):
            await _tell(tx, case, due_at=due_at, step=step, side=side, address_of=address_of)


async def _tell(
    tx: Tx,
    case: CaseDetail,
    *,
    due_at: datetime,
    step: int,
    side: PartySide,
    address_of: AddressOf,
) -> None:
    tz = tx.tenant.timezone
    until = date_and_hour(due_at, ZoneInfo(tz))
    left = days_left(due_at, tx.now, tz)
    when = {0: "hoje", 1: "amanhã"}.get(left, f"em {left} dias")
    deadline = case.deadline
    rule = DEFAULT_RULES.get(deadline.rule_key) if deadline else None
    what = f"O prazo “{rule.title}”" if rule else "Um prazo"
    summary = f"{what} termina {when}, em {until}."

    def body(to: Addressee) -> str:
        page = page_of(case.number, side, to)
        return (
            f"Olá, {to.name}.\n\n{summary}\n\n"
            f"Processo {case.number}, {case.supplier_name}.\n"
            f"{address_of(tx.tenant.host, page)}\n{_ENTER if side == 'supplier' else ''}\n"
            "Se você já fez o que era preciso, não precisa fazer mais nada.\n\n"
            f"{tx.tenant.name}\n"
        )

    await tell_side(
        tx,
        told=Told(
            source=f"reminder/{case.id}/{due_at:%Y%m%dT%H%M%SZ}/{step}",
            case_id=case.id,
            side=side,
            act="deadline_reminder",
            subject=f"Seu prazo termina {when}: {case.number}",
            summary=summary,
            formal=False,
            urgent=False,
        ),
        people=await people_of(tx, case, side),
        body_of=body,
    )
