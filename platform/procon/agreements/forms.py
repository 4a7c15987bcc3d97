"""What the parties type: a proposal, a refusal, which proposal they answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from procon.agreements.schedule import (
    MOST_INSTALMENTS,
    YEARS_AHEAD,
    Instalment,
    check_schedule,
    months_after,
    parse_day,
    parse_lines,
    split_equally,
)
from procon.agreements.terms import KINDS, LONGEST, Offer
from procon.kernel.errors import Invalid
from procon.kernel.money import BadAmount, parse_brl
from procon.kernel.text import clean, is_form_key

TEXT_MAX = 4000
REASON_MAX = 2000
_OLD_PAGE = "Esta página ficou aberta por muito tempo. Confira e envie de novo."


class Typed(Struct, frozen=True, forbid_unknown_fields=True):
    """The form of a proposal as it was typed, to show it again."""

    tipo: str = ""
    texto: str = ""
    valor: str = ""
    parcelas: str = ""
    primeira: str = ""
    linhas: str = ""
    validade: str = ""
    responde: str = ""
    passo: str = ""


def typed(form: Mapping[str, Any]) -> Typed:
    """The known fields, as text; line ends as LF, nothing that a page or PostgreSQL cannot hold."""
    return Typed(**{name: _text(form, name) for name in Typed.__struct_fields__})


def form_key(form: Mapping[str, Any]) -> str:
    """The key that makes sending a form twice harmless. Raises Invalid."""
    key = _text(form, "_chave")
    if not is_form_key(key):
        raise Invalid({"texto": _OLD_PAGE})
    return key


def which(form: Mapping[str, Any], name: str = "proposta") -> UUID:
    """The proposal (or date) that was on the page. Raises Invalid."""
    try:
        return UUID(_text(form, name))
    except ValueError as error:
        raise Invalid({name: _OLD_PAGE}, reason=_OLD_PAGE) from error


def parse_reason(form: Mapping[str, Any], name: str = "motivo") -> str:
    """A text that may be empty. Raises Invalid when it is too long."""
    text = clean(_text(form, name), REASON_MAX + 1, multiline=True)
    if len(text) > REASON_MAX:
        raise Invalid({name: "O texto pode ter até 2.000 caracteres."})
    return text


def parse_offer(form: Typed, *, today: date, timezone: str) -> Offer:
    """A proposal, checked; every wrong field is named.

    Args:
        today: the city's day.

    Raises:
        Invalid
    """
    errors: dict[str, str] = {}
    text = clean(form.texto, TEXT_MAX + 1, multiline=True)
    if form.tipo not in KINDS:
        errors["tipo"] = "Escolha que tipo de solução é."
    if not text:
        errors["texto"] = "Escreva o que será feito."
    elif len(text) > TEXT_MAX:
        errors["texto"] = "O texto pode ter até 4.000 caracteres."
    total = _total(form, errors)
    dates = _from_lines(form, errors) if form.linhas.strip() else _equal(form, total, today, errors)
    valid_until = _validity(form, today, timezone, errors)
    if errors or valid_until is None:
        raise Invalid(errors)
    if total is None:
        total = sum((one.amount for one in dates), Decimal(0)) or None
    if form.tipo == "pagamento" and any(not one.amount for one in dates):
        raise Invalid({"linhas": "Num pagamento, cada parcela precisa de um valor."})
    field = "linhas" if form.linhas.strip() else "primeira"
    check_schedule(dates, total=total, today=today, field=field)
    return Offer(form.tipo, text, total, valid_until, dates)


def _total(form: Typed, errors: dict[str, str]) -> Decimal | None:
    if not form.valor.strip():
        if form.tipo == "pagamento" and not form.linhas.strip():
            errors["valor"] = "Digite o valor total, como 1.234,56."
        return None
    try:
        total = parse_brl(form.valor)
    except BadAmount as error:
        errors["valor"] = error.reason
        return None
    if not total:
        errors["valor"] = "O valor precisa ser maior que zero. Sem dinheiro, deixe em branco."
        return None
    return total


def _from_lines(form: Typed, errors: dict[str, str]) -> tuple[Instalment, ...]:
    try:
        return parse_lines(form.linhas)
    except Invalid as refusal:
        errors |= refusal.fields
        return ()


def _equal(
    form: Typed, total: Decimal | None, today: date, errors: dict[str, str]
) -> tuple[Instalment, ...]:
    """Monthly instalments of the same amount, or one date when there is no money in it."""
    count = _count(form, errors)
    try:
        first = parse_day(form.primeira)
    except ValueError as error:
        errors["primeira"] = str(error)
        return ()
    if first > months_after(today, YEARS_AHEAD * 12):
        errors["primeira"] = f"A data está longe demais. O máximo são {YEARS_AHEAD} anos."
        return ()
    if total is None:
        if count > 1:
            errors.setdefault("valor", "Para dividir em parcelas, digite o valor total.")
        return (Instalment(first, Decimal(0)),)
    if total * 100 < count:
        errors["parcelas"] = "O valor é pequeno demais para tantas parcelas."
        return ()
    return split_equally(total, count, first)


def _count(form: Typed, errors: dict[str, str]) -> int:
    text = form.parcelas.strip() or "1"
    if text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= MOST_INSTALMENTS:
        return int(text)
    errors["parcelas"] = f"Digite em quantas parcelas, de 1 a {MOST_INSTALMENTS}."
    return 1


def _validity(form: Typed, today: date, timezone: str, errors: dict[str, str]) -> datetime | None:
    """The last second of the day until which the proposal stands."""
    try:
        last = parse_day(form.validade)
    except ValueError as error:
        errors["validade"] = str(error)
        return None
    if last < today:
        errors["validade"] = f"O dia {last:%d/%m/%Y} já passou."
    elif last > today + LONGEST:
        errors["validade"] = f"A proposta pode valer por até {LONGEST.days} dias."
    if "validade" in errors:
        return None
    local = datetime(last.year, last.month, last.day, 23, 59, 59, 0, ZoneInfo(timezone), fold=1)
    return local.astimezone(UTC)


def _text(form: Mapping[str, Any], name: str) -> str:
    value = form.get(name, "")
    return clean(value, len(value), multiline=True) if isinstance(value, str) else ""
