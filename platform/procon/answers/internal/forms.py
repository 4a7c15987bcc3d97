"""What a company's people type for themselves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from msgspec import Struct

from procon.answers.internal.queries import PLACEHOLDERS, unknown_in
from procon.kernel.errors import Invalid
from procon.kernel.text import clean, is_form_key, typed_text

NOTE_MAX = 4000
TITLE_MAX = 80
TEXT_MAX = 20_000
ME = "eu"
_ROOT = re.compile(r"[0-9A-Z]{8}")


class NoteForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A comment; `key` makes sending it twice harmless."""

    text: str
    key: UUID


class ModelForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A model as it will be kept."""

    root: str
    title: str
    text: str


def parse_note(form: Mapping[str, Any]) -> NoteForm:
    """A comment. Raises Invalid."""
    text, key = (
        clean(typed_text(form, "comentario"), NOTE_MAX + 1, multiline=True),
        typed_text(form, "_chave"),
    )
    if not text:
        raise Invalid({"comentario": "Escreva o comentário."})
    if len(text) > NOTE_MAX:
        raise Invalid({"comentario": "O comentário pode ter até 4.000 caracteres."})
    if not is_form_key(key):
        raise Invalid({"comentario": "Esta página ficou aberta por muito tempo. Envie de novo."})
    return NoteForm(text, UUID(key))


def parse_model(form: Mapping[str, Any]) -> ModelForm:
    """A model: its placeholders are among the known ones. Raises Invalid."""
    errors: dict[str, str] = {}
    title = clean(typed_text(form, "titulo"), TITLE_MAX)
    text = clean(typed_text(form, "texto"), TEXT_MAX + 1, multiline=True)
    if not title:
        errors["titulo"] = "Dê um nome ao modelo."
    if not text:
        errors["texto"] = "Escreva o texto do modelo."
    elif len(text) > TEXT_MAX:
        errors["texto"] = "O modelo pode ter até 20.000 caracteres."
    elif wrong := unknown_in(text):
        known = ", ".join("{{" + name + "}}" for name in PLACEHOLDERS)
        errors["texto"] = "Não conhecemos {{" + wrong[0][:40] + "}}. Use só " + known + "."
    root = typed_text(form, "empresa")
    if not _ROOT.fullmatch(root):
        errors["empresa"] = "Escolha a empresa."
    if errors:
        raise Invalid(errors)
    return ModelForm(root, title, text)


def typed_fields(form: Mapping[str, Any], *names: str) -> dict[str, str]:
    """These fields as typed, to show them again."""
    return {name: clean(typed_text(form, name), TEXT_MAX, multiline=True) for name in names}


def uuid_in(text: str) -> UUID | None:
    """An id from a form or an address, None when it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None
