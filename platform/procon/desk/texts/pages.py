"""The pages on which the city prepares macros, text modules and assignment rules."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from msgspec import Struct

from procon.auth.accounts.queries import staff_list
from procon.cases.taxonomy import AREAS, area_title
from procon.desk.companies.queries import suppliers_with_cases
from procon.desk.lists.forms import ME
from procon.desk.texts.forms import MacroForm, ModuleForm, Rule, RuleForm, parse_rule
from procon.desk.texts.queries import (
    MacroRow,
    ModuleRow,
    RuleRow,
    macro_by_id,
    macros,
    modules,
    rules,
)
from procon.kernel.errors import NotFound
from procon.portal.shell import Option
from procon.service_points.queries import open_service_points
from procon.tenancy.scope import Tx


class MacrosPage(Struct, frozen=True, forbid_unknown_fields=True):
    """All macros, and the one that is being written. `editing`: its id, "" for a new one."""

    rows: tuple[MacroRow, ...]
    assigned: Mapping[str, str]
    people: tuple[Option, ...]
    form: MacroForm
    editing: str
    errors: Mapping[str, str] = {}


class ModulesPage(Struct, frozen=True, forbid_unknown_fields=True):
    """All text modules, and the one that is being written."""

    rows: tuple[ModuleRow, ...]
    form: ModuleForm
    editing: str
    errors: Mapping[str, str] = {}


class RuleLine(Struct, frozen=True, forbid_unknown_fields=True):
    """An assignment rule in words."""

    id: UUID
    when: str
    who: str


class RulesPage(Struct, frozen=True, forbid_unknown_fields=True):
    """All rules, and the form for one more."""

    rows: tuple[RuleLine, ...]
    areas: tuple[Option, ...]
    posts: tuple[Option, ...]
    suppliers: tuple[Option, ...]
    people: tuple[Option, ...]
    form: RuleForm
    errors: Mapping[str, str] = {}


async def macros_page(
    tx: Tx,
    *,
    editing: UUID | None,
    form: MacroForm | None = None,
    errors: Mapping[str, str] | None = None,
) -> MacrosPage:
    """The macros. Raises NotFound when the one to edit is gone."""
    if form is None and editing is not None:
        row = await macro_by_id(tx, editing)
        if row is None:
            raise NotFound("Esta macro não existe mais.")
        form = MacroForm(row.name, row.note, row.assign, row.tag)
    people = {str(one.id): one.name for one in await staff_list(tx)}
    return MacrosPage(
        rows=tuple(await macros(tx)),
        assigned={"": "", ME: "quem usa a macro", **people},
        people=(
            Option("", "Ninguém: fica com quem está"),
            Option(ME, "Quem usa a macro"),
            *(Option(*one) for one in people.items()),
        ),
        form=form or MacroForm(),
        editing=str(editing or ""),
        errors=errors or {},
    )


async def modules_page(
    tx: Tx,
    *,
    editing: UUID | None,
    form: ModuleForm | None = None,
    errors: Mapping[str, str] | None = None,
) -> ModulesPage:
    """The text modules. Raises NotFound when the one to edit is gone."""
    rows = await modules(tx)
    if form is None and editing is not None:
        found = [row for row in rows if row.id == editing]
        if not found:
            raise NotFound("Este texto não existe mais.")
        form = ModuleForm(found[0].name, found[0].body)
    return ModulesPage(tuple(rows), form or ModuleForm(), str(editing or ""), errors or {})


async def rules_page(
    tx: Tx, *, form: RuleForm | None = None, errors: Mapping[str, str] | None = None
) -> RulesPage:
    """The rules in the order in which they are tried."""
    names = {one.id: one.name for one in await staff_list(tx)}
    posts = await open_service_points(tx)
    suppliers = await suppliers_with_cases(tx)
    return RulesPage(
        rows=tuple(_in_words(row, names) for row in await rules(tx)),
        areas=_any("Qualquer área", *(Option(one.code, one.title) for one in AREAS)),
        posts=_any("Qualquer posto ou internet", *(Option(one.name, one.name) for one in posts)),
        suppliers=_any("Qualquer empresa", *(Option(str(one.id), one.name) for one in suppliers)),
        people=tuple(Option(str(key), name) for key, name in names.items()),
        form=form or RuleForm(),
        errors=errors or {},
    )


async def checked_rule(tx: Tx, form: RuleForm) -> Rule:
    """The rule, checked against what the city has. Raises Invalid."""
    return parse_rule(
        form,
        staff={one.id: one.name for one in await staff_list(tx)},
        posts=[one.name for one in await open_service_points(tx)],
        suppliers=[one.id for one in await suppliers_with_cases(tx)],
    )


def _in_words(row: RuleRow, names: Mapping[UUID, str]) -> RuleLine:
    conditions = (
        f"a área é {area_title(row.area)}" if row.area else "",
        f"o posto é {row.service_point}" if row.service_point else "",
        f"a empresa é {row.supplier_name}" if row.supplier_name else "",
    )
    when = " e ".join(part for part in conditions if part)
    people = [names[one] for one in row.persons if one in names]
    who = ", ".join(people) or "ninguém que ainda esteja na equipe"
    return RuleLine(row.id, f"Quando {when}" if when else "Em qualquer caso novo", who)


def _any(label: str, *options: Option) -> tuple[Option, ...]:
    return (Option("", label), *options)
