"""Days and hours that people type."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from typing import Any

from procon.kernel.errors import Invalid

_HOUR_PARTS = 2


def field(form: Mapping[str, Any], name: str) -> str:
    """A field as it was typed; "" for files and for what was not sent."""
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def day_parts(form: Mapping[str, Any], name: str) -> tuple[str, str, str]:
    """Day, month and year of a date field as they were typed, cut to what can be shown."""
    day, month, year = (field(form, f"{name}_{part}")[:10] for part in ("dia", "mes", "ano"))
    return day, month, year


def parse_day(form: Mapping[str, Any], name: str, *, first: date, last: date) -> date:
    """The date in `<name>_dia`, `<name>_mes` and `<name>_ano`, from `first` to `last`.

    Raises Invalid (field `name`): missing, not numbers, not a day of the calendar, out of range.
    """
    parts = day_parts(form, name)
    if not any(parts):
        raise Invalid({name: "Digite a data."})
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise Invalid({name: "Digite dia, mês e ano com números, como 27 3 2026."})
    day, month, year = (int(part) for part in parts)
    try:
        found = date(year, month, day)
    except (ValueError, OverflowError) as error:
        raise Invalid({name: "Esta data não existe. Confira o dia, o mês e o ano."}) from error
    if not first <= found <= last:
        raise Invalid({name: f"Escolha uma data entre {first:%d/%m/%Y} e {last:%d/%m/%Y}."})
    return found


def parse_optional_day(
    form: Mapping[str, Any], name: str, *, first: date, last: date
) -> date | None:
    """As `parse_day`; None when nothing was typed."""
    return parse_day(form, name, first=first, last=last) if any(day_parts(form, name)) else None


def parse_hour(form: Mapping[str, Any], name: str, *, default: time) -> time:
    """An hour like 14:30, 14h30 or 14h; `default` when blank. Raises Invalid (field `name`)."""
    typed = field(form, name).lower().replace("h", ":").rstrip(":")
    if not typed:
        return default
    parts = typed.split(":")
    if len(parts) <= _HOUR_PARTS and all(p.isascii() and p.isdigit() and len(p) < 3 for p in parts):
        hour, minute = (int(part) for part in (*parts, "0")[:_HOUR_PARTS])
        if hour < 24 and minute < 60:
            return time(hour, minute)
    raise Invalid({name: "Digite a hora como 14:30."})
