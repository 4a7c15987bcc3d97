"""What a company's people see of what they keep for themselves."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID, uuid4

from msgspec import Struct

from procon.answers.internal.commands import candidates, own_model
from procon.answers.internal.forms import ME
from procon.answers.internal.queries import (
    PLACEHOLDERS,
    Model,
    Note,
    Task,
    filled,
    inside_of,
    models_of,
    notes_of,
    roots_of,
    task_of,
)
from procon.auth.actor import Actor
from procon.cases.queries import CaseDetail
from procon.companies.pages import name_of
from procon.portal.shell import Option
from procon.tenancy.scope import Tx


class InsideBox(Struct, frozen=True):
    """The part of a case's page that only the company sees. `may_act` is False for readers."""

    notes: tuple[Note, ...]
    task: Task | None
    people: tuple[Option, ...]
    chosen: str
    models: tuple[Option, ...]
    key: str
    may_act: bool
    text: str = ""
    errors: Mapping[str, str] = {}


class ModelsPage(Struct, frozen=True):
    """The company's models, and the form of one of them or of a new one."""

    models: tuple[Model, ...]
    companies: tuple[Option, ...]
    placeholders: tuple[tuple[str, str], ...]
    form: Mapping[str, str]
    editing: UUID | None
    may_write: bool
    errors: Mapping[str, str] = {}


async def inside_box(
    tx: Tx,
    actor: Actor,
    case: CaseDetail,
    *,
    text: str = "",
    errors: Mapping[str, str] | None = None,
) -> InsideBox | None:
    """The company's own box on a case, None for who is not inside a company here."""
    inside = await inside_of(tx, actor=actor, case=case)
    if inside is None:
        return None
    task = await task_of(tx, case_id=case.id, root=inside.root)
    people = await candidates(tx, inside)
    known = {one.account_id for one in people} - {None}
    options = [Option(str(one.id), one.name or one.email) for one in people]
    if actor.account_id not in known:
        options.insert(0, Option(ME, f"Eu ({actor.name})" if actor.name else "Eu"))
    models = await models_of(tx, [inside.root])
    return InsideBox(
        notes=tuple(await notes_of(tx, case_id=case.id, root=inside.root)),
        task=task,
        people=(Option("", "Ninguém"), *options),
        chosen=str(task.member_id) if task and task.member_id else "",
        models=tuple(Option(str(one.id), one.title) for one in models),
        key=uuid4().hex,
        may_act=inside.role != "reads",
        text=text,
        errors=errors or {},
    )


async def model_text(tx: Tx, actor: Actor, case: CaseDetail, model_id: UUID | None) -> str:
    """A model's text filled for this case; "" when there is no such model."""
    inside = await inside_of(tx, actor=actor, case=case) if model_id else None
    if inside is None:
        return ""
    for one in await models_of(tx, [inside.root]):
        if one.id == model_id:
            return filled(one, case)
    return ""


async def models_page(
    tx: Tx,
    actor: Actor,
    *,
    editing: UUID | None = None,
    form: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> ModelsPage:
    """Every model of the actor's companies.

    Raises:
        NotFound: the one to edit is gone, or another company's.
    """
    roots = await roots_of(tx, actor=actor)
    writable = await roots_of(tx, actor=actor, least="answers")
    if form is None and editing is not None:
        model = await own_model(tx, actor=actor, model_id=editing)
        form = {"empresa": model.root, "titulo": model.title, "texto": model.text}
    names = [Option(root, await name_of(tx, root)) for root in writable]
    return ModelsPage(
        models=tuple(await models_of(tx, roots)),
        companies=tuple(names),
        placeholders=tuple(("{{" + name + "}}", what) for name, what in PLACEHOLDERS.items()),
        form=form or {"empresa": writable[0] if len(writable) == 1 else ""},
        editing=editing,
        may_write=bool(writable),
        errors=errors or {},
    )
