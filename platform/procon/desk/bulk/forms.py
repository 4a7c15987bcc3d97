"""A bulk act as typed: which cases, and what to do with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct

from procon.desk.lists.forms import tag_of
from procon.desk.texts.queries import MacroRow
from procon.ext.workflow import Transition
from procon.kernel.errors import Invalid
from procon.kernel.text import clean

MOST = 1_000
TEXT_MOST = 4_000
# They leave the house at once, so they cannot be put back.
FINAL = frozenset({"move", "cip", "letters"})


class Selection(Struct, frozen=True):
    """Ticked cases, or everything that a filter finds."""

    ids: tuple[UUID, ...]
    query: str
    everything: bool


class Typed(Struct, frozen=True, forbid_unknown_fields=True):
    """The act's fields as they were typed."""

    acao: str = "assign"
    responsavel: str = ""
    etiqueta: str = ""
    nota: str = ""
    macro: str = ""
    ato: str = ""
    texto: str = ""


class Act(Struct, frozen=True):
    """What is to be done with each case."""

    kind: str
    to: UUID | None = None
    to_name: str = ""
    tag: str = ""
    text: str = ""
    macro: MacroRow | None = None
    transition: Transition | None = None

    @property
    def undoable(self) -> bool:
        """Whether it stays in the house, so that it can be put back."""
        return self.kind not in FINAL

    @property
    def summary(self) -> str:
        """The act in words, for the page that says what was done."""
        if self.kind == "move" and self.transition is not None:
            return self.transition.title
        if self.kind == "macro" and self.macro is not None:
            return f"Macro “{self.macro.name}”"
        return {
            "assign": f"Passar para {self.to_name}",
            "tag": f"Pôr a etiqueta “{self.tag}”",
            "note": "Escrever uma nota interna",
            "cip": "Emitir a CIP",
        }.get(self.kind, "Emitir cartas")


class Offered(Struct, frozen=True):
    """What may be chosen: the staff, the macros, the acts of the procedure."""

    staff: Mapping[UUID, str]
    macros: Sequence[MacroRow]
    transitions: Sequence[Transition]


def parse_selection(form: Any) -> Selection:
    """Which cases are meant. Unreadable ids are left out; the query is read elsewhere."""
    ids: dict[UUID, None] = {}
    for text in form.getall("caso", []):
        try:
            ids[UUID(str(text))] = None
        except ValueError:
            continue
    query = form.get("filtro", "")
    return Selection(tuple(ids)[:MOST], str(query)[:4_000], form.get("todos") == "sim")


def typed(form: Mapping[str, Any]) -> Typed:
    """The act's fields, as text."""
    found = {name: form.get(name) for name in Typed.__struct_fields__}
    return Typed(**{name: value for name, value in found.items() if isinstance(value, str)})


def parse_act(form: Typed, offered: Offered) -> Act:
    """The act. Raises Invalid with the field that is wrong or missing."""
    if form.acao == "assign":
        people = {str(key): key for key in offered.staff}
        if form.responsavel not in people:
            raise Invalid({"responsavel": "Escolha quem fica responsável."})
        to = people[form.responsavel]
        return Act("assign", to=to, to_name=offered.staff[to])
    if form.acao == "tag":
        if not (tag := tag_of(form.etiqueta)):
            raise Invalid({"etiqueta": "Escreva a etiqueta."})
        return Act("tag", tag=tag)
    if form.acao == "note":
        return Act("note", text=_text("nota", form.nota, "Escreva a nota."))
    if form.acao == "macro":
        chosen = [one for one in offered.macros if str(one.id) == form.macro]
        if not chosen:
            raise Invalid({"macro": "Escolha uma macro."})
        return Act("macro", macro=chosen[0])
    if form.acao == "move":
        return _move(form, offered)
    if form.acao in ("cip", "letters"):
        return Act(form.acao)
    raise Invalid({"acao": "Escolha o que fazer."})


def _move(form: Typed, offered: Offered) -> Act:
    chosen = [one for one in offered.transitions if one.key == form.ato]
    if not chosen:
        raise Invalid({"ato": "Escolha o ato."})
    text = ""
    if "text" in chosen[0].asks:
        text = _text("texto", form.texto, f"Escreva: {chosen[0].text_label.lower()}.")
    return Act("move", transition=chosen[0], text=text)


def _text(name: str, value: str, empty: str) -> str:
    text = clean(value, len(value), multiline=True)
    if not text:
        raise Invalid({name: empty})
    if len(text) > TEXT_MOST:
        raise Invalid({name: f"Escreva no máximo {TEXT_MOST} caracteres."})
    return text
