"""What happens to a case, as public facts. Past tense; plugins may subscribe to each.

An event is written to the case's log and to the outbox in the transaction that makes it true.
Handlers get it after the commit, at least once.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from procon.ext.workflow import Side


class Event(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    """Base of all events: the case it belongs to."""

    case_id: UUID


class CaseOpened(Event, frozen=True, tag="case_opened"):
    """A consumer's complaint was registered, online or at a post."""

    number: str
    channel: Literal["online", "post"]
    supplier_name: str
    service_point: str = ""


class CaseReturned(Event, frozen=True, tag="case_returned"):
    """Papers or facts are missing; the consumer has until `due_at` to complete the case."""

    reason: str
    due_at: datetime


class CaseCompleted(Event, frozen=True, tag="case_completed"):
    """The consumer added what was missing."""

    text: str


class CaseRedirected(Event, frozen=True, tag="case_redirected"):
    """Another body is competent; the case ends here."""

    body: str
    reason: str


class CaseAssigned(Event, frozen=True, tag="case_assigned"):
    """A member of the staff is in charge now."""

    to_name: str


class NoteWritten(Event, frozen=True, tag="note_written"):
    """An internal note of the staff. The parties never see it."""

    text: str


class CipIssued(Event, frozen=True, tag="cip_issued"):
    """The Carta de Informações Preliminares is available to the supplier."""

    supplier_name: str
    due_at: datetime
    explanation: str
    legal_basis: str
    rule_version: str


class SupplierEntered(Event, frozen=True, tag="supplier_entered"):
    """The supplier opened the case for the first time."""

    by: Literal["access_code", "govbr"]


class SupplierCorrected(Event, frozen=True, tag="supplier_corrected"):
    """The staff found that the complaint is against another company."""

    before: str
    supplier_name: str


class AnswerSubmitted(Event, frozen=True, tag="answer_submitted"):
    """The supplier answered; `late` when the deadline had passed."""

    sha256: str
    late: bool
    files: int = 0


class AnswerMissed(Event, frozen=True, tag="answer_missed"):
    """The CIP's deadline passed without an answer. A late one is still taken."""

    supplier_name: str


class WrongCompanyDeclared(Event, frozen=True, tag="wrong_company_declared"):
    """Who received the CIP says that the case is not theirs."""

    text: str


class AnswerRated(Event, frozen=True, tag="answer_rated"):
    """The consumer said whether the answer solved the problem."""

    solved: bool
    stars: int
    why: str


class RatingExpired(Event, frozen=True, tag="rating_expired"):
    """Nobody rated in time: the case ends "sem avaliação", never as solved."""


class FileAdded(Event, frozen=True, tag="file_added"):
    """A file became part of the case."""

    name: str
    sha256: str
    size: int


class CaseMoved(Event, frozen=True, tag="case_moved"):
    """An act of the procedure: the case went from one state to another, or stayed by intent.

    The words are kept as they were said, because the procedure may be another one later.

    Attributes:
        transition: the act's key in the procedure `procedure` (slug and version, "standard/1").
        outcome: code of the result, when the act has one.
        text: what the person who acted wrote. Of a filing only its hash is here.
        letter: code of the document that goes out with this act.
        tells: the sides that are told.
    """

    procedure: str
    transition: str
    before: str
    after: str
    sentence: str
    act: str
    norm: str
    outcome: str = ""
    text: str = ""
    files: int = 0
    due_at: datetime | None = None
    explanation: str = ""
    rule_version: str = ""
    letter: str = ""
    filing: str = ""
    filing_sha256: str = ""
    late: bool = False
    tells: tuple[Side, ...] = ()


class ActRecorded(Event, frozen=True, tag="act_recorded"):
    """Something that belongs into the case's log and moves nothing: a mandate, a notice, a merge.

    Attributes:
        topic: what it is, for those who subscribe ("mandate_filed").
        internal: only the staff may see it.
    """

    topic: str
    sentence: str
    act: str
    norm: str = ""
    detail: str = ""
    internal: bool = False
    tells: tuple[Side, ...] = ()


CaseEvent = (
    CaseOpened
    | CaseReturned
    | CaseCompleted
    | CaseRedirected
    | CaseAssigned
    | NoteWritten
    | CipIssued
    | SupplierEntered
    | SupplierCorrected
    | AnswerSubmitted
    | AnswerMissed
    | WrongCompanyDeclared
    | AnswerRated
    | RatingExpired
    | FileAdded
    | CaseMoved
    | ActRecorded
)

# Acts that only the city's staff may see in the timeline.
INTERNAL = frozenset({"note_written", "case_assigned"})


def is_internal(event: Event) -> bool:
    """Whether only the city's staff may see the event."""
    return kind_of(event) in INTERNAL or (isinstance(event, ActRecorded) and event.internal)


def kind_of(event: Event) -> str:
    """The event's name in the log and the outbox."""
    return str(type(event).__struct_config__.tag)
