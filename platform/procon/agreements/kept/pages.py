"""An agreement as its parties and the staff see it, and the staff's list of those that run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Literal
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from litestar.connection import ASGIConnection
from msgspec import Struct

from procon.agreements.commands import today_of
from procon.agreements.kept.forms import Typed
from procon.agreements.pages import AGREEMENT_STATES, Visit
from procon.agreements.queries import (
    PAGE_SIZE,
    AgreementLine,
    AgreementRow,
    InstalmentRow,
    Report,
    agreement_counts,
    agreement_list,
    agreements_of_case,
)
from procon.agreements.schedule import shown
from procon.auth.actor import Actor
from procon.auth.permissions import allowed
from procon.cases.queries import CaseDetail
from procon.evidence.pages import FileView, UploadBox, file_views, upload_box
from procon.evidence.queries import Owner, StoredFile, files_of_case
from procon.kernel.errors import NotFound
from procon.portal.render import date_and_hour
from procon.portal.shell import Option, Tone
from procon.tenancy.scope import Tx

Connection = ASGIConnection[Any, Any, Any, Any]

DATE_STATES: Mapping[str, tuple[str, Tone]] = MappingProxyType(
    {
        "open": ("A cumprir", "progress"),
        "late": ("O consumidor diz que não", "danger"),
        "paid": ("Cumprida", "success"),
        "broken": ("Não cumprida", "danger"),
    }
)
LIST_TITLES: Mapping[str, str] = MappingProxyType(
    {
        "decidir": "Para o Procon decidir",
        "atrasados": "Atrasados ou sem notícia",
        "todos": "Todos em cumprimento",
    }
)
_SAID: Mapping[tuple[str, bool], str] = MappingProxyType(
    {
        ("consumer", True): "O consumidor disse que foi cumprida",
        ("consumer", False): "O consumidor disse que não foi cumprida",
        ("supplier", True): "A empresa enviou comprovante",
        ("staff", True): "O Procon considerou cumprida",
        ("staff", False): "O Procon considerou não cumprida",
    }
)


class ReportView(Struct, frozen=True):
    """What somebody said of a date."""

    sentence: str
    author: str
    text: str
    when: datetime
    sha256: str
    files: tuple[FileView, ...]


class DateView(Struct, frozen=True):
    """A date of an agreement. `due`: its day has passed; `settled`: nothing is left to say."""

    id: UUID
    n: int
    due_on: date
    text: str
    status: str
    tone: Tone
    note: str
    due: bool
    settled: bool
    denied: bool
    reports: tuple[ReportView, ...]


class AgreementView(Struct, frozen=True):
    """An agreement on a page."""

    title: str
    status: str
    tone: Tone
    running: bool
    text: str
    total: Decimal | None
    agreed_at: datetime
    ended_at: datetime | None
    ended_text: str
    dates: tuple[DateView, ...]


class PartyPage(Struct, frozen=True):
    """The agreements of a case for one of its parties; `upload` takes the company's proofs."""

    visit: Visit
    agreements: tuple[AgreementView, ...]
    choices: tuple[Option, ...]
    upload: UploadBox | None
    key: str
    typed: Typed = Typed()
    errors: Mapping[str, str] = {}


class DenyPage(Struct, frozen=True):
    """“A empresa não cumpriu”: one date, and what happened."""

    visit: Visit
    date: DateView
    text: str = ""
    errors: Mapping[str, str] = {}


class StaffPage(Struct, frozen=True):
    """The agreements of a case for the staff; `choices` are the dates that can be decided."""

    case: CaseDetail
    agreements: tuple[AgreementView, ...]
    choices: tuple[Option, ...]
    may_decide: bool
    typed: Typed = Typed()
    errors: Mapping[str, str] = {}


class ListTab(Struct, frozen=True):
    """One of the staff's lists with its number."""

    key: str
    label: str
    number: int
    current: bool


class ListPage(Struct, frozen=True):
    """The staff's list of agreements that run."""

    title: str
    key: str
    tabs: tuple[ListTab, ...]
    lines: tuple[AgreementLine, ...]
    today: date
    page_no: int
    pages: int


async def party_page(
    request: Connection,
    tx: Tx,
    *,
    actor: Actor,
    place: Visit,
    typed: Typed | None = None,
    errors: Mapping[str, str] | None = None,
) -> PartyPage:
    """The agreements, with what this party can say about each date.

    Raises:
        NotFound: the case has no agreement.
    """
    rows = await _agreements(tx, place.case.id)
    views = await _views(tx, rows, actor, place.side)
    choices = _choices(rows) if place.side == "supplier" else ()
    key, owner = proof_key(rows, place.case.id, actor)
    box = await upload_box(request, tx, owner, back=f"{place.base}/acordo") if choices else None
    return PartyPage(place, views, choices, box, key, typed or Typed(), errors or {})


async def deny_page(
    tx: Tx,
    *,
    actor: Actor,
    place: Visit,
    instalment_id: UUID,
    text: str = "",
    errors: Mapping[str, str] | None = None,
) -> DenyPage:
    """One date, to say that it was not kept. Raises NotFound."""
    views = await _views(tx, await _agreements(tx, place.case.id), actor, place.side)
    for agreement in views:
        for one in agreement.dates:
            if one.id == instalment_id:
                return DenyPage(place, one, text, errors or {})
    raise NotFound("Não encontramos esta data entre as do acordo deste processo.")


