"""What a bulk act would do, and what it did."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from procon.auth.accounts.queries import staff_list
from procon.auth.actor import Actor
from procon.auth.permissions import permissions_of
from procon.cases.moves import acts_open, workflow_of
from procon.cases.standard import STANDARD
from procon.desk.acts import BEFORE_NOTICE
from procon.desk.bulk.forms import MOST, Act, Offered, Selection
from procon.desk.lists.forms import parse_query
from procon.desk.lists.queries import filtered_ids
from procon.desk.texts.queries import macros
from procon.ext.workflow import Transition, may
from procon.tenancy.scope import Tx


class Target(Struct, frozen=True):
    """A case as a bulk act looks at it."""

    id: UUID
    number: str
    status: str
    procedure: str
    assigned_to: UUID | None
    person_name: str
    person_email: str
    supplier_name: str
    supplier_email: str
    tags: list[str]


class Planned(Struct, frozen=True):
    """What would happen to one case. `why`: why nothing will, empty when something will."""

    case: Target
    why: str


class BulkRow(Struct, frozen=True):
    """A bulk act that was done."""

    id: UUID
    kind: str
    summary: str
    made_by: UUID
    made_by_name: str
    made_at: datetime
    undone_at: datetime | None


class ItemRow(Struct, frozen=True):
    """What became of one case."""

    number: str
    done: bool
    reason: str
    undone: str


async def offered(tx: Tx, *, actor: Actor) -> Offered:
    """What this person may do in bulk."""
    return Offered(
        staff={one.id: one.name for one in await staff_list(tx)},
        macros=await macros(tx),
        transitions=_simple(actor, hearings=tx.tenant.hearings),
    )


async def chosen_ids(tx: Tx, selection: Selection, *, me: UUID | None) -> list[UUID]:
    """Ids that are meant, one more than may be at once when there are more."""
    if not selection.everything:
        return list(selection.ids)
    return await filtered_ids(tx, parse_query(selection.query), me=me, limit=MOST + 1)


async def targets(tx: Tx, ids: Sequence[UUID]) -> list[Target]:
    """The cases of these ids that exist in this city, by number."""
    rows = await tx.fetch(
        "SELECT c.id, c.number, c.status, c.procedure, c.assigned_to, p.name, p.email, s.name,"
        " s.email, ARRAY(SELECT t.tag FROM case_tag t WHERE t.case_id = c.id)"
        " FROM case_file c JOIN person p ON p.id = c.person_id"
        " JOIN supplier s ON s.id = c.supplier_id WHERE c.id = ANY($1) ORDER BY c.number",
        list(ids),
    )
    return [Target(*row) for row in rows]


def planned(act: Act, cases: Sequence[Target], *, actor: Actor, hearings: bool) -> list[Planned]:
    """What the act would do to each. The act itself decides again, under the lock."""
    return [Planned(case, _why_not(act, case, actor, hearings)) for case in cases]


def recipients(act: Act, plan: Sequence[Planned]) -> tuple[str, ...]:
    """Who will be told, by name and address, before anything leaves the house."""
    told = act.transition.tells if act.transition else ("supplier",) if act.kind == "cip" else ()
    found: dict[str, None] = {}
    for one in plan:
        case = one.case
        if not one.why and "consumer" in told:
            found[_addressed("Consumidor", case.person_name, case.person_email)] = None
        if not one.why and "supplier" in told:
            found[_addressed("Empresa", case.supplier_name, case.supplier_email)] = None
    return tuple(found)


async def bulk_by_id(tx: Tx, bulk_id: UUID) -> BulkRow | None:
    """One bulk act, or None."""
    row = await tx.fetchrow(
        "SELECT id, kind, summary, made_by, made_by_name, made_at, undone_at FROM bulk_action"
        " WHERE id = $1",
        bulk_id,
    )
    return BulkRow(*row) if row else None


async def items_of(tx: Tx, bulk_id: UUID) -> list[ItemRow]:
    """What became of each case, by number."""
    rows = await tx.fetch(
        "SELECT number, done, reason, undone FROM bulk_item WHERE bulk_id = $1 ORDER BY number",
        bulk_id,
    )
    return [ItemRow(*row) for row in rows]


def _simple(actor: Actor, *, hearings: bool) -> list[Transition]:
    """Acts of the staff that need one text at most: the others have a page of their own."""
    permissions = permissions_of(actor)
    return [
        one
        for one in STANDARD.transitions
        if may(one, "staff", permissions)
        and not (one.page or one.filing)
        and set(one.asks) <= {"text"}
        and len(one.outcomes) <= 1
        and (one.needs != "hearings" or hearings)
    ]


def _why_not(act: Act, case: Target, actor: Actor, hearings: bool) -> str:
    workflow = workflow_of(case.procedure)
    state = workflow.state(case.status)
    if act.kind == "assign" and state.ends:
        return "já terminou"
    if act.kind == "assign" and case.assigned_to == act.to:
        return f"já é de {act.to_name}"
    if act.kind == "tag" and act.tag in case.tags:
        return "já tem esta etiqueta"
    if act.kind == "cip":
        return _why_no_cip(case, state.title)
    if act.transition is not None:
        open_now = acts_open(
            workflow,
            status=case.status,
            side="staff",
            permissions=permissions_of(actor),
            hearings=hearings,
        )
        if act.transition.key not in [one.key for one in open_now]:
            return f"está em “{state.title}”, e este ato não cabe nessa etapa"
    return ""


def _why_no_cip(case: Target, state_title: str) -> str:
    if case.status not in BEFORE_NOTICE:
        return f"está em “{state_title}”, e a CIP não cabe nessa etapa"
    no_address = "a empresa não tem e-mail: emita este pela página do processo"
    return "" if case.supplier_email else no_address


def _addressed(side: str, name: str, email: str) -> str:
    return f"{side}: {name} ({email or 'sem e-mail, só pelo portal'})"
