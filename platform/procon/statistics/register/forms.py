"""What companies and staff type about the register."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

from procon.kernel.errors import Invalid
from procon.kernel.text import clean, typed_text

TEXT_MAX = 2000
_LONG = "O texto pode ter até 2.000 caracteres."


class Asked(Struct, frozen=True, forbid_unknown_fields=True):
    """A request as typed and checked."""

    wish: Literal["attended", "remove"]
    text: str


class Decision(Struct, frozen=True, forbid_unknown_fields=True):
    """The office's answer to a request."""

    grant: bool
    answer: str


def parse_asked(form: Mapping[str, Any]) -> Asked:
    """A request. Raises Invalid."""
    errors: dict[str, str] = {}
    given = typed(form)
    wish = {"atendida": "attended", "retirar": "remove"}.get(given["pedido"], "")
    if not wish:
        errors["pedido"] = "Escolha o que deve mudar."
    _check(form, "texto", "Explique por que o registro deve mudar.", errors)
    if errors:
        raise Invalid(errors)
    return Asked("remove" if wish == "remove" else "attended", given["texto"])


def parse_decision(form: Mapping[str, Any]) -> Decision:
    """Grant or deny. Raises Invalid."""
    errors: dict[str, str] = {}
    given = typed(form)
    if given["decisao"] not in {"aceitar", "negar"}:
        errors["decisao"] = "Escolha se o pedido é aceito ou não."
    _check(form, "texto", "Explique a decisão à empresa.", errors)
    if errors:
        raise Invalid(errors)
    return Decision(given["decisao"] == "aceitar", given["texto"])


def parse_year_field(form: Mapping[str, Any]) -> int:
    """The year of a publication. Raises Invalid."""
    plain = typed_text(form, "ano").strip()
    if not (plain.isascii() and plain.isdigit() and len(plain) == 4):
        raise Invalid({"ano": "Escolha o ano."})
    return int(plain)


def typed(form: Mapping[str, Any]) -> dict[str, str]:
    """What was typed, to show it again."""
    return {
        "pedido": clean(typed_text(form, "pedido"), 20),
        "decisao": clean(typed_text(form, "decisao"), 20),
        "texto": clean(typed_text(form, "texto"), TEXT_MAX, multiline=True),
    }


def _check(form: Mapping[str, Any], name: str, missing: str, errors: dict[str, str]) -> None:
    text = clean(typed_text(form, name), TEXT_MAX + 1, multiline=True)
    if not text:
        errors[name] = missing
    elif len(text) > TEXT_MAX:
        errors[name] = _LONG
