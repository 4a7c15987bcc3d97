"""What the form of an act posts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from procon.ext.workflow import Transition
from procon.kernel.errors import Invalid
from procon.kernel.text import clean, is_form_key, typed_text

TEXT_MOST = 20_000


class Typed(Struct, frozen=True, forbid_unknown_fields=True):
    """The form as it was typed."""

    texto: str = ""
    resultado: str = ""
    key: str = ""
    checked: bool = False


def typed(form: Mapping[str, Any]) -> Typed:
    """The fields as text; what is no text is nothing."""
    return Typed(
        texto=typed_text(form, "texto")[: TEXT_MOST * 2],
        resultado=typed_text(form, "resultado")[:40],
        key=typed_text(form, "_chave")[:64],
        checked=typed_text(form, "conferido") == "sim",
    )


def check(typed_: Typed, act: Transition) -> Typed:
    """The form's values, cleaned. Raises Invalid with a sentence for each field."""
    errors: dict[str, str] = {}
    text = clean(typed_.texto, TEXT_MOST + 1, multiline=True)
    if "text" in act.asks and not text:
        errors["texto"] = f"Escreva: {act.text_label.lower()}."
    if len(text) > TEXT_MOST:
        errors["texto"] = f"Escreva no máximo {TEXT_MOST:,} caracteres.".replace(",", ".")
    if len(act.outcomes) > 1 and typed_.resultado not in act.outcomes:
        errors["resultado"] = "Escolha o resultado."
    if not is_form_key(typed_.key):
        errors["texto"] = (
            "Esta página ficou aberta por muito tempo. Confira o texto e envie de novo."
        )
    if errors:
        raise Invalid(errors)
    return Typed(texto=text, resultado=typed_.resultado, key=typed_.key, checked=typed_.checked)
