"""What a proposal says, and the words for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType

from msgspec import Struct

from procon.agreements.schedule import Instalment, in_words
from procon.kernel.money import format_brl

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "pagamento": "Pagamento ou devolução de dinheiro",
        "troca": "Troca ou entrega do produto",
        "reparo": "Conserto ou novo serviço",
        "cancelamento": "Cancelamento do contrato ou da cobrança",
        "outro": "Outra solução",
    }
)
# How long a proposal may be open.
LONGEST = timedelta(days=60)
SIDES: Mapping[str, str] = MappingProxyType({"consumer": "O consumidor", "supplier": "A empresa"})
# Why a proposal can no longer be answered, for who comes late.
ANSWERED: Mapping[str, str] = MappingProxyType(
    {
        "accepted": "Esta proposta já foi aceita: o acordo está feito.",
        "refused": "Esta proposta já foi recusada.",
        "countered": "Esta proposta já recebeu uma contraproposta.",
        "withdrawn": "Quem fez a proposta a retirou antes da resposta.",
        "expired": "O prazo para responder a esta proposta terminou.",
    }
)


class Offer(Struct, frozen=True, forbid_unknown_fields=True):
    """A proposal as it will be stored. `kind`: key of KINDS; `total` in reais, None without money;
    `valid_until` aware.
    """

    kind: str
    text: str
    total: Decimal | None
    valid_until: datetime
    instalments: tuple[Instalment, ...]


def offer_in_words(offer: Offer) -> str:
    """All that is offered, for the log."""
    total = f"\nValor total: {format_brl(offer.total)}" if offer.total else ""
    return f"{KINDS[offer.kind]}\n{offer.text}{total}\n{in_words(offer.instalments)}"
