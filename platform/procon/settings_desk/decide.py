"""A change in two steps: first which deadlines it moves, then the button that does it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import Request, Response
from msgspec import Struct

from procon.auth.http import actor_of
from procon.portal.render import page, plural, redirect
from procon.settings_desk.impact import MOST, Change, Impact, Touch, bring_about, look, move_chosen
from procon.tenancy.http import request_scope

AnyRequest = Request[Any, Any, Any]
CONFIRMED = "confirmado"
CHOSEN = "mudar"


class Proposal(Struct, frozen=True):
    """A change that was asked for: what it does, what it reaches, and how its pages speak.

    `facts` are lines (label, value) of what changes; `fields` are the form's fields, to be sent
    again with the confirmation; `reason` stands in the log of each case whose deadline moves.
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    action: str
    back: str
    fields: Mapping[str, str]
    change: Change
    touch: Touch
    done: str
    reason: str


class PreviewPage(Struct, frozen=True, forbid_unknown_fields=True):
    """The last look before a change."""

    title: str
    facts: tuple[tuple[str, str], ...]
    action: str
    back: str
    fields: Mapping[str, str]
    impact: Impact
    most: int = MOST


async def decide(request: AnyRequest, proposal: Proposal) -> Response[str]:
    """Show what `proposal` moves; with the confirmation, do it. Errors of the change go up."""
    form = await request.form()
    if form.get(CONFIRMED) != "sim":
        async with request_scope(request) as tx:
            impact = await look(tx, proposal.change, proposal.touch)
        content = PreviewPage(
            title=proposal.title,
            facts=proposal.facts,
            action=proposal.action,
            back=proposal.back,
            fields=proposal.fields,
            impact=impact,
        )
        return page(request, "settings_desk/preview.html", content)
    chosen = frozenset(_ids(form.getall(CHOSEN, [])))
    async with request_scope(request) as tx:
        impact = await bring_about(tx, proposal.change, proposal.touch)
        moved = await move_chosen(
            tx, actor=actor_of(request), impact=impact, chosen=chosen, reason=proposal.reason
        )
    told = f" {plural(moved, 'prazo foi adiado', 'prazos foram adiados')}." if moved else ""
    return redirect(request, proposal.back, notice=proposal.done + told)


def _ids(values: list[Any]) -> list[UUID]:
    found = []
    for value in values:
        try:
            found.append(UUID(str(value)))
        except ValueError:
            continue
    return found
