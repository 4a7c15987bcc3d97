"""A new case finds its person by the city's rules."""

from __future__ import annotations

from uuid import UUID

from procon.auth.accounts.queries import staff_list
from procon.auth.actor import SYSTEM
from procon.cases.commands import assign
from procon.cases.moves import lock
from procon.cases.queries import CaseDetail, detail_by_id
from procon.cases.taxonomy import SUBJECTS
from procon.desk.texts.queries import RuleRow, rules
from procon.jobs.outbox import Handler, Work
from procon.tenancy.scope import Tx, tenant_scope


def handlers() -> dict[str, Handler]:
    """Topic → handler."""
    return {"case_opened/assign": _assign}


async def assign_by_rule(tx: Tx, case_id: UUID) -> None:
    """Give the case to whose turn it is by the first rule that fits. Whoever is in charge by
    hand already stays in charge."""
    locked = await lock(tx, case_id)
    case = await detail_by_id(tx, case_id)
    if case is None or locked.assigned_to is not None:
        return
    names = {one.id: one.name for one in await staff_list(tx)}
    for rule in await rules(tx):
        people = [person for person in rule.persons if person in names]
        if people and fits(rule, case):
            person = people[await _turn(tx, rule.id) % len(people)]
            await assign(
                tx, actor=SYSTEM, case_id=case_id, to=person, to_name=names[person], seen=None
            )
            return


def fits(rule: RuleRow, case: CaseDetail) -> bool:
    """Whether the rule speaks of this case; what it leaves blank fits any."""
    area = next((one.area for one in SUBJECTS if one.code == case.subject), "")
    return (
        rule.area in ("", area)
        and rule.service_point in ("", case.service_point)
        and rule.supplier_id in (None, case.supplier_id)
    )


async def _turn(tx: Tx, rule_id: UUID) -> int:
    """How often the rule was used before; two cases at once get two turns."""
    used = await tx.fetchval(
        "UPDATE assignment_rule SET turn = turn + 1 WHERE id = $1 RETURNING turn", rule_id
    )
    return int(used) - 1


async def _assign(work: Work) -> None:
    async with tenant_scope(work.db, work.tenant) as tx:
        await assign_by_rule(tx, work.event().case_id)
