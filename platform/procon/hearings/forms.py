"""What staff and parties type to book, move and cancel a hearing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from msgspec import Struct

from procon.agreements.schedule import parse_day
from procon.kernel.errors import Invalid
from procon.kernel.text import clean, typed_text

REASON_MAX = 1_000


class MoveForm(Struct, frozen=True, forbid_unknown_fields=True):
    """The new hour, and why."""

    slot_id: UUID
    reason: str


def identifier(text: str) -> UUID | None:
    """An id that a page has put into a form, or None when it is not one."""
    try:
        return UUID(text) if len(text) <= 40 else None
    except ValueError:
        return None


def day_of(text: str) -> date:
    """A day from a date field (2026-12-25) or as it is said (25/12/2026).

    Raises:
        ValueError: with a Portuguese sentence.
    """
    bare = text.strip()
    try:
        return date.fromisoformat(bare) if len(bare) == 10 else parse_day(bare)
    except ValueError:
        return parse_day(bare)


def parse_slot(form: Mapping[str, Any]) -> UUID:
    """The chosen hour. Raises Invalid."""
    found = identifier(typed_text(form, "horario"))
    if found is None:
        raise Invalid({"horario": "Escolha um dos horários da lista."})
    return found


def parse_move(form: Mapping[str, Any]) -> MoveForm:
    """The new hour and the reason. Raises Invalid with every field that is wrong."""
    errors: dict[str, str] = {}
    slot_id = identifier(typed_text(form, "horario"))
    if slot_id is None:
        errors["horario"] = "Escolha um dos horários da lista."
    try:
        reason = parse_reason(form)
    except Invalid as refusal:
        errors |= refusal.fields
    if errors or slot_id is None:
        raise Invalid(errors)
    return MoveForm(slot_id, reason)


def parse_reason(form: Mapping[str, Any]) -> str:
    """Why a hearing is moved or cancelled; both sides read it. Raises Invalid."""
    text = clean(typed_text(form, "motivo"), REASON_MAX + 1, multiline=True)
    if not text:
        raise Invalid({"motivo": "Conte o motivo. As duas partes vão ler."})
    if len(text) > REASON_MAX:
        raise Invalid({"motivo": "O motivo pode ter até 1.000 caracteres."})
    return text
