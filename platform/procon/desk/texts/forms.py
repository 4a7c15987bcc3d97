"""What the city prepares, checked and cleaned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from msgspec import Struct

from procon.cases.taxonomy import AREAS
from procon.desk.lists.forms import ME, tag_of
from procon.kernel.errors import Invalid
from procon.kernel.text import clean

NAME_MOST = 80
TEXT_MOST = 4_000
PEOPLE_MOST = 30


class MacroForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A macro as typed. `responsavel`: "", ME or the id of somebody of the staff."""

    nome: str = ""
    nota: str = ""
    responsavel: str = ""
    etiqueta: str = ""


class ModuleForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A text module as typed."""

    nome: str = ""
    texto: str = ""


class RuleForm(Struct, frozen=True, forbid_unknown_fields=True):
    """An assignment rule as typed. `empresa` is a supplier's id or blank."""

    area: str = ""
    posto: str = ""
    empresa: str = ""
    pessoas: tuple[str, ...] = ()


class Rule(Struct, frozen=True):
    """An assignment rule, checked."""

    area: str
    service_point: str
    supplier_id: UUID | None
    persons: tuple[UUID, ...]


def parse_macro(form: MacroForm, staff: Mapping[UUID, str]) -> MacroForm:
    """The macro, cleaned. Raises Invalid with every field that is wrong."""
    errors = _name_errors(form.nome)
    if len(clean(form.nota, len(form.nota), multiline=True)) > TEXT_MOST:
        errors["nota"] = f"Escreva no máximo {TEXT_MOST} caracteres."
    if form.responsavel not in ("", ME) and form.responsavel not in map(str, staff):
        errors["responsavel"] = "Escolha alguém da equipe."
    note, tag = clean(form.nota, TEXT_MOST, multiline=True), tag_of(form.etiqueta)
    if not (note or tag or form.responsavel):
        errors.setdefault("nota", "Escolha ao menos uma coisa que a macro faz.")
    if errors:
        raise Invalid(errors)
    return MacroForm(clean(form.nome, NAME_MOST), note, form.responsavel, tag)


def parse_module(form: ModuleForm) -> ModuleForm:
    """The text module, cleaned. Raises Invalid with every field that is wrong."""
    errors = _name_errors(form.nome)
    body = clean(form.texto, len(form.texto), multiline=True)
    if not body:
        errors["texto"] = "Escreva o texto."
    elif len(body) > TEXT_MOST:
        errors["texto"] = f"Escreva no máximo {TEXT_MOST} caracteres."
    if errors:
        raise Invalid(errors)
    return ModuleForm(clean(form.nome, NAME_MOST), body)


def parse_rule(
    form: RuleForm, *, staff: Mapping[UUID, str], posts: Sequence[str], suppliers: Sequence[UUID]
) -> Rule:
    """The rule, checked against what the city has. Raises Invalid."""
    errors: dict[str, str] = {}
    if form.area and form.area not in [one.code for one in AREAS]:
        errors["area"] = "Escolha uma área da lista."
    if form.posto and form.posto not in posts:
        errors["posto"] = "Escolha um posto da lista."
    known = {str(one): one for one in suppliers}
    if form.empresa and form.empresa not in known:
        errors["empresa"] = "Escolha uma empresa da lista."
    people = tuple(one for one in staff if str(one) in form.pessoas)
    if not people or len(people) > PEOPLE_MOST:
        errors["pessoas"] = f"Marque de 1 a {PEOPLE_MOST} pessoas."
    if errors:
        raise Invalid(errors)
    return Rule(form.area, form.posto, known.get(form.empresa), people)


def _name_errors(text: str) -> dict[str, str]:
    name = clean(text, len(text))
    if not name:
        return {"nome": "Dê um nome."}
    return {"nome": f"Use no máximo {NAME_MOST} caracteres."} if len(name) > NAME_MOST else {}
