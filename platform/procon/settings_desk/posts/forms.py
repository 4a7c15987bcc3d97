"""What the staff type about a post."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

from procon.deadlines.typed import field
from procon.kernel.errors import Invalid
from procon.kernel.text import clean

NAME_MOST, LINE_MOST = 120, 200
FIELDS = ("nome", "tipo", "endereco", "horario", "aberto")


class PostForm(Struct, frozen=True):
    """A post as it will be stored."""

    name: str
    kind: Literal["fixo", "movel"]
    address: str
    hours: str
    active: bool


def typed(form: Mapping[str, Any]) -> dict[str, str]:
    """The form's fields as they were typed."""
    return {name: field(form, name)[:1_000] for name in FIELDS}


def parse_post(form: Mapping[str, Any], *, name: str = "") -> PostForm:
    """A post. Raises Invalid.

    Args:
        name: of the post that is edited; cases keep it, so it cannot change.
    """
    errors: dict[str, str] = {}
    wanted = name or clean(field(form, "nome"), NAME_MOST + 1)
    if not 3 <= len(wanted) <= NAME_MOST:
        errors["nome"] = f"Escreva o nome do posto, com 3 a {NAME_MOST} caracteres."
    lines = {}
    for part in ("endereco", "horario"):
        lines[part] = clean(field(form, part), LINE_MOST + 1)
        if len(lines[part]) > LINE_MOST:
            errors[part] = f"Escreva até {LINE_MOST} caracteres."
    if not lines["endereco"]:
        errors["endereco"] = "Escreva onde fica. No posto móvel, por onde ele passa."
    kind = field(form, "tipo")
    if kind not in {"fixo", "movel"}:
        errors["tipo"] = "Escolha se o posto é fixo ou móvel."
    if errors:
        raise Invalid(errors)
    return PostForm(
        name=wanted,
        kind="movel" if kind == "movel" else "fixo",
        address=lines["endereco"],
        hours=lines["horario"],
        active=field(form, "aberto") == "sim",
    )
