"""What the staff type about closed days and outages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from litestar.datastructures import UploadFile
from msgspec import Struct

from procon.deadlines.calendar import KIND_NAMES, Holiday, Kind
from procon.deadlines.commands import FIRST_YEAR, LAST_YEAR, LONGEST_RECESS
from procon.deadlines.typed import field, parse_day, parse_hour, parse_optional_day
from procon.kernel.errors import Invalid, NotFound
from procon.kernel.text import clean

T = TypeVar("T")
NAME_MOST, NOTE_MOST = 120, 300
CSV_BYTES = 1_000_000
_FIRST, _LAST = date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)
DAY_FIELDS = (
    "data_dia", "data_mes", "data_ano", "ate_dia", "ate_mes", "ate_ano", "nome", "tipo", "suspende",
)  # fmt: skip
OUTAGE_FIELDS = (
    "fora_de_dia", "fora_de_mes", "fora_de_ano", "hora_de",
    "fora_ate_dia", "fora_ate_mes", "fora_ate_ano", "hora_ate", "nota",
)  # fmt: skip
# An outage is logged with its hours, on its own page.
KINDS: tuple[Kind, ...] = tuple(kind for kind in KIND_NAMES if kind != "indisponibilidade")


class OutageForm(Struct, frozen=True):
    """An outage as it will be logged; instants in UTC."""

    from_at: datetime
    to_at: datetime
    note: str


def typed(form: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, str]:
    """These fields as they were typed, to show or send them again."""
    return {name: field(form, name)[:1_000] for name in names}


def parse_entry(form: Mapping[str, Any]) -> Holiday:
    """One day, or a recess, for the city's calendar. Raises Invalid."""
    errors: dict[str, str] = {}
    kind = next((kind for kind in KINDS if kind == field(form, "tipo")), None)
    if kind is None:
        errors["tipo"] = "Escolha o que acontece neste dia."
    name = clean(field(form, "nome"), NAME_MOST + 1)
    if not 1 <= len(name) <= NAME_MOST:
        errors["nome"] = f"Escreva o nome, com até {NAME_MOST} caracteres."
    day = _kept(errors, lambda: parse_day(form, "data", first=_FIRST, last=_LAST))
    last = _kept(errors, lambda: parse_optional_day(form, "ate", first=_FIRST, last=_LAST))
    if day is not None and last is not None:
        if last != day and kind != "recesso":
            errors["ate"] = "Só o recesso tem data final. Deixe em branco."
        elif last < day:
            errors["ate"] = "A data final vem antes da inicial."
        elif last - day > LONGEST_RECESS:
            errors["ate"] = f"O recesso passa de {LONGEST_RECESS.days} dias. Confira a data final."
    if kind == "recesso" and last is None and "ate" not in errors:
        errors["ate"] = "Diga até quando vai o recesso."
    if errors or kind is None or day is None:
        raise Invalid(errors)
    suspends = kind != "facultativo" or field(form, "suspende") == "sim"
    return Holiday(day, last or day, name, kind, suspends)


def parse_removal(form: Mapping[str, Any]) -> tuple[date, Kind]:
    """Which entry to take out. Raises NotFound."""
    try:
        day = date.fromisoformat(field(form, "dia"))
        kind = next(kind for kind in KIND_NAMES if kind == field(form, "tipo"))
    except (ValueError, StopIteration) as error:
        raise NotFound("Esta data não está no calendário da cidade.") from error
    return day, kind


async def read_csv(form: Mapping[str, Any]) -> str:
    """The calendar file: uploaded (`arquivo`), or sent again with the confirmation (`csv`).

    Spreadsheets save it as UTF-8 or as Windows-1252. Raises Invalid (field `csv`).
    """
    file = form.get("arquivo")
    if isinstance(file, UploadFile):
        content = await file.read(CSV_BYTES + 1)
        if len(content) > CSV_BYTES:
            raise Invalid({"csv": "O arquivo é grande demais para um calendário."})
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("cp1252", errors="replace")
    else:
        text = field(form, "csv")
    if not text.strip():
        raise Invalid({"csv": "Escolha um arquivo CSV."})
    return text


def parse_outage(form: Mapping[str, Any], timezone: str) -> OutageForm:
    """When the service was down, by the city's clock. Raises Invalid."""
    errors: dict[str, str] = {}
    first = _kept(errors, lambda: parse_day(form, "fora_de", first=_FIRST, last=_LAST))
    last = _kept(errors, lambda: parse_day(form, "fora_ate", first=_FIRST, last=_LAST))
    begin = _kept(errors, lambda: _hour(form, "hora_de"))
    end = _kept(errors, lambda: _hour(form, "hora_ate"))
    note = clean(field(form, "nota"), NOTE_MOST + 1)
    if len(note) > NOTE_MOST:
        errors["nota"] = f"Escreva até {NOTE_MOST} caracteres."
    if errors or first is None or last is None or begin is None or end is None:
        raise Invalid(errors)
    zone = ZoneInfo(timezone)
    # Where a clock was set back, the wider reading: a party never loses minutes by it.
    return OutageForm(
        datetime.combine(first, begin, zone),
        datetime.combine(last, end.replace(fold=1), zone),
        note,
    )


def _hour(form: Mapping[str, Any], name: str) -> time:
    if not field(form, name):
        raise Invalid({name: "Digite a hora como 14:30."})
    return parse_hour(form, name, default=time())


def _kept(errors: dict[str, str], parse: Callable[[], T]) -> T | None:
    try:
        return parse()
    except Invalid as refusal:
        errors |= refusal.fields
        return None
