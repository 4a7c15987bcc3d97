"""What the supplier sees."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from litestar.connection import ASGIConnection
from msgspec import Struct

from procon.answers.commands import note_first_reading
from procon.answers.queries import AnswerRow, RatingRow, answers_of_case, rating_of_case
from procon.auth.actor import Actor
from procon.cases.access import get_case, may_see
from procon.cases.log import Entry, entries
from procon.cases.pages import DeadlineBadge, StatusLabel, badge_of, status_label, timeline_of
from procon.cases.queries import CaseDetail, CaseRow, cases_of_suppliers, detail_by_id
from procon.cases.taxonomy import subject_title
from procon.deadlines.compute import Deadline
from procon.evidence.pages import FileView, UploadBox, file_views, upload_box
from procon.evidence.queries import Owner, files_of_case
from procon.ext.events import AnswerSubmitted, CipIssued
from procon.kernel.errors import NotFound
from procon.letters.pages import DocumentLine, document_lines
from procon.portal.shell import TimelineEntry
from procon.tenancy.scope import Tx

Connection = ASGIConnection[Any, Any, Any, Any]

_OPEN = frozenset({"cip_issued", "unanswered"})
_LETTERS = frozenset({"cip", "answer_receipt"})


class CaseLine(Struct, frozen=True):
    """A case in the company's list."""

    number: str
    person: str
    subject: str
    label: StatusLabel
    badge: DeadlineBadge | None
    open: bool


class HomePage(Struct, frozen=True):
    """The company's door: the code form, and its cases when it is known who is there.

    `lines` is None for who has not entered with a company's account. `own` is the number of the
    case whose code was used before.
    """

    lines: tuple[CaseLine, ...] | None = None
    own: str = ""
    code: str = ""
    problem: str = ""
    errors: Mapping[str, str] = {}


class CityLine(Struct, frozen=True):
    """A city on the suppliers' page; `waiting` counts the company's open cases, None unknown."""

    name: str
    city: str
    uf: str
    href: str
    waiting: int | None = None


class CitiesPage(Struct, frozen=True):
    """All cities that are served."""

    cities: tuple[CityLine, ...]


class CasePage(Struct, frozen=True):
    """A case as its supplier sees it. `over`: the deadline has passed, an answer will be late.

    `files` are the consumer's, `answer_files` the company's; `upload` takes files for the answer
    while one can be sent. `kept` is an answer that came too late to be taken: somebody else's is
    in already.
    """

    case: CaseDetail
    subject: str
    label: StatusLabel
    badge: DeadlineBadge | None
    deadline: Deadline | None
    open: bool
    over: bool
    answers: tuple[AnswerRow, ...]
    rating: RatingRow | None
    files: tuple[FileView, ...]
    answer_files: tuple[FileView, ...]
    upload: UploadBox | None
    documents: tuple[DocumentLine, ...]
    timeline: tuple[TimelineEntry, ...]
    key: str
    text: str = ""
    kept: str = ""
    errors: Mapping[str, str] = {}


class WrongCompanyPage(Struct, frozen=True):
    """“Não é a minha empresa”."""

    number: str
    supplier: str
    text: str = ""
    errors: Mapping[str, str] = {}


class ReceiptPage(Struct, frozen=True):
    """Proof of an answer. `moment` is local time to the second; `link` the log's hash."""

    number: str
    supplier: str
    cnpj: str
    answer: AnswerRow
    moment: str
    due_at: datetime | None
    link: str
    files: tuple[FileView, ...]
    documents: tuple[DocumentLine, ...]


async def home_page(tx: Tx, actor: Actor) -> HomePage:
    """The door for this person."""
    if actor.kind != "supplier":
        return HomePage()
    if actor.case_id is not None:
        case = await detail_by_id(tx, actor.case_id)
        return HomePage(own=case.number if case and may_see(actor, case) else "")
    rows = await cases_of_suppliers(tx, sorted(actor.cnpjs))
    return HomePage(lines=tuple(_line(row, tx) for row in sorted(rows, key=_open_first)))


def answer_owner(case_id: UUID, key: str) -> Owner:
    """Where the files of an answer wait until its form, known by `key`, is sent.

    The id depends on the case too: one form's key says nothing in another case.
    """
    return Owner("answer", uuid5(case_id, key), case_id)


