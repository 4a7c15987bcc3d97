"""Dates and amounts of a proposal or an agreement: read, split, checked. No database."""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise

from msgspec import Struct

from procon.kernel.errors import Invalid
from procon.kernel.money import BadAmount, format_brl, parse_brl
from procon.kernel.text import clean

MOST_INSTALMENTS = 60
YEARS_AHEAD = 10
WHAT_MAX = 120
SHOWN_ERRORS = 5
# What numeric(13,2) holds.
TOTAL_MAX = Decimal("99999999999.99")
_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", re.ASCII)


class Instalment(Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be done until the end of a day. `amount` in reais, 0 when it is not money."""

    due_on: date
    amount: Decimal
    what: str = ""


def parse_day(text: str) -> date:
    """A day as Brazilians write it, 25/12/2026. Raises ValueError with a Portuguese sentence."""
    found = _DAY.fullmatch(text.strip())
    if found is None:
        raise ValueError("Escreva a data como 25/12/2026.")
    day, month, year = (int(part) for part in found.groups())
    if year < 2000:
        raise ValueError("Confira o ano: são quatro números, como 2026.")
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError(f"O dia {text.strip()} não existe. Confira a data.") from None


def months_after(first: date, months: int) -> date:
    """The same day `months` later; the month's last day where it has no such day."""
    years, month = divmod(first.month - 1 + months, 12)
    year = first.year + years
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(first.day, last))


def split_equally(
    total: Decimal, count: int, first: date, what: str = ""
) -> tuple[Instalment, ...]:
    """`count` monthly instalments that add up to `total`; the first ones take the odd cents."""
    cents, odd = divmod(int(total * 100), count)
    return tuple(
        Instalment(months_after(first, n), Decimal(cents + (n < odd)) / 100, what)
        for n in range(count)
    )


def parse_lines(text: str) -> tuple[Instalment, ...]:
    """Instalments that were typed one a line: `data; valor; o que será feito`.

    The amount may be empty when it is not money; what will be done may always be.

    Raises:
        Invalid: field "linhas", naming the first wrong lines by number.
    """
    found: list[Instalment] = []
    errors: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            found.append(_line(line))
        except ValueError as error:
            errors.append(f"Linha {number}: {error}")
        if len(found) > MOST_INSTALMENTS:
            raise Invalid({"linhas": f"Um acordo pode ter até {MOST_INSTALMENTS} parcelas."})
    if errors:
        more = len(errors) - SHOWN_ERRORS
        tail = [f"E mais {more} linha(s) com erro."] if more > 0 else []
        raise Invalid({"linhas": " ".join(errors[:SHOWN_ERRORS] + tail)})
    return tuple(found)


def check_schedule(
    instalments: Sequence[Instalment],
    *,
    total: Decimal | None,
    today: date,
    field: str = "parcelas",
) -> None:
    """Whether instalments can be an agreement's.

    Args:
        total: what they must add up to; None when no money is in it.
        today: the city's day; nothing may fall due before it.
        field: under which name the form shows what is wrong.

    Raises:
        Invalid: none or too many, not in order, in the past, too far, or not adding up.
    """
    problem = _problem(instalments, total, today)
    if problem:
        raise Invalid({field: problem}, reason=problem)


def in_words(instalments: Sequence[Instalment]) -> str:
    """One line for each instalment, for the log and the e-mails."""
    return "\n".join(
        f"{number}. {one.due_on:%d/%m/%Y}: {shown(one)}"
        for number, one in enumerate(instalments, start=1)
    )


def shown(one: Instalment) -> str:
    """What is due, in words: the amount, what is done, or both."""
    parts = ([format_brl(one.amount)] if one.amount else []) + ([one.what] if one.what else [])
    return ", ".join(parts) or "cumprir o combinado"


def _line(line: str) -> Instalment:
    day, _, rest = line.partition(";")
    amount, _, what = rest.partition(";")
    due_on = parse_day(day)
    try:
        money = parse_brl(amount) if amount.strip() else Decimal(0)
    except BadAmount as error:
        raise ValueError(error.reason) from error
    return Instalment(due_on, money, clean(what, WHAT_MAX))


def _problem(instalments: Sequence[Instalment], total: Decimal | None, today: date) -> str:
    if not instalments:
        return "Diga o que será feito e até quando: o acordo precisa de pelo menos uma data."
    if len(instalments) > MOST_INSTALMENTS:
        return f"Um acordo pode ter até {MOST_INSTALMENTS} parcelas."
    if any(one.amount < 0 for one in instalments):
        return "O valor de uma parcela não pode ser negativo."
    return _problem_of_dates(instalments, today) or _problem_of_sum(instalments, total)


def _problem_of_dates(instalments: Sequence[Instalment], today: date) -> str:
    days = [one.due_on for one in instalments]
    if days[0] < today:
        return f"A data {days[0]:%d/%m/%Y} já passou."
    for before, after in pairwise(days):
        if after <= before:
            return (
                f"As datas precisam estar em ordem: {after:%d/%m/%Y} vem depois de"
                f" {before:%d/%m/%Y} na lista."
            )
    if days[-1] > months_after(today, YEARS_AHEAD * 12):
        return f"A data {days[-1]:%d/%m/%Y} está longe demais. O máximo são {YEARS_AHEAD} anos."
    return ""


def _problem_of_sum(instalments: Sequence[Instalment], total: Decimal | None) -> str:
    added = sum((one.amount for one in instalments), Decimal(0))
    if added > TOTAL_MAX:
        return "Este valor é grande demais. Confira quantos zeros você digitou."
    if added != (total or 0):
        return (
            f"As parcelas somam {format_brl(added)}, mas o valor total é"
            f" {format_brl(total or Decimal(0))}. Corrija um dos dois."
        )
    return ""
