"""What is typed about a date of an agreement: kept or not, the proof's words, the decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from procon.agreements.forms import REASON_MAX, parse_reason, which
from procon.kernel.errors import Invalid
from procon.kernel.text import clean


class Typed(Struct, frozen=True, forbid_unknown_fields=True):
    """The forms as they were typed, to show them again."""

    data: str = ""
    resposta: str = ""
    texto: str = ""


class Decision(Struct, frozen=True, forbid_unknown_fields=True):
    """What the staff decided of a date, and why."""

    instalment_id: UUID
    kept: bool
    text: str


def typed(form: Mapping[str, Any]) -> Typed:
    """The known fields, as text that a page can hold."""
    return Typed(**{name: _text(form, name) for name in Typed.__struct_fields__})


def parse_verdict(form: Mapping[str, Any]) -> Literal["sim", "nao"]:
    """The consumer's yes or no. Raises Invalid."""
    found = _text(form, "resposta")
    if found == "sim":
        return "sim"
    if found == "nao":
        return "nao"
    raise Invalid({"resposta": "Diga se a empresa cumpriu."}, reason="Diga se a empresa cumpriu.")


def parse_date(form: Mapping[str, Any]) -> UUID:
    """Which date of the agreement. Raises Invalid."""
    if not _text(form, "data"):
        raise Invalid({"data": "Escolha de qual data se trata."})
    return which(form, "data")


def parse_proof(form: Mapping[str, Any], *, files: int) -> str:
    """The words of a proof. Raises Invalid: neither words nor files, or too long."""
    text = parse_reason(form, "texto")
    if not text and not files:
        raise Invalid({"texto": "Envie um arquivo ou escreva como a empresa cumpriu."})
    return text


def parse_decision(form: Mapping[str, Any]) -> Decision:
    """The staff's decision; every wrong field is named. Raises Invalid."""
    errors: dict[str, str] = {}
    verdict = _text(form, "resposta")
    if verdict not in {"sim", "nao"}:
        errors["resposta"] = "Escolha se foi cumprida ou não."
    text = clean(_text(form, "texto"), REASON_MAX + 1, multiline=True)
    if not text:
        errors["texto"] = "Escreva por quê. As partes vão ler este texto."
    elif len(text) > REASON_MAX:
        errors["texto"] = "O texto pode ter até 2.000 caracteres."
    found: UUID | None = None
    try:
        found = parse_date(form)
    except Invalid as refusal:
        errors |= refusal.fields
    if errors or found is None:
        raise Invalid(errors)
    return Decision(found, verdict == "sim", text)


def _text(form: Mapping[str, Any], name: str) -> str:
    value = form.get(name, "")
    return clean(value, len(value), multiline=True) if isinstance(value, str) else ""
