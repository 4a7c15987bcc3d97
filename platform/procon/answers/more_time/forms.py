"""How many more days, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from msgspec import Struct

from procon.kernel.errors import Invalid
from procon.kernel.text import clean, typed_text

TEXT_MAX = 2000


class Asked(Struct, frozen=True, forbid_unknown_fields=True):
    """A request as typed and checked."""

    days: int
    reason: str


class Decision(Struct, frozen=True, forbid_unknown_fields=True):
    """The staff's answer; 0 days: refused."""

    request_id: UUID
    days: int
    answer: str


def parse_asked(form: Mapping[str, Any]) -> Asked:
    """A request. Raises Invalid."""
    errors: dict[str, str] = {}
    days = _days(typed_text(form, "dias"))
    reason = clean(typed_text(form, "motivo"), TEXT_MAX + 1, multiline=True)
    if days == 0:
        errors["dias"] = "Escreva quantos dias, como 5."
    _check(reason, "motivo", "Explique por que a empresa precisa de mais tempo.", errors)
    if errors:
        raise Invalid(errors)
    return Asked(days, reason)


def parse_decision(form: Mapping[str, Any]) -> Decision:
    """Grant or refuse. Raises Invalid."""
    errors: dict[str, str] = {}
    choice, days = typed_text(form, "decisao"), 0
    answer = clean(typed_text(form, "resposta"), TEXT_MAX + 1, multiline=True)
    try:
        request_id = UUID(typed_text(form, "pedido"))
    except ValueError:
        request_id = UUID(int=0)
    if choice == "conceder":
        days = _days(typed_text(form, "dias"))
        if days == 0:
            errors["dias"] = "Escreva quantos dias conceder, como 5."
        if len(answer) > TEXT_MAX:
            errors["resposta"] = "O texto pode ter até 2.000 caracteres."
    elif choice == "recusar":
        _check(answer, "resposta", "Explique à empresa por que o prazo não aumenta.", errors)
    else:
        errors["decisao"] = "Escolha se concede ou recusa."
    if errors:
        raise Invalid(errors)
    return Decision(request_id, days, answer)


def typed(form: Mapping[str, Any]) -> dict[str, str]:
    """What was typed, to show it again."""
    names = ("dias", "motivo", "decisao", "resposta")
    return {name: clean(typed_text(form, name), TEXT_MAX, multiline=True) for name in names}


def _check(text: str, name: str, missing: str, errors: dict[str, str]) -> None:
    if not text:
        errors[name] = missing
    elif len(text) > TEXT_MAX:
        errors[name] = "O texto pode ter até 2.000 caracteres."


def _days(text: str) -> int:
    plain = text.strip()
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) <= 3 else 0
