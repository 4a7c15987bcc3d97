"""What the consumer types on the pages of their case."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from procon.kernel.errors import Invalid
from procon.kernel.text import clean

WHY_MAX = 2000
TEXT_MAX = 10_000
_KEY = re.compile(r"[0-9a-f]{32}")


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
        solved=_text(form, "resolvido"),
        stars=_text(form, "nota"),
        why=_text(form, "motivo"),
        text=_text(form, "texto"),
    )


def form_key(form: Mapping[str, Any]) -> str:
    """The key of the form that completes the case; "" when it has no proper one."""
    key = _text(form, "_chave")
    return key if _KEY.fullmatch(key) else ""


def parse_rating(form: Mapping[str, Any]) -> RatingForm:
    """The rating, checked.

    Raises:
        Invalid: with a sentence for each field.
    """
    solved, stars = _text(form, "resolvido"), _text(form, "nota")
    why = clean(_text(form, "motivo"), WHY_MAX + 1, multiline=True)
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
    text = clean(_text(form, "texto"), TEXT_MAX + 1, multiline=True)
    if not text:
        raise Invalid({"texto": "Escreva o que o Procon pediu."})
    if len(text) > TEXT_MAX:
        raise Invalid({"texto": "O texto pode ter até 10.000 caracteres."})
    return text


def _text(form: Mapping[str, Any], name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""
