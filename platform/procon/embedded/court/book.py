"""What the imitated court keeps, and how it behaves: as the specification says, and at its worst.

Written from the model's text (MNI 2.2.2) alone, without a look at the client that it tests.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Literal

from msgspec import Struct, field

from procon.ext.cnj import CourtNumber

# What the next deliveries meet: a slow answer; a lost one (the case is there, the line is cut);
# a refusal with HTTP 200; a SOAP fault; an error page of a proxy; a line that is cut at once.
Behaviour = Literal["slow", "lost", "refuse", "fault", "down", "cut"]
ALL_BEHAVIOURS: tuple[Behaviour, ...] = ("slow", "lost", "refuse", "fault", "down", "cut")
NEW_CASE = "0" * 20
CLASSES = frozenset({7, 436, 12_374})
DISTRIBUTED, CONFIRMED, NOT_CONFIRMED = 26, 466, 454
_FIRST_SERIAL = 4_000_001


class Document(Struct, frozen=True):
    """A file as delivered; `body` decoded."""

    kind: str
    description: str
    media_type: str
    body: bytes
    hash: str


class Delivery(Struct, frozen=True):
    """entregarManifestacaoProcessual, read. `parameters`: name → value."""

    user: str
    password: str
    number: str
    case_class: int
    competence: str
    locality: str
    value: str
    poles: tuple[tuple[str, str, str], ...]
    subjects: tuple[int, ...]
    header: dict[str, str]
    documents: tuple[Document, ...]
    sent_at: str
    parameters: dict[str, str]


class Movement(Struct, frozen=True):
    """An entry of a case's history, by the national table's code."""

    code: int
    at: datetime
    text: str


class CourtCase(Struct):
    """A case of the court."""

    number: CourtNumber
    protocol: str
    owner: str
    at: datetime
    delivery: Delivery
    movements: list[Movement] = field(default_factory=list)


class Outcome(Struct, frozen=True):
    """The answer to a delivery. `competences`: those that may be chosen, after a conflict."""

    success: bool
    message: str
    protocol: str = ""
    at: datetime | None = None
    number: str = ""
    competences: tuple[str, ...] = ()


class Court:
    """One court's registry, in memory.

    Args:
        court: court of the States' segment (26, 13, …); `office`: the place's number.
        competences: more than one makes every delivery without a choice a conflict.
        limit: largest document in bytes.
        password: the one that everybody has; "" takes any.
        first: number of its first case.
    """

    def __init__(
        self,
        *,
        court: int = 26,
        office: int = 114,
        competences: tuple[str, ...] = ("7",),
        limit: int = 5_000_000,
        password: str = "",
        first: int = _FIRST_SERIAL,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.court, self.office, self.competences = court, office, competences
        self.limit, self.password, self.now, self.first = limit, password, now, first
        self.cases: dict[str, CourtCase] = {}
        self.plan: list[Behaviour] = []
        self.deliveries = 0
        self._conflicts: dict[str, tuple[str, datetime]] = {}

    def welcome(self, user: str, password: str) -> bool:
        """Whether who asks may."""
        return bool(user and password) and password in {self.password or password}

    def deliver(self, delivery: Delivery) -> Outcome:
        """Take a petition, or say why not."""
        if wrong := self._fault(delivery):
            return Outcome(False, wrong)
        moment, protocol = self.now(), self._protocol(delivery)
        origin = delivery.parameters.get("protocolo-originario", "")
        competence = delivery.parameters.get("competencia", "") or delivery.competence
        if len(self.competences) > 1 and competence not in self.competences:
            self._conflicts[protocol] = (delivery.user, moment)
            return Outcome(
                False,
                "Conflito de competência: escolha uma das competências indicadas.",
                protocol,
                moment,
                competences=self.competences,
            )
        if origin:
            first = self._conflicts.pop(origin, None)
            if first is None or first[0] != delivery.user:
                return Outcome(False, "Protocolo originário não encontrado.")
            if moment <= _last_moment(first[1]):
                moment = first[1]
        return self._register(delivery, protocol, moment)

    def confirm(self, number: str, *, confirmed: bool = True) -> bool:
        """The judge decides on an agreement; False when there is no such case."""
        case = self.cases.get(number)
        if case is None:
            return False
        code = CONFIRMED if confirmed else NOT_CONFIRMED
        text = "Homologação de transação" if confirmed else "Acordo não homologado"
        case.movements.append(Movement(code, self.now(), text))
        return True

    def of_owner(self, user: str, since: datetime | None) -> list[CourtCase]:
        """Cases that this user brought, from `since` on."""
        return [
            case
            for case in self.cases.values()
            if case.owner == user and (since is None or case.at >= since)
        ]

    def _register(self, delivery: Delivery, protocol: str, moment: datetime) -> Outcome:
        number = CourtNumber(
            self.first + len(self.cases), self.now().year, 8, self.court, self.office
        )
        case = CourtCase(number, protocol, delivery.user, moment, delivery)
        case.movements.append(Movement(DISTRIBUTED, moment, "Distribuído por sorteio"))
        self.cases[number.digits] = case
        return Outcome(True, "Manifestação recebida.", protocol, moment, number.digits)

    def _fault(self, delivery: Delivery) -> str:
        if not self.welcome(delivery.user, delivery.password):
            return "Falha no login. Acesso não autorizado."
        wrongs = {
            "Este serviço recebe apenas petições iniciais.": delivery.number not in {"", NEW_CASE},
            f"Classe processual {delivery.case_class} não é aceita nesta localidade.": (
                delivery.case_class not in CLASSES
            ),
            "Informe os polos ativo e passivo.": bool(
                {"AT", "PA"} - {pole for pole, _, _ in delivery.poles}
            ),
            "Informe ao menos um assunto.": not delivery.subjects,
            "Envie ao menos um documento.": not delivery.documents,
        }
        found = [said for said, wrong in wrongs.items() if wrong]
        found += [said for one in delivery.documents if (said := self._document_fault(one))]
        return found[0] if found else ""

    def _document_fault(self, one: Document) -> str:
        if one.media_type != "application/pdf" or not one.body.startswith(b"%PDF-"):
            return f"O documento “{one.description}” não é PDF."
        if len(one.body) > self.limit:
            return f"O documento “{one.description}” excede o limite de {self.limit} bytes."
        if one.hash and one.hash.lower() != hashlib.sha256(one.body).hexdigest():
            return f"O documento “{one.description}” chegou alterado."
        return ""

    def _protocol(self, delivery: Delivery) -> str:
        self.deliveries += 1
        seed = f"{delivery.user}/{self.deliveries}/{delivery.sent_at}".encode()
        return hashlib.sha256(seed).hexdigest()[:20]


def _last_moment(first: datetime) -> datetime:
    """23:59:59 of the next business day; weekends only, the court knows no other holidays."""
    day = first.date() + timedelta(days=1)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return datetime.combine(day, time(23, 59, 59), tzinfo=first.tzinfo)
