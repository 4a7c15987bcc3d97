"""The preview of a bulk act, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from msgspec import Struct

from procon.auth.actor import Actor
from procon.desk.bulk.commands import UNDO
from procon.desk.bulk.forms import FINAL, MOST, Act, Offered, Selection, Typed, parse_act
from procon.desk.bulk.queries import (
    ItemRow,
    Planned,
    bulk_by_id,
    chosen_ids,
    items_of,
    offered,
    planned,
    recipients,
    targets,
)
from procon.kernel.errors import Invalid, NotFound
from procon.letters.wording.queries import wordings_in_force
from procon.portal.shell import Option
from procon.tenancy.scope import Tx

TITLES = {
    "assign": "Passar para uma pessoa",
    "tag": "Pôr uma etiqueta",
    "note": "Escrever uma nota interna",
    "macro": "Aplicar uma macro",
    "move": "Fazer o processo andar",
    "cip": "Emitir a CIP",
    "letters": "Emitir cartas",
}


class Line(Struct, frozen=True, forbid_unknown_fields=True):
    """One case of the preview."""

    number: str
    parties: str
    why: str


class PreviewPage(Struct, frozen=True, forbid_unknown_fields=True):
    """What would happen. `ready`: the act is complete and changes at least one case.

    Attributes:
        ids: all chosen cases, to be sent again.
        capped: more were found than may be changed at once.
    """

    title: str
    form: Typed
    errors: Mapping[str, str]
    ids: tuple[UUID, ...]
    capped: bool
    ready: bool
    final: bool
    summary: str
    text: str
    changing: tuple[Line, ...]
    staying: tuple[Line, ...]
    recipients: tuple[str, ...]
    people: tuple[Option, ...]
    macros: tuple[Option, ...]
    acts: tuple[Option, ...]
    models: tuple[Option, ...]
    numbers: str
    asked: str
    key: str
    back: str


class ResultPage(Struct, frozen=True, forbid_unknown_fields=True):
    """What became of a bulk act. `until`: the end of the time to undo it, None when none is left.

    Attributes:
        final: it left the house and cannot be undone.
    """

    id: UUID
    summary: str
    made_by: str
    made_at: datetime
    undone_at: datetime | None
    until: datetime | None
    final: bool
    done: tuple[ItemRow, ...]
    refused: tuple[ItemRow, ...]


async def preview(
    tx: Tx,
    *,
    actor: Actor,
    selection: Selection,
    form: Typed,
    checking: bool,
) -> PreviewPage:
    """The act as far as it is known. `checking`: its fields were filled in and are judged.

    Raises:
        Invalid: no case was chosen.
    """
    ids = await chosen_ids(tx, selection, me=actor.account_id)
    cases = await targets(tx, ids[:MOST])
    if not cases:
        raise Invalid({"caso": "Marque ao menos um processo."})
    choices = await offered(tx, actor=actor)
    act, errors = _judged(form, choices, checking=checking)
    plan = planned(act, cases, actor=actor, hearings=tx.tenant.hearings) if act else []
    changing = _lines([one for one in plan if not one.why])
    return PreviewPage(
        title=TITLES.get(form.acao, "Agir em lote"),
        form=form,
        errors=errors,
        ids=tuple(case.id for case in cases),
        capped=len(ids) > MOST,
        ready=act is not None and bool(changing),
        final=act is not None and not act.undoable,
        summary=act.summary if act else "",
        text=act.text or (act.macro.note if act.macro else "") if act else "",
        changing=changing,
        staying=_lines([one for one in plan if one.why]),
        recipients=recipients(act, plan) if act else (),
        people=tuple(Option(str(key), name) for key, name in choices.staff.items()),
        macros=tuple(Option(str(one.id), one.name) for one in choices.macros),
        acts=tuple(Option(one.key, one.title) for one in choices.transitions),
        models=await _models(tx) if form.acao == "letters" else (),
        numbers="\n".join(case.number for case in cases),
        asked=_asked(form, choices),
        key=uuid4().hex,
        back=f"/equipe/processos?{selection.query}" if selection.query else "/equipe/processos",
    )


async def result_page(tx: Tx, *, actor: Actor, bulk_id: UUID) -> ResultPage:
    """What was done. Raises NotFound."""
    found = await bulk_by_id(tx, bulk_id)
    if found is None:
        raise NotFound("Esta ação em lote não existe.")
    items = await items_of(tx, bulk_id)
    until = found.made_at + UNDO
    mine = found.made_by == actor.account_id and found.undone_at is None
    return ResultPage(
        id=found.id,
        summary=found.summary,
        made_by=found.made_by_name,
        made_at=found.made_at,
        undone_at=found.undone_at,
        until=until if mine and found.kind not in FINAL and tx.now <= until else None,
        final=found.kind in FINAL,
        done=tuple(one for one in items if one.done),
        refused=tuple(one for one in items if not one.done),
    )


async def _models(tx: Tx) -> tuple[Option, ...]:
    found = await wordings_in_force(tx)
    return tuple(Option(code, f"{one.title} ({code})") for code, one in found.items())


def _judged(
    form: Typed, choices: Offered, *, checking: bool
) -> tuple[Act | None, Mapping[str, str]]:
    try:
        return parse_act(form, choices), {}
    except Invalid as refusal:
        return None, refusal.fields if checking else {}


def _asked(form: Typed, choices: Offered) -> str:
    """What the chosen act of the procedure wants to know, for the label of its text."""
    for one in choices.transitions:
        if one.key == form.ato and "text" in one.asks:
            return one.text_label
    return ""


def _lines(plan: Sequence[Planned]) -> tuple[Line, ...]:
    return tuple(
        Line(one.case.number, f"{one.case.person_name} contra {one.case.supplier_name}", one.why)
        for one in plan
    )
