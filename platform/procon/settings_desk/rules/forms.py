"""What the staff type to change a rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from procon.deadlines.commands import FIRST_YEAR, LAST_YEAR, RuleChange
from procon.deadlines.rules import START_NAMES, Rule, Start, Unit
from procon.deadlines.typed import field, parse_day, parse_optional_day
from procon.kernel.errors import Invalid
from procon.kernel.text import clean

BASIS_MOST = 300
# The fields of the form, in its order.
FIELDS = (
    "quantidade",
    "unidade",
    "inicio",
    "recesso",
    "base_legal",
    "vale_de_dia",
    "vale_de_mes",
    "vale_de_ano",
    "vale_ate_dia",
    "vale_ate_mes",
    "vale_ate_ano",
    "versao",
)
_FIRST, _LAST = date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)


def typed(form: Mapping[str, Any]) -> dict[str, str]:
    """The form's fields as they were typed, to show or send them again."""
    return {name: field(form, name)[:1_000] for name in FIELDS}


def parse_change(rule: Rule, form: Mapping[str, Any]) -> RuleChange:
    """The new wording of `rule`. Raises Invalid with every field that cannot be read; whether the
    core allows the values is the command's to say.
    """
    errors: dict[str, str] = {}
    amount = field(form, "quantidade")
    if not (amount.isascii() and amount.isdigit() and len(amount) < 5):
        errors["quantidade"] = "Digite a quantidade só com números."
    units: dict[str, Unit] = {unit: unit for unit in rule.units}
    unit = units.get(field(form, "unidade") or rule.unit)
    if unit is None:
        errors["unidade"] = "Escolha como contar."
    starts: dict[str, Start] = {start: start for start in START_NAMES}
    start = starts.get(field(form, "inicio") or rule.start)
    if start is None:
        errors["inicio"] = "Escolha quando a conta começa."
    basis = clean(field(form, "base_legal"), BASIS_MOST + 1)
    if len(basis) > BASIS_MOST:
        errors["base_legal"] = f"Escreva até {BASIS_MOST} caracteres."
    seen = field(form, "versao")
    begin = _day(errors, lambda: parse_day(form, "vale_de", first=_FIRST, last=_LAST))
    end = _day(errors, lambda: parse_optional_day(form, "vale_ate", first=_FIRST, last=_LAST))
    if errors or unit is None or start is None or begin is None:
        raise Invalid(errors)
    return RuleChange(
        key=rule.key,
        amount=int(amount),
        unit=unit,
        start=start,
        suspended_by_recess=(
            field(form, "recesso") == "sim" if rule.own_course else rule.suspended_by_recess
        ),
        legal_basis=basis,
        valid_from=begin,
        valid_to=end,
        seen=int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 7 else -1,
    )


def _day(errors: dict[str, str], parse: Callable[[], date | None]) -> date | None:
    try:
        return parse()
    except Invalid as refusal:
        errors |= refusal.fields
        return None
