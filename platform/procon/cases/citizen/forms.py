"""What the consumer types on the pages of their case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from procon.kernel.errors import Invalid
from procon.kernel.text import clean, is_form_key, typed_text

WHY_MAX = 2000
TEXT_MAX = 10_000


class RatingForm(Struct, frozen=True, forbid_unknown_fields=True):
    """The consumer's verdict on an answer; `stars` from 1 to 5."""

    solved: bool
    stars: int
    why: str


class Typed(Struct, frozen=True, forbid_unknown_fields=True):
    """The forms as they were typed, to show them again."""

    solved: str = ""
    stars: str = ""
    why: str = ""
    text: str = ""


def typed(form: Mapping[str, Any]) -> Typed:
    """What was typed, whether usable or not."""
    return Typed(
        solved=typed_text(form, "resolvido"),
        stars=typed_text(form, "nota"),
        why=typed_text(form, "motivo"),
        text=typed_text(form, "texto"),
    )


def form_key(form: Mapping[str, Any]) -> str:
    """The key of the form that completes the case; "" when it has no proper one."""
    key = typed_text(form, "_chave")
    return key if is_form_key(key) else ""


def parse_rating(form: Mapping[str, Any]) -> RatingForm:
    """The rating, checked.

    Raises:
        Invalid: with a sentence for each field.
    """
    solved, stars = typed_text(form, "resolvido"), typed_text(form, "nota")
    why = clean(typed_text(form, "motivo"), WHY_MAX + 1, multiline=True)
    errors: dict[str, str] = {}
    if solved not in {"sim", "nao"}:
        errors["resolvido"] = "Diga se o problema foi resolvido."
    if stars not in {"1", "2", "3", "4", "5"}:
        errors["nota"] = "Escolha uma nota de 1 a 5."
    if len(why) > WHY_MAX:
        errors["motivo"] = "O motivo pode ter até 2.000 caracteres."
    elif solved == "nao" and not why:
        errors["motivo"] = "Conte em poucas palavras o que ficou sem solução."
    if errors:
        raise Invalid(errors)
    return RatingForm(solved=solved == "sim", stars=int(stars), why=why)


def parse_completion(form: Mapping[str, Any]) -> str:
    """What was missing, as the consumer tells it.

    Raises:
        Invalid: empty or too long.
    """
    text = clean(typed_text(form, "texto"), TEXT_MAX + 1, multiline=True)
    if not text:
        raise Invalid({"texto": "Escreva o que o Procon pediu."})
    if len(text) > TEXT_MAX:
        raise Invalid({"texto": "O texto pode ter até 10.000 caracteres."})
    return text
