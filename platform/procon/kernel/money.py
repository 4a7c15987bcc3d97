"""Amounts in reais, always Decimal with two places."""

import re
from decimal import Decimal

# At most 11 digits before the comma: fits numeric(13,2) and no complaint is worth more.
_COMMA = re.compile(r"(\d{1,3}(?:\.\d{3})+|\d+)(?:,(\d{1,2}))?")
_POINT = re.compile(r"(\d+)\.(\d{1,2})")


class BadAmount(ValueError):
    """The text is not an amount. `reason` is a Portuguese sentence for the person."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def parse_brl(text: str) -> Decimal:
    """An amount in reais, two places: "1.234,56", "R$ 1.234,56", "1234.56", "1234".

    A point followed by three digits separates thousands, as Brazilians write: "1.234" is one
    thousand. Raises BadAmount; negative amounts are refused too.
    """
    bare = re.sub(r"\s+", "", text)
    bare = re.sub(r"^R\$|(?:reais|real)$", "", bare, flags=re.IGNORECASE)
    found = _COMMA.fullmatch(bare) or _POINT.fullmatch(bare)
    if found is None or not bare.isascii():
        raise BadAmount("Digite o valor em reais, como 1.234,56.")
    whole = found[1].replace(".", "").lstrip("0") or "0"
    if len(whole) > 11:
        raise BadAmount("Este valor é grande demais. Confira quantos zeros você digitou.")
    return Decimal(f"{whole}.{(found[2] or '').ljust(2, '0')}")


def format_brl(amount: Decimal) -> str:
    """An amount as printed: R$ 1.234,56 (the space does not break). Half cents round to even."""
    cents = amount.quantize(Decimal("0.01"))
    english = f"{abs(cents):,.2f}"
    sign = "-" if cents < 0 else ""
    return f"{sign}R$\u00a0{english.translate(str.maketrans(',.', '.,'))}"