async def staff_page(
    tx: Tx,
    *,
    actor: Actor,
    case: CaseDetail,
    typed: Typed | None = None,
    errors: Mapping[str, str] | None = None,
) -> StaffPage:
    """The agreements with everything that was said. Raises NotFound: there is none."""
    rows = await _agreements(tx, case.id)
    may_decide = allowed(actor, "staff:process")
    choices = _choices(rows) if may_decide else ()
    views = await _views(tx, rows, actor, "staff")
    return StaffPage(case, views, choices, may_decide, typed or Typed(), errors or {})


async def list_page(tx: Tx, *, wanted: str, page_no: int) -> ListPage:
    """One page of one of the lists; an unknown name gives the first."""
    today = today_of(tx)
    counts = await agreement_counts(tx, today=today)
    key = wanted if wanted in LIST_TITLES else next((k for k, n in counts.items() if n), "todos")
    pages = max(1, -(-counts[key] // PAGE_SIZE))
    page_no = min(max(1, page_no), pages)
    lines = await agreement_list(tx, key, today=today, page_no=page_no)
    return ListPage(
        title=LIST_TITLES[key],
        key=key,
        tabs=tuple(
            ListTab(name, title, counts[name], name == key) for name, title in LIST_TITLES.items()
        ),
        lines=tuple(lines),
        today=today,
        page_no=page_no,
        pages=pages,
    )


def proof_key(rows: list[AgreementRow], case_id: UUID, actor: Actor) -> tuple[str, Owner]:
    """Key and waiting place of the files of the company's next proof.

    The same for the whole session until a proof is sent; the next one starts afresh.
    """
    sent = sum(len(one.reports) for row in rows for one in row.instalments)
    key = uuid5(case_id, f"proof/{actor.session_id}/{sent}").hex
    return key, owner_of_proof(actor, case_id, key)


def owner_of_proof(actor: Actor, case_id: UUID, key: str) -> Owner:
    """Where the files of a proof wait until its form, known by `key`, is sent.

    The company's lawyer is signed in as a citizen, who may send files to a case but not answer.
    """
    kind: Literal["answer", "case"] = "answer" if actor.kind == "supplier" else "case"
    return Owner(kind, uuid5(case_id, key), case_id)


async def _agreements(tx: Tx, case_id: UUID) -> list[AgreementRow]:
    rows = await agreements_of_case(tx, case_id)
    if not rows:
        raise NotFound("Este processo ainda não tem acordo.")
    return rows


async def _views(
    tx: Tx, rows: list[AgreementRow], actor: Actor, side: str
) -> tuple[AgreementView, ...]:
    """Newest first."""
    files = await files_of_case(tx, rows[0].case_id)
    return tuple(_agreement(tx, row, files, actor, side) for row in reversed(rows))


def _agreement(
    tx: Tx, row: AgreementRow, files: list[StoredFile], actor: Actor, side: str
) -> AgreementView:
    label, tone = AGREEMENT_STATES[row.status]
    where = "na audiência" if row.source == "hearing" else "entre as partes"
    return AgreementView(
        title=f"Acordo feito {where}",
        status=label,
        tone=tone,
        running=row.status == "running",
        text=row.text,
        total=row.total,
        agreed_at=row.agreed_at,
        ended_at=row.ended_at,
        ended_text=row.ended_text,
        dates=tuple(
            _date(tx, one, files, actor, side=side, running=row.status == "running")
            for one in row.instalments
        ),
    )


def _date(
    tx: Tx, one: InstalmentRow, files: list[StoredFile], actor: Actor, *, side: str, running: bool
) -> DateView:
    label, tone = DATE_STATES[one.status]
    due = one.due_on < today_of(tx)
    return DateView(
        id=one.id,
        n=one.n,
        due_on=one.due_on,
        text=shown(one.plain),
        status=label,
        tone=tone,
        note=_note(one, side, due=due, running=running, tz=tx.tenant.timezone),
        due=due,
        settled=not running or one.status not in {"open", "late"},
        denied=one.status == "late",
        reports=tuple(_report(said, files, actor) for said in one.reports),
    )


def _note(one: InstalmentRow, side: str, *, due: bool, running: bool, tz: str) -> str:
    """What happens next with a date."""
    if one.status not in {"open", "late"}:
        return ""
    if not running:
        return "O acordo terminou antes."
    if one.status == "late":
        return _note_of_denied(one, tz)
    if one.proven:
        return "A empresa enviou comprovante. Falta o consumidor confirmar."
    asked = {
        "consumer": "A data passou. A empresa cumpriu?",
        "supplier": "A data passou. Se já cumpriu, envie o comprovante.",
        "staff": "A data passou e ninguém confirmou.",
    }
    return asked[side] if due else ""


def _note_of_denied(one: InstalmentRow, tz: str) -> str:
    if one.proven or one.check_due_at is None:
        return "A empresa enviou comprovante e o consumidor diz que não: o Procon vai decidir."
    until = date_and_hour(one.check_due_at, ZoneInfo(tz))
    return f"A empresa tem até {until} para comprovar. Depois disso, o acordo é descumprido."


def _report(said: Report, files: list[StoredFile], actor: Actor) -> ReportView:
    return ReportView(
        sentence=_SAID.get((said.side, said.kept), "Registro"),
        author=said.author,
        text=said.text,
        when=said.reported_at,
        sha256=said.sha256,
        files=file_views([file for file in files if file.attached_to == said.id], actor),
    )


def _choices(rows: list[AgreementRow]) -> tuple[Option, ...]:
    """Dates that are not settled, for a select."""
    return tuple(
        Option(str(one.id), f"{one.due_on:%d/%m/%Y}: {shown(one.plain)}")
        for row in rows
        if row.status == "running"
        for one in row.instalments
        if one.status in {"open", "late"}
    )
