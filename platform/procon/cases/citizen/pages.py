"""What the consumer sees of their cases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from litestar.connection import ASGIConnection
from msgspec import Struct

from procon.answers.queries import AnswerRow, RatingRow, answers_of_case, rating_of_case
from procon.auth.actor import Actor
from procon.cases.access import get_case, note_view
from procon.cases.citizen.forms import Typed
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
from procon.cases.queries import CaseDetail, cases_of_person
from procon.cases.taxonomy import subject_title
from procon.deadlines.compute import Deadline
from procon.evidence.pages import FileView, UploadBox, file_views, upload_box
from procon.evidence.queries import Owner, files_of_case
from procon.ext.events import CaseRedirected, CaseReturned
from procon.ext.slots import Panel
from procon.ext.workflow import State
from procon.letters.pages import DocumentLine, document_lines
from procon.notices.commands import note_reading
from procon.portal.shell import TimelineEntry
from procon.process.pages import FilingView, filing_views
from procon.tenancy.scope import Tx

Connection = ASGIConnection[Any, Any, Any, Any]

# The answer's receipt is the company's proof, not the consumer's.
_LETTERS = frozenset({"filing_receipt", "counter_receipt", "cip"})


class CaseLine(Struct, frozen=True):
    """One case of “Minhas reclamações”. `yours`: the consumer has something to do."""

    number: str
    supplier: str
    subject: str
    label: StatusLabel
    badge: DeadlineBadge | None
    opened_at: datetime
    yours: bool


class MyCasesPage(Struct, frozen=True):
    """“Minhas reclamações”."""

    lines: tuple[CaseLine, ...]


class CasePage(Struct, frozen=True):
    """A case as its consumer sees it.

    `asked` is what the staff asked for, `body` and `why` the other body and the reason when the
    case was sent there. `over`: the running deadline has passed. `upload` takes files while the
    staff waits for something; `key` is that form's.
    """

    case: CaseDetail
    subject: str
    label: StatusLabel
    badge: DeadlineBadge | None
    deadline: Deadline | None
    over: bool
    asked: str
    body: str
    why: str
    answers: tuple[AnswerRow, ...]
    rating: RatingRow | None
    files: tuple[FileView, ...]
    answer_files: tuple[FileView, ...]
    upload: UploadBox | None
    documents: tuple[DocumentLine, ...]
    timeline: tuple[TimelineEntry, ...]
    key: str
    panels: tuple[Panel, ...]
    filings: tuple[FilingView, ...]
    state: State
    form: Typed = Typed()
    errors: Mapping[str, str] = {}


async def my_cases_page(tx: Tx, actor: Actor) -> MyCasesPage:
    """All cases of the signed-in consumer, newest first."""
    rows = await cases_of_person(tx, cpf=actor.cpf, email=actor.email)
    zone = tx.tenant.timezone
    return MyCasesPage(
        lines=tuple(
            CaseLine(
                number=row.number,
                supplier=row.supplier_name,
                subject=subject_title(row.subject),
                label=status_label(row.status, row.outcome),
                badge=badge_of(row.due_at, row.status, now=tx.now, tz=zone),
                opened_at=row.created_at,
                yours=row.status in {"returned", "answered"},
            )
            for row in rows
        )
    )


def completion_owner(case_id: UUID, key: str) -> Owner:
    """Where files wait until the form that completes the case, known by `key`, is sent."""
    return Owner("case", uuid5(case_id, key), case_id)


async def case_page(
    request: Connection,
    tx: Tx,
    actor: Actor,
    number: str,
    *,
    form: Typed | None = None,
    errors: Mapping[str, str] | None = None,
) -> CasePage:
    """The page of one case.

    Raises:
        NotFound, Forbidden: see `access.get_case`.
    """
    case = await get_case(tx, actor=actor, number=number)
    await note_view(tx, actor=actor, case=case, side="consumer")
    await note_reading(tx, actor=actor, side="consumer", case_id=case.id)
    # The same for the whole session: after a reload, files that were sent are still there.
    key = uuid5(case.id, actor.session_id).hex
    owner, back = completion_owner(case.id, key), f"/processos/{case.number}"
    files, waiting = await files_of_case(tx, case.id), case.status == "returned"
    log, zone = await entries(tx, case.id, internal=False), tx.tenant.timezone
    badge = badge_of(case.due_at, case.status, now=tx.now, tz=zone)
    body, why = _sent_to(log)
    return CasePage(
        case=case,
        subject=subject_title(case.subject),
        label=status_label(case.status, case.outcome),
        badge=badge,
        deadline=case.deadline if badge else None,
        over=badge is not None and badge.state == "vencido",
        asked=_asked(log),
        body=body,
        why=why,
        answers=tuple(await answers_of_case(tx, case.id)),
        rating=await rating_of_case(tx, case.id),
        files=file_views([one for one in files if one.attached_to == case.id], actor),
        answer_files=file_views([one for one in files if one.owner_kind == "answer"], actor),
        upload=await upload_box(request, tx, owner, back=back) if waiting else None,
        key=key,
        documents=await document_lines(tx, case.id, _LETTERS),
        timeline=timeline_of(log, zone),
        panels=await panels_of(
            tx, request.app.state.panels, actor=actor, side="consumer", case=case
        ),
        filings=await filing_views(tx, case, files, actor),
        state=workflow_of(case.procedure).state(case.status),
        form=form or Typed(),
        errors=errors or {},
    )


def _asked(log: list[Entry]) -> str:
    """What the staff asked for last."""
    events = (entry.act.event for entry in reversed(log))
    return next((event.reason for event in events if isinstance(event, CaseReturned)), "")


def _sent_to(log: list[Entry]) -> tuple[str, str]:
    """The body that can help and why, when the case was redirected."""
    events = (entry.act.event for entry in reversed(log))
    found = next((event for event in events if isinstance(event, CaseRedirected)), None)
    return (found.body, found.reason) if found else ("", "")
