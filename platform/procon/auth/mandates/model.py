"""The words of mandates: powers, kinds, and OAB numbers as people write them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Literal

from msgspec import Struct

Side = Literal["consumer", "supplier"]
LawyerKind = Literal["principal", "suplementar", "estagiario"]
MandateKind = Literal["especial", "simples"]
EndKind = Literal["renuncia", "revogacao", "expiry", "substabelecimento", "recusa"]
RepresentativeKind = Literal["tutor", "curador", "procurador", "responsavel"]
PartyRole = Literal["autor", "assistente", "reu", "corresponsavel"]

# What a lawyer may be given. The special ones (CPC art. 105) must be named one by one.
POWERS: Mapping[str, str] = MappingProxyType(
    {
        "receive_notice": "Receber avisos e prazos",
        "file": "Enviar documentos, respostas e defesa",
        "appeal": "Recorrer",
        "settle": "Fazer acordo",
        "receive_money": "Receber valores e dar quitação",
        "withdraw": "Desistir",
        "delegate": "Passar poderes a outro advogado (substabelecer)",
    }
)
ALL_POWERS = frozenset(POWERS)
# A simple electronic mandate has these unless the client marks more.
USUAL_POWERS = ("receive_notice", "file", "appeal")
TRAINEE_POWERS = frozenset({"file"})

# Which power an act of the procedure needs, by the transition's key; any other needs "file".
_ACT_POWERS: Mapping[str, str] = MappingProxyType(
    {
        "appeal": "appeal",
        "settle": "settle",
        "fulfil": "receive_money",
        "withdraw": "withdraw",
    }
)

LAWYER_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "principal": "Inscrição principal",
        "suplementar": "Inscrição suplementar",
        "estagiario": "Estagiário",
    }
)
REPRESENTATIVES: Mapping[str, str] = MappingProxyType(
    {
        "responsavel": "Pai, mãe ou responsável",
        "tutor": "Tutor",
        "curador": "Curador",
        "procurador": "Procurador (sem ser advogado)",
    }
)
PARTY_ROLES: Mapping[str, str] = MappingProxyType(
    {
        "autor": "Autor",
        "assistente": "Assistente",
        "reu": "Fornecedor reclamado",
        "corresponsavel": "Corresponsável",
    }
)
ROLES_OF_SIDE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"consumer": ("autor", "assistente"), "supplier": ("corresponsavel", "reu")}
)
ENDS: Mapping[str, str] = MappingProxyType(
    {
        "renuncia": "renúncia do advogado",
        "revogacao": "revogação pelo cliente",
        "expiry": "fim da validade",
        "substabelecimento": "substabelecimento sem reserva",
        "recusa": "recusa do documento pelo Procon",
    }
)

# After renouncing, a lawyer goes on representing for 10 days so that the client is not left
# alone, unless somebody else represents the client already (CPC art. 112 § 1 and § 2). Calendar
# days, to the minute. A city cannot change it: it is the code's, not ours.
RENUNCIATION = timedelta(days=10)

# fmt: off
UFS = (
    "AC", "AL", "AM", "AP", "BA", "CE", "DF", "ES", "GO", "MA", "MG", "MS", "MT", "PA", "PB", "PE",
    "PI", "PR", "RJ", "RN", "RO", "RR", "RS", "SC", "SE", "SP", "TO",
)
# fmt: on
_OAB = re.compile(r"([1-9][0-9]{0,6})([A-Z]?)")


def power_for(transition: str) -> str:
    """The power without which nobody does this act for a client."""
    return _ACT_POWERS.get(transition, "file")


class Oab(Struct, frozen=True, forbid_unknown_fields=True):
    """An inscription in the OAB: state, number without points, letter or ""."""

    uf: str
    number: str
    letter: str = ""

    def __str__(self) -> str:
        digits = f"{int(self.number):,}".replace(",", ".")
        return f"OAB/{self.uf} {digits}{'-' + self.letter if self.letter else ''}"


class BadOab(ValueError):
    """Not an OAB number. `field` is "oab" or "uf", `reason` a Portuguese sentence."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field, self.reason = field, reason


def parse_oab(number: str, uf: str, kind: str = "") -> Oab:
    """An OAB number in any usual writing ("123.456", "OAB/SP 123456", "12345-A").

    Args:
        kind: "estagiario" gives the letter E; a letter E with another kind is refused. "" takes
            whatever is there (to look somebody up).

    Raises:
        BadOab: it cannot be one.
    """
    state = uf.strip().upper()
    if state not in UFS:
        raise BadOab("uf", "Escolha o estado da inscrição na OAB.")
    plain = unicodedata.normalize("NFKC", number).upper()
    plain = re.sub(r"[^0-9A-Z]", "", plain).removeprefix("OAB").removeprefix(state)
    found = _OAB.fullmatch(plain.lstrip("0"))
    if found is None:
        raise BadOab("oab", "O número da OAB tem até 7 algarismos, como 123.456 ou 12.345-A.")
    digits, letter = found.groups()
    if kind == "estagiario":
        if letter not in ("", "E"):
            raise BadOab("oab", "A inscrição de estagiário termina com a letra E, como 123.456-E.")
        letter = "E"
    elif kind and letter == "E":
        raise BadOab("oab", "A letra E é de estagiário. Escolha “Estagiário” ou confira o número.")
    return Oab(state, digits, letter)
