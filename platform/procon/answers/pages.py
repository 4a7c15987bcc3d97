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
from procon.answers.internal.pages import InsideBox, inside_box, model_text
from procon.answers.queries import AnswerRow, RatingRow, answers_of_case, rating_of_case
from procon.auth.actor import Actor
from procon.auth.companies.queries import companies_of
from procon.cases.access import acting_powers, get_case, may_see, note_view
from procon.cases.log import Entry, entries
from procon.cases.moves import workflow_of
from procon.cases.pages import (
    DeadlineBadge,
    StatusLabel,
    badge_of,
    panels_of,
    status_label,
    timeline_of,
)
from procon.cases.queries import CaseDetail, detail_by_id
from procon.cases.taxonomy import subject_title
from procon.companies.pages import name_of
from procon.deadlines.compute import Deadline
from procon.evidence.pages import FileView, UploadBox, file_views, upload_box
from procon.evidence.queries import Owner, files_of_case
from procon.ext.events import AnswerSubmitted, CipIssued
from procon.ext.slots import Panel
from procon.ext.workflow import State
from procon.kernel.errors import NotFound
from procon.letters.pages import DocumentLine, document_lines
from procon.notices.commands import note_reading
from procon.portal.shell import TimelineEntry
from procon.process.pages import FilingView, filing_views
from procon.tenancy.scope import Tx

Connection = ASGIConnection[Any, Any, Any, Any]

_OPEN = frozenset({"cip_issued", "unanswered"})
_LETTERS = frozenset({"cip", "answer_receipt"})


class HomePage(Struct, frozen=True):
    """The company's door: the code form, and the other ways in.

    `own` is the number of the case whose code was used before, `companies` the names of those
    that a person may act for, `lost` says that a company's session has no company any more.
    """

    companies: tuple[str, ...] = ()
    own: str = ""
    lost: bool = False
    code: str = ""
    problem: str = ""
    errors: Mapping[str, str] = {}


class CasePage(Struct, frozen=True):
    """A case as its supplier sees it. `over`: the deadline has passed, an answer will be late.

    `files` are the consumer's, `answer_files` the company's; `upload` takes files for the answer
    while one can be sent. `kept` is an answer that came too late to be taken: somebody else's is
    in already. `inside` is what only the company's people see; `may_answer` is False for readers.
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
    panels: tuple[Panel, ...]
    filings: tuple[FilingView, ...]
    state: State
    inside: InsideBox | None
    may_answer: bool
    by_code: bool
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
    if actor.kind == "citizen":
        held = await companies_of(tx, actor=actor)
        roots = dict.fromkeys(one.root for one in held)
        return HomePage(companies=tuple([await name_of(tx, root) for root in roots]))
    if actor.kind != "supplier":
        return HomePage()
    if actor.case_id is not None:
        case = await detail_by_id(tx, actor.case_id)
        return HomePage(own=case.number if case and may_see(actor, case) else "")
    return HomePage(lost=True)


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
    model: UUID | None = None,
) -> CasePage:
    """The page of one case.

    Args:
        model: one of the company's models, to begin the answer with.

    Raises:
        NotFound, Forbidden: see `access.get_case`.
    """
    case = await get_case(tx, actor=actor, number=number)
    # Who holds a code was noted when it was used.
    if actor.case_id is None:
        await note_first_reading(tx, actor=actor, case_id=case.id, by="govbr")
    await note_view(tx, actor=actor, case=case, side="supplier")
    await note_reading(tx, actor=actor, side="supplier", case_id=case.id)
    log, zone = await entries(tx, case.id, internal=False), tx.tenant.timezone
    still_open = case.status in _OPEN
    badge = badge_of(case.due_at, case.status, now=tx.now, tz=zone)
    if case.status == "answered":
        badge = None  # that deadline is the consumer's
    # The same for the whole session: after a reload, files that were sent are still there.
    key = uuid5(case.id, actor.session_id).hex
    owner, back = answer_owner(case.id, key), f"/fornecedor/processos/{case.number}"
    files = await files_of_case(tx, case.id)
    may_answer = "file" in await acting_powers(tx, actor=actor, case=case)
    box = await upload_box(request, tx, owner, back=back) if still_open and may_answer else None
    return CasePage(
        case=case,
        subject=subject_title(case.subject),
        label=status_label(case.status, case.outcome),
        badge=badge,
        deadline=case.deadline if badge else None,
        open=still_open,
        over=badge is not None and badge.state == "vencido",
        answers=tuple(await answers_of_case(tx, case.id)),
        rating=await rating_of_case(tx, case.id),
        files=file_views([one for one in files if one.owner_kind != "answer"], actor),
        answer_files=file_views([one for one in files if one.owner_kind == "answer"], actor),
        upload=box,
        documents=await document_lines(tx, case.id, _LETTERS),
        timeline=timeline_of(log, zone),
        panels=await panels_of(
            tx, request.app.state.panels, actor=actor, side="supplier", case=case
        ),
        filings=await filing_views(tx, case, files, actor),
        state=workflow_of(case.procedure).state(case.status),
        inside=await inside_box(tx, actor, case),
        may_answer=may_answer,
        by_code=actor.case_id is not None,
        key=key,
        text=text or await model_text(tx, actor, case, model),
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
