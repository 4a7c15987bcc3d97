"""Doors to systems outside: what the core asks of them, and what stands in when there is none."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal, Protocol

from msgspec import Struct

HandoverKind = Literal["petition", "agreement"]


class VideoRoom(Protocol):
    """Somewhere on the internet where people see each other."""

    def address(self, *, room: str, name: str, leads: bool, now: datetime) -> str:
        """The address under which one person may enter the room now; "" when there is no room.

        Args:
            room: the room's name, which nobody can guess.
            name: how the person is shown to the others.
            leads: they conduct the meeting.
            now: from when on the address is good, if it ends by itself.
        """
        ...


class NoVideo:
    """No video at all: the city tells the parties by other means."""

    def address(self, *, room: str, name: str, leads: bool, now: datetime) -> str:
        """Always ""."""
        return ""


class Signer(Protocol):
    """Puts the city's electronic signature on a PDF."""

    def sign(self, pdf: bytes, *, reason: str, place: str) -> bytes:
        """The signed file. Takes up to a second of one core.

        Raises:
            Refused: the certificate cannot be used now.
        """
        ...


class NoSigner:
    """No certificate: the file stays as it is, known by its code and its hash."""

    def sign(self, pdf: bytes, *, reason: str, place: str) -> bytes:
        """`pdf` itself."""
        return pdf


class CourtParty(Struct, frozen=True, forbid_unknown_fields=True):
    """Who asks the court, or of whom it is asked. `document`: CPF or CNPJ, digits only, or ""."""

    name: str
    document: str = ""
    company: bool = False
    email: str = ""
    phone: str = ""


class CourtFile(Struct, frozen=True, forbid_unknown_fields=True):
    """One file of a handover, in the order in which the court reads them.

    `code`: what it is, "PET" petition, "HOM" agreement to be confirmed, "AUTOS" the whole case,
    "EVID" evidence. `sha256`: hexadecimal.
    """

    code: str
    name: str
    title: str
    media_type: str
    body: bytes
    sha256: str


class CourtFiling(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that goes to the court.

    Attributes:
        reference: our own name of the handover, the same for every try.
        subject: our code of the case's subject; the court's is the gateway's to know.
        value: valor da causa in reais, None when the case has none.
        at: when this try begins, with its time zone.
    """

    reference: str
    kind: HandoverKind
    case_number: str
    body: str
    city: str
    uf: str
    subject: str
    value: Decimal | None
    author: CourtParty
    defendant: CourtParty
    text: str
    files: tuple[CourtFile, ...]
    at: datetime


class CourtQuestion(Struct, frozen=True, forbid_unknown_fields=True):
    """What became of a handover? `since`: when it was first tried. Numbers are "" when unknown."""

    reference: str
    kind: HandoverKind
    since: datetime
    at: datetime
    court_number: str = ""
    protocol: str = ""


class CourtAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """What the court, or the gateway in its place, says.

    Attributes:
        state: "delivered" it is a case of the court's now; "packed" a person carries `package`
            there; "refused" the court does not take it; "homologated" the agreement is confirmed;
            "rejected" the court does not confirm it; "absent" the court surely has nothing of
            ours; "unknown" nobody can tell from here.
        message: plain Portuguese, for the staff.
        court_number: as printed, or "".
        receipt: a PDF, or b"".
    """

    state: Literal["delivered", "packed", "refused", "homologated", "rejected", "absent", "unknown"]
    message: str = ""
    court_number: str = ""
    protocol: str = ""
    receipt: bytes = b""
    package: bytes = b""
    signed: bool = False


class CourtSilent(Exception):
    """No answer came. `arrived`: the court may have taken what was sent all the same."""

    def __init__(self, reason: str, *, arrived: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.arrived = arrived


class CourtGateway(Protocol):
    """A way into one court. Each call ends within 20 s."""

    @property
    def title(self) -> str:
        """What people call this way ("Tribunal de Justiça, MNI"); "" when there is none."""
        ...

    async def submit_petition(self, filing: CourtFiling) -> CourtAnswer:
        """Hand a petition in. Safe to call again only after `status` said "absent".

        Raises:
            CourtSilent: no answer came.
        """
        ...

    async def submit_agreement(self, filing: CourtFiling) -> CourtAnswer:
        """Ask the court to confirm an agreement; else as `submit_petition`."""
        ...

    async def status(self, question: CourtQuestion) -> CourtAnswer:
        """What the court knows of a handover.

        Raises:
            CourtSilent: no answer came.
        """
        ...

    async def receipt(self, question: CourtQuestion) -> bytes:
        """The court's receipt as a PDF, b"" when it has none.

        Raises:
            CourtSilent: no answer came.
        """
        ...


class NoCourt:
    """No way into a court: people go there by themselves."""

    title = ""

    async def submit_petition(self, filing: CourtFiling) -> CourtAnswer:
        """Always refused."""
        return _no_court()

    async def submit_agreement(self, filing: CourtFiling) -> CourtAnswer:
        """Always refused."""
        return _no_court()

    async def status(self, question: CourtQuestion) -> CourtAnswer:
        """Nobody can tell."""
        return CourtAnswer("unknown", "Este Procon não tem integração com a Justiça.")

    async def receipt(self, question: CourtQuestion) -> bytes:
        """None."""
        return b""


def _no_court() -> CourtAnswer:
    return CourtAnswer("refused", "Este Procon não tem integração com a Justiça.")
