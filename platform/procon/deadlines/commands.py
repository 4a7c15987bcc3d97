"""Changes to the city's rules, calendar and outage log. Stored deadlines stay as they are."""

import csv
import io
import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import get_args

from msgspec import Struct

from procon.auth.actor import Actor
from procon.deadlines.calendar import Holiday, Kind
from procon.deadlines.rules import DEFAULT_RULES, UNIT_NAMES, Rule, Start, Unit
from procon.kernel.errors import Conflict, Invalid, NotFound
from procon.kernel.ids import new_id
from procon.kernel.text import clean, search_key
from procon.tenancy.scope import Tx

LONGEST_RECESS = timedelta(days=90)
FIRST_YEAR, LAST_YEAR = 2000, 2100
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


_LONGEST_OUTAGE = timedelta(days=31)
_A_YEAR = timedelta(days=366)


class RuleChange(Struct, frozen=True, forbid_unknown_fields=True):
    """How a rule is to be from `valid_from` on. `seen`: the last version that the form showed."""

    key: str
    amount: int
    unit: Unit
    start: Start
    suspended_by_recess: bool
    legal_basis: str
    valid_from: date
    valid_to: date | None
    seen: int


class Imported(Struct, frozen=True, forbid_unknown_fields=True):
    """How many entries the file had, and how many of them were new."""

    rows: int
    added: int


async def set_rule(tx: Tx, *, actor: Actor, change: RuleChange) -> int:
    """Add a version to a rule, as the city's own norm sets it; returns its number.

    Earlier versions stay: a deadline counted by one of them names it. Raises NotFound for an
    unknown rule, Invalid (fields `quantidade`, `unidade`, `inicio`, `base_legal`, `vale_de`,
    `vale_ate`) outside the core's bounds, Conflict when somebody changed it meanwhile.
    """
    rule = DEFAULT_RULES.get(change.key)
    if rule is None:
        raise NotFound("Não existe este prazo.")
    if errors := _faults(rule, change, tx.now.date()):
        raise Invalid(errors)
    await tx.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
        f"deadline_rule/{tx.tenant.slug}/{change.key}",
    )
    last = await tx.fetchval(
        "SELECT COALESCE(max(version), 0) FROM deadline_rule WHERE key = $1", change.key
    )
    if last != change.seen:
        raise Conflict("Outra pessoa mudou esta regra antes. Confira o histórico e tente de novo.")
    await tx.execute(
        "INSERT INTO deadline_rule (id, key, version, amount, unit, start, suspended_by_recess,"
        " legal_basis, valid_from, valid_to, changed_at, changed_by, author)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        new_id(),
        change.key,
        last + 1,
        change.amount,
        change.unit,
        change.start,
        change.suspended_by_recess,
        change.legal_basis,
        change.valid_from,
        change.valid_to,
        tx.now,
        actor.account_id,
        actor.name,
    )
    return int(last) + 1


async def record_outage(
    tx: Tx, *, actor: Actor, from_at: datetime, to_at: datetime, note: str
) -> None:
    """Log a time (aware, UTC) in which the service could not be used. The same twice is one.

    Whether it moves deadlines is for the rule `outage_minutes` to say. Raises Invalid (fields
    `fora_de`, `fora_ate`).
    """
    if to_at <= from_at:
        raise Invalid({"fora_ate": "O fim precisa vir depois do começo."})
    if to_at > tx.now:
        raise Invalid({"fora_ate": "Registre depois que o sistema voltar: o fim ainda não chegou."})
    if to_at - from_at > _LONGEST_OUTAGE or from_at < tx.now - _A_YEAR:
        raise Invalid(
            {"fora_de": "Confira a data: passou de um mês fora do ar ou de um ano atrás."}
        )
    await tx.execute(
        "INSERT INTO outage (id, from_at, to_at, note, recorded_at, recorded_by)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (from_at, to_at) DO NOTHING",
        new_id(),
        from_at,
        to_at,
        note,
        tx.now,
        actor.account_id,
    )


async def set_holiday(tx: Tx, *, actor: Actor, entry: Holiday) -> None:
    """Add one entry to the city's calendar, or replace the one of the same day and kind."""
    await _put(tx, actor, [entry])


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
    await _put(tx, actor, entries)
    return Imported(len(entries), sum((e.day, e.kind) not in before for e in entries))


async def remove_holiday(tx: Tx, *, actor: Actor, day: date, kind: Kind) -> None:
    """Take one entry out of the city's calendar. Raises NotFound."""
    done = await tx.execute("DELETE FROM holiday WHERE day = $1 AND kind = $2", day, kind)
    if done == "DELETE 0":
        raise NotFound("Esta data não está no calendário da cidade.")


async def _put(tx: Tx, actor: Actor, entries: list[Holiday]) -> None:
    await tx.executemany(
        _UPSERT,
        [
            (new_id(), e.day, e.last_day, e.name, e.kind, e.suspends, tx.now, actor.account_id)
            for e in entries
        ],
    )


def _faults(rule: Rule, change: RuleChange, today: date) -> dict[str, str]:
    errors: dict[str, str] = {}
    if not rule.least <= change.amount <= rule.most:
        errors["quantidade"] = (
            f"Este prazo pode ter de {rule.least} a {rule.most}. Fora disso, a lei não permite."
        )
    if change.unit not in rule.units:
        only = " ou ".join(UNIT_NAMES[unit] for unit in rule.units)
        errors["unidade"] = f"Este prazo só pode ser contado em {only}."
    course = (change.start, change.suspended_by_recess)
    if not rule.own_course and course != (rule.start, rule.suspended_by_recess):
        errors["inicio"] = "Para este prazo, a lei diz quando começa e que o recesso não o para."
    if not change.legal_basis:
        errors["base_legal"] = "Diga qual norma da cidade define este prazo."
    if not today - _A_YEAR <= change.valid_from <= today + 2 * _A_YEAR:
        errors["vale_de"] = "Escolha uma data entre um ano atrás e dois anos à frente."
    elif change.valid_to is not None and change.valid_to < change.valid_from:
        errors["vale_ate"] = "O fim da vigência vem antes do começo."
    return errors


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
    if last - day > LONGEST_RECESS:
        raise ValueError(f"o recesso passa de {LONGEST_RECESS.days} dias. Confira a data final.")
    suspends = {"": True, "sim": True, "nao": False}.get(search_key(row.get("suspende", "")))
    if suspends is None:
        raise ValueError("em suspende, escreva sim ou não.")
    return Holiday(day, last, name, kind, suspends)


def _day(text: str) -> date:
    found = _DMY.fullmatch(text.strip())
    try:
        if found:
            day = date(int(found[3]), int(found[2]), int(found[1]))
        else:
            day = date.fromisoformat(text.strip())
    except ValueError:
        raise ValueError("a data precisa existir e ser como 25/12/2026.") from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"o ano precisa estar entre {FIRST_YEAR} e {LAST_YEAR}.")
    return day
