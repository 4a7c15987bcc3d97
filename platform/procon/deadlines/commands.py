"""Changes to the city's own calendar. Deadlines already counted stay as they were stored."""

import csv
import io
import re
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import get_args

from msgspec import Struct

from procon.auth.actor import Actor
from procon.deadlines.calendar import Holiday, Kind
from procon.kernel.errors import Invalid, NotFound
from procon.kernel.ids import new_id
from procon.kernel.text import clean, search_key
from procon.tenancy.scope import Tx

_MAX_ROWS = 2_000
_SHOWN_ERRORS = 5
_KINDS: Mapping[str, Kind] = MappingProxyType(
    {kind.replace("_", " "): kind for kind in get_args(Kind)}
)
_DMY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_COLUMNS = ("data", "nome", "tipo", "ate", "suspende")

_UPSERT = """
INSERT INTO holiday (id, day, last_day, name, kind, suspends, changed_at, changed_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (day, kind) DO UPDATE SET
    last_day = excluded.last_day, name = excluded.name, suspends = excluded.suspends,
    changed_at = excluded.changed_at, changed_by = excluded.changed_by
"""


class Imported(Struct, frozen=True, forbid_unknown_fields=True):
    """How many entries the file had, and how many of them were new."""

    rows: int
    added: int


async def import_holidays(tx: Tx, *, actor: Actor, csv_text: str) -> Imported:
    """Add or replace entries of the city's calendar from a CSV that a spreadsheet saves.

    Columns `data;nome;tipo;ate;suspende`, the last three optional; comma or semicolon; days as
    25/12/2026 or 2026-12-25. All or nothing: raises Invalid (field `csv`) that names the first
    wrong lines. Importing the same file twice changes nothing more.
    """
    entries = parse_holidays(csv_text)
    known = await tx.fetch(
        "SELECT day, kind FROM holiday WHERE day = ANY($1::date[])", [e.day for e in entries]
    )
    before = {(row[0], row[1]) for row in known}
    await tx.executemany(
        _UPSERT,
        [
            (new_id(), e.day, e.last_day, e.name, e.kind, e.suspends, tx.now, actor.account_id)
            for e in entries
        ],
    )
    return Imported(len(entries), sum((e.day, e.kind) not in before for e in entries))


async def remove_holiday(tx: Tx, *, actor: Actor, day: date, kind: Kind) -> None:
    """Take one entry out of the city's calendar. Raises NotFound."""
    done = await tx.execute("DELETE FROM holiday WHERE day = $1 AND kind = $2", day, kind)
    if done == "DELETE 0":
        raise NotFound("Esta data não está no calendário da cidade.")


def parse_holidays(csv_text: str) -> list[Holiday]:
    """The entries of a calendar file. Raises Invalid (field `csv`)."""
    text = csv_text.removeprefix("\ufeff").replace("\0", "")
    first, *others = text.splitlines() or [""]
    if len(others) > _MAX_ROWS:
        raise _wrong(f"O arquivo tem mais de {_MAX_ROWS} linhas.")
    reader = csv.DictReader(
        io.StringIO(text), delimiter=";" if ";" in first else ",", restval="", strict=True
    )
    entries: dict[tuple[date, str], Holiday] = {}
    errors: list[str] = []
    try:
        _check_header(reader)
        for row in reader:
            try:
                entry = _entry(row)
                entries[entry.day, entry.kind] = entry
            except ValueError as error:
                errors.append(f"Linha {reader.line_num}: {error}")
    except csv.Error:
        # The reader counts a line when it has read it; the one it could not read is the next,
        # unless a quotation mark never closed: then it has read to the end.
        line = min(reader.line_num + 1, len(others) + 1)
        errors.append(f"Linha {line}: não foi possível ler. Confira as aspas.")
    if errors:
        more = len(errors) - _SHOWN_ERRORS
        tail = [f"E mais {more} linha(s) com erro."] if more > 0 else []
        raise _wrong(" ".join(errors[:_SHOWN_ERRORS] + tail))
    if not entries:
        raise _wrong("O arquivo não tem nenhuma data.")
    return list(entries.values())


def _check_header(reader: "csv.DictReader[str]") -> None:
    reader.fieldnames = [search_key(name) for name in reader.fieldnames or ()]
    if missing := [name for name in _COLUMNS[:2] if name not in reader.fieldnames]:
        raise _wrong(
            f"A primeira linha precisa ter as colunas {', '.join(_COLUMNS)}."
            f" Falta: {', '.join(missing)}."
        )


def _wrong(sentence: str) -> Invalid:
    return Invalid({"csv": sentence}, "O calendário não foi importado.")


def _entry(row: Mapping[str, str]) -> Holiday:
    day = _day(row["data"])
    name = clean(row["nome"], 120)
    if not name:
        raise ValueError("falta o nome.")
    typed = search_key(row.get("tipo", "")) or "feriado"
    kind = _KINDS.get(typed)
    if kind is None:
        raise ValueError(f"o tipo precisa ser um destes: {', '.join(_KINDS)}.")
    last = _day(row["ate"]) if row.get("ate", "").strip() else day
    if last < day:
        raise ValueError("a data final vem antes da inicial.")
    if last > day and kind != "recesso":
        raise ValueError("só o recesso tem data final.")
    suspends = {"": True, "sim": True, "nao": False}.get(search_key(row.get("suspende", "")))
    if suspends is None:
        raise ValueError("em suspende, escreva sim ou não.")
    return Holiday(day, last, name, kind, suspends)


def _day(text: str) -> date:
    found = _DMY.fullmatch(text.strip())
    try:
        if found:
            return date(int(found[3]), int(found[2]), int(found[1]))
        return date.fromisoformat(text.strip())
    except ValueError:
        raise ValueError("a data precisa ser como 25/12/2026.") from None
