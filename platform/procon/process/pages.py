"""The page of an act, the last look before it, and what can be done now in a case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from litestar.connection import ASGIConnection
from msgspec import Struct

from procon.auth.actor import Actor
from procon.auth.permissions import permissions_of
from procon.cases.moves import acts_open, workflow_of
from procon.cases.queries import CaseDetail
from procon.deadlines.queries import deadline_for
from procon.evidence.pages import FileView, UploadBox, file_views, upload_box
from procon.evidence.queries import Owner, StoredFile
from procon.ext.slots import Action, Panel
from procon.ext.workflow import STAY, Side, Transition
from procon.kernel.errors import NotFound
from procon.portal.render import date_and_hour
from procon.portal.shell import Option
from procon.process.forms import Typed
from procon.process.queries import FilingRow, filings_count, filings_of_case
from procon.tenancy.scope import Tx

Connection = ASGIConnection[Any, Any, Any, Any]
Who = Side | Literal[""]

# Where each side's pages of a case are.
BASES: Mapping[str, str] = {
    "staff": "/equipe/processos",
    "consumer": "/processos",
    "supplier": "/fornecedor/processos",
}
_NAMES: Mapping[str, str] = {
    "RCIP": "Resposta à CIP",
    "DEF": "Defesa",
    "MAN": "Manifestação",
    "MT": "Manifestação técnica",
    "DEC1": "Decisão",
    "DEC2": "Decisão do recurso",
    "REC": "Recurso",
    "CRZ": "Resposta ao recurso",
}
_SIDES: Mapping[str, str] = {
    "staff": "Procon",
    "consumer": "Consumidor",
    "supplier": "Empresa",
    "system": "Sistema",
}


class FilingView(Struct, frozen=True, forbid_unknown_fields=True):
    """One filed text on a case's page."""

    title: str
    author: str
    side: str
    text: str
    outcome: str
    late: bool
    sha256: str
    filed_at: datetime
    files: tuple[FileView, ...]


class ActPage(Struct, frozen=True, forbid_unknown_fields=True):
    """The form of one act. `recipients` and `until` are shown on the last look before it."""

    number: str
    supplier: str
    person: str
    base: str
    side: str
    act: Transition
    outcomes: tuple[Option, ...]
    upload: UploadBox | None
    until: str
    explanation: str
    recipients: tuple[str, ...]
    target: str
    key: str
    form: Typed = Typed()
    checking: bool = False
    errors: Mapping[str, str] = {}


async def act_page(
    request: Connection,
    tx: Tx,
    *,
    actor: Actor,
    side: Side,
    case: CaseDetail,
    transition: str,
    base: str = "",
    form: Typed | None = None,
    checking: bool = False,
    errors: Mapping[str, str] | None = None,
) -> ActPage:
    """The form of `transition` for who acts on `side`.

    Args:
        base: path of the case's pages for this person, when it is not the side's usual one.

    Raises:
        NotFound: the procedure has no such act with a form.
    """
    workflow = workflow_of(case.procedure)
    act = form_act(case, transition)
    base = base or BASES[side]
    key = (form.key if form else "") or await _form_key(tx, actor, case.id, transition)
    deadline = await deadline_for(tx, key=act.deadline, start_at=tx.now) if act.deadline else None
    zone = ZoneInfo(tx.tenant.timezone)
    back = f"{base}/{quote(case.number, safe='')}/atos/{transition}"
    box = None
    if "files" in act.asks and not checking:
        box = await upload_box(request, tx, files_owner(case.id, key), back=back)
    return ActPage(
        number=case.number,
        supplier=case.supplier_name,
        person=case.person_name,
        base=base,
        side=side,
        act=act,
        outcomes=tuple(Option(code, workflow.outcomes[code]) for code in act.outcomes),
        upload=box,
        until=date_and_hour(deadline.due_at, zone) if deadline else "",
        explanation=deadline.explanation if deadline else "",
        recipients=_recipients(case, act),
        target="" if act.target == STAY else _title(case, act),
        key=key,
        form=form or Typed(),
        checking=checking,
        errors=errors or {},
    )


def form_act(case: CaseDetail, transition: str) -> Transition:
    """The act, if it has the common form.

    Raises:
        NotFound: unknown, the system's, or an act with a page of its own.
    """
    try:
        act = workflow_of(case.procedure).transition(transition)
    except KeyError:
        raise NotFound("Este ato não existe neste procedimento.") from None
    if act.page or act.who == ("system",):
        raise NotFound("Este ato é feito em outra página.")
    return act


def files_owner(case_id: UUID, key: str) -> Owner:
    """Where files wait until the act, known by its form's `key`, is done."""
    return Owner("case", uuid5(case_id, key), case_id)


async def case_panel(tx: Tx, *, actor: Actor, side: Who, case: CaseDetail) -> Panel | None:
    """The acts of the procedure that this person may choose now."""
    return acts_panel(tx, actor=actor, side=side, case=case)


def acts_panel(
    tx: Tx, *, actor: Actor, side: Who, case: CaseDetail, base: str = ""
) -> Panel | None:
    """As `case_panel`; `base` is the path of the case's pages when it is not the usual one."""
    acts = acts_open(
        workflow_of(case.procedure),
        status=case.status,
        side=side,
        permissions=permissions_of(actor),
        hearings=tx.tenant.hearings,
    )
    acts = tuple(act for act in acts if not act.page)
    if not acts:
        return None
    root = f"{base or BASES[side]}/{quote(case.number, safe='')}/atos"
    # The first that leads on is what people mostly come for.
    first = next((act.key for act in acts if not act.grave and act.target != STAY), "")
    return Panel(
        "Próximos passos" if side == "staff" else "O que você pode fazer",
        actions=tuple(Action(act.title, f"{root}/{act.key}", act.key == first) for act in acts),
    )


async def filing_views(
    tx: Tx, case: CaseDetail, files: list[StoredFile], actor: Actor
) -> tuple[FilingView, ...]:
    """What was filed in the case, in order, each with its files."""
    workflow = workflow_of(case.procedure)
    return tuple(
        FilingView(
            title=_NAMES.get(row.code, row.code),
            author=row.author,
            side=_SIDES[row.side],
            text=row.text,
            outcome=workflow.outcomes.get(row.outcome, ""),
            late=row.late,
            sha256=row.sha256,
            filed_at=row.filed_at,
            files=file_views([one for one in files if one.attached_to == row.id], actor),
        )
        for row in await filings_of_case(tx, case.id)
        if row.code
    )


def filing_title(row: FilingRow) -> str:
    """What the document is called."""
    return _NAMES.get(row.code, row.code)


def _title(case: CaseDetail, act: Transition) -> str:
    workflow = workflow_of(case.procedure)
    return next((one.title for one in workflow.states if one.key == act.target), "")


def _recipients(case: CaseDetail, act: Transition) -> tuple[str, ...]:
    told = {
        "consumer": f"{case.person_name} (consumidor), {case.person_email or 'sem e-mail'}",
        "supplier": f"{case.supplier_name} (empresa), {case.supplier_email or 'sem e-mail'}",
    }
    return tuple(told[side] for side in act.tells if side in told)


async def _form_key(tx: Tx, actor: Actor, case_id: UUID, transition: str) -> str:
    """The same until the act is done: after a reload, files that were sent are still there."""
    times = await filings_count(tx, case_id, transition)
    return uuid5(case_id, f"{actor.session_id}/{transition}/{times}").hex
