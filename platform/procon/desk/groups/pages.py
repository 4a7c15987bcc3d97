"""Collective cases, for the staff."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from procon.auth.actor import Actor
from procon.auth.permissions import allowed
from procon.cases.pages import StatusLabel, status_label
from procon.cases.queries import CaseDetail
from procon.cases.taxonomy import problem_title
from procon.desk.groups.queries import (
    LEAST,
    WITHIN,
    Collective,
    collective_by_id,
    collective_of,
    collectives,
    members_of,
    suggestions,
)
from procon.ext.slots import Action, Panel
from procon.kernel.errors import NotFound
from procon.portal.render import plural
from procon.tenancy.scope import Tx


class SuggestionLine(Struct, frozen=True, forbid_unknown_fields=True):
    """A company and a problem that stand out."""

    supplier_id: UUID
    supplier: str
    problem: str
    problem_title: str
    count: int
    first_at: datetime


class CollectiveLine(Struct, frozen=True, forbid_unknown_fields=True):
    """A collective case."""

    id: UUID
    supplier_id: UUID
    supplier: str
    problem: str
    created_by: str
    created_at: datetime
    members: int
    fresh: int


class MemberLine(Struct, frozen=True, forbid_unknown_fields=True):
    """One of its cases."""

    id: UUID
    number: str
    status: StatusLabel
    consumer: str
    created_at: datetime


class CollectivesPage(Struct, frozen=True, forbid_unknown_fields=True):
    """Suggestions, and what was made of earlier ones."""

    suggestions: tuple[SuggestionLine, ...]
    lines: tuple[CollectiveLine, ...]
    least: int
    days: int
    may: bool


class CollectivePage(Struct, frozen=True, forbid_unknown_fields=True):
    """One collective case with its members."""

    collective: CollectiveLine
    members: tuple[MemberLine, ...]
    may: bool


async def collectives_page(tx: Tx, *, actor: Actor) -> CollectivesPage:
    """What stands out now, and the collectives."""
    found = [
        SuggestionLine(
            one.supplier_id,
            one.supplier_name,
            one.problem,
            problem_title(one.problem),
            one.count,
            one.first_at,
        )
        for one in await suggestions(tx)
    ]
    lines = tuple(_line(one) for one in await collectives(tx))
    may = allowed(actor, "staff:bulk")
    return CollectivesPage(tuple(found), lines, LEAST, WITHIN.days, may)


async def collective_page(tx: Tx, *, actor: Actor, collective_id: UUID) -> CollectivePage:
    """One collective. Raises NotFound."""
    found = await collective_by_id(tx, collective_id)
    if found is None:
        raise NotFound("Este coletivo não existe.")
    members = tuple(
        MemberLine(
            one.id,
            one.number,
            status_label(one.status, one.outcome),
            one.person_name,
            one.created_at,
        )
        for one in await members_of(tx, collective_id)
    )
    return CollectivePage(_line(found), members, allowed(actor, "staff:bulk"))


async def case_panel(tx: Tx, *, actor: Actor, side: str, case: CaseDetail) -> Panel | None:
    """The collective that a case belongs to. Only the staff knows of it."""
    if side != "staff" or not allowed(actor, "staff:desk"):
        return None
    found = await collective_of(tx, case.id)
    if found is None:
        return None
    return Panel(
        title="Coletivo",
        text=f"Este processo está num coletivo com {plural(found.members, 'caso', 'casos')}"
        f" contra {found.supplier_name}.",
        actions=(Action("Ver o coletivo", f"/equipe/coletivos/{found.id}"),),
    )


def _line(one: Collective) -> CollectiveLine:
    return CollectiveLine(
        one.id,
        one.supplier_id,
        one.supplier_name,
        problem_title(one.problem),
        one.created_by,
        one.created_at,
        one.members,
        one.fresh,
    )