async def case_page(
    request: Connection,
    tx: Tx,
    actor: Actor,
    number: str,
    *,
    text: str = "",
    kept: str = "",
    errors: Mapping[str, str] | None = None,
) -> CasePage:
    """The page of one case.

    Raises:
        NotFound, Forbidden: see `access.get_case`.
    """
    case = await get_case(tx, actor=actor, number=number)
    # Who holds a code was noted when it was used.
    if actor.case_id is None:
        await note_first_reading(tx, actor=actor, case_id=case.id, by="govbr")
    log, zone = await entries(tx, case.id, internal=False), tx.tenant.timezone
    still_open = case.status in _OPEN
    badge = badge_of(case.due_at, case.status, now=tx.now, tz=zone) if still_open else None
    # The same for the whole session: after a reload, files that were sent are still there.
    key = uuid5(case.id, actor.session_id).hex
    owner, back = answer_owner(case.id, key), f"/fornecedor/processos/{case.number}"
    files = await files_of_case(tx, case.id)
    return CasePage(
        case=case,
        subject=subject_title(case.subject),
        label=status_label(case.status, case.outcome),
        badge=badge,
        deadline=case.deadline if still_open else None,
        open=still_open,
        over=badge is not None and badge.state == "vencido",
        answers=tuple(await answers_of_case(tx, case.id)),
        rating=await rating_of_case(tx, case.id),
        files=file_views([one for one in files if one.owner_kind != "answer"], actor),
        answer_files=file_views([one for one in files if one.owner_kind == "answer"], actor),
        upload=await upload_box(request, tx, owner, back=back) if still_open else None,
        documents=await document_lines(tx, case.id, _LETTERS),
        timeline=timeline_of(log, zone),
        key=key,
        text=text,
        kept=kept,
        errors=errors or {},
    )


async def wrong_company_page(
    tx: Tx, actor: Actor, number: str, *, text: str = "", errors: Mapping[str, str] | None = None
) -> WrongCompanyPage:
    """The form of “Não é a minha empresa”.

    Raises:
        NotFound, Forbidden: see `access.get_case`.
    """
    case = await get_case(tx, actor=actor, number=number)
    return WrongCompanyPage(case.number, case.supplier_name, text, errors or {})


async def receipt_page(tx: Tx, actor: Actor, number: str) -> ReceiptPage:
    """The receipt of the case's answer.

    Raises:
        NotFound, Forbidden: see `access.get_case`; NotFound also when nothing was answered.
    """
    case = await get_case(tx, actor=actor, number=number)
    answers = await answers_of_case(tx, case.id)
    if not answers:
        raise NotFound("Este processo ainda não tem resposta.")
    answer, log = answers[-1], await entries(tx, case.id, internal=False)
    local = answer.submitted_at.astimezone(ZoneInfo(tx.tenant.timezone))
    return ReceiptPage(
        number=case.number,
        supplier=case.supplier_name,
        cnpj=case.supplier_cnpj or "",
        answer=answer,
        moment=local.strftime("%d/%m/%Y às %Hh%Mmin%Ss"),
        due_at=_cip_due(log),
        link=_link_of(log, answer.sha256),
        files=file_views(
            [one for one in await files_of_case(tx, case.id) if one.attached_to == answer.id], actor
        ),
        documents=await document_lines(tx, case.id, _LETTERS),
    )


async def waiting_cases(tx: Tx, cnpjs: frozenset[str]) -> int:
    """How many cases of these companies wait for an answer in this city."""
    rows = await cases_of_suppliers(tx, sorted(cnpjs))
    return sum(row.status in _OPEN for row in rows)


def _open_first(row: CaseRow) -> bool:
    return row.status not in _OPEN


def _line(row: CaseRow, tx: Tx) -> CaseLine:
    return CaseLine(
        number=row.number,
        person=row.person_name,
        subject=subject_title(row.subject),
        label=status_label(row.status, row.outcome),
        badge=badge_of(row.due_at, row.status, now=tx.now, tz=tx.tenant.timezone)
        if row.status in _OPEN
        else None,
        open=row.status in _OPEN,
    )


def _cip_due(log: list[Entry]) -> datetime | None:
    """Until when the answer was due: after it, another deadline stands in the case."""
    events = (entry.act.event for entry in reversed(log))
    return next((event.due_at for event in events if isinstance(event, CipIssued)), None)


def _link_of(log: list[Entry], sha256: str) -> str:
    for entry in log:
        event = entry.act.event
        if isinstance(event, AnswerSubmitted) and event.sha256 == sha256:
            return entry.hash
    return ""
