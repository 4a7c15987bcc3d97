"""What the staff's pages show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from msgspec import Struct

from procon.answers.queries import AnswerRow, RatingRow, answers_of_case, rating_of_case
from procon.auth.accounts.queries import staff_list
from procon.auth.actor import Actor
from procon.auth.permissions import allowed
from procon.cases.log import Verdict, entries, verify_log
from procon.cases.moves import workflow_of
from procon.cases.pages import (
    CasePanel,
    DeadlineBadge,
    StatusLabel,
    badge_of,
    panels_of,
    status_label,
    timeline_of,
)
from procon.cases.queries import CaseDetail, CaseRow
from procon.cases.taxonomy import problem_title, subject_title
from procon.deadlines.compute import Deadline
from procon.deadlines.queries import deadline_for
from procon.desk.acts import BEFORE_ANSWER, BEFORE_NOTICE, ENDED
from procon.desk.forms import BODIES, Typed
from procon.desk.queries import COUNTED, queue_page, tags_of
from procon.desk.texts.queries import ModuleRow, macros, modules
from procon.evidence.pages import FileView, file_views
from procon.evidence.queries import files_of_case
from procon.ext.slots import Panel
from procon.kernel.money import format_brl
from procon.letters.pages import DocumentLine, document_lines
from procon.portal.render import date_and_hour
from procon.portal.shell import Option, Row, TimelineEntry, Tone
from procon.process.pages import FilingView, filing_views
from procon.tenancy.scope import Tx


class Queue(Struct, frozen=True, forbid_unknown_fields=True):
    """A queue's name, the tone of its card and what is said when it is empty."""

    label: str
    tone: Tone
    empty: str


QUEUES: Mapping[str, Queue] = MappingProxyType(
    {
        "novos": Queue("Novos", "info", "Nenhum processo novo. Tudo foi lido."),
        "hoje": Queue("Vencem hoje", "waiting", "Nada vence hoje."),
        "vencidos": Queue("Vencidos", "danger", "Nenhum prazo vencido."),
        "andamento": Queue("Dar andamento", "progress", "Nada espera um próximo passo do Procon."),
        "decidir": Queue("Para decidir", "waiting", "Nenhum processo espera decisão."),
        "sem-dono": Queue("Sem responsável", "waiting", "Todo processo tem um responsável."),
        "respondidos": Queue("Respondidos", "success", "Nenhuma resposta espera avaliação."),
        "meus": Queue("Meus", "progress", "Você não tem processos em andamento."),
        "todos": Queue("Todos", "neutral", "Ainda não há processos."),
    }
)
FIRST_QUEUE = "novos"


class Card(Struct, frozen=True, forbid_unknown_fields=True):
    """One queue with its number."""

    key: str
    label: str
    number: str
    tone: Tone
    current: bool


class Line(Struct, frozen=True, forbid_unknown_fields=True):
    """One case of a queue."""

    number: str
    status: StatusLabel
    consumer: str
    supplier: str
    subject: str
    badge: DeadlineBadge | None
    owner: str
    created_at: datetime


class DayPage(Struct, frozen=True, forbid_unknown_fields=True):
    """ "Meu dia": numbers of all queues, rows of the chosen one."""

    queue: str
    title: str
    empty: str
    cards: tuple[Card, ...]
    lines: tuple[Line, ...]
    page_no: int
    pages: int


class Next(Struct, frozen=True, forbid_unknown_fields=True):
    """What happens now, whose turn it is and until when."""

    title: str
    text: str
    whose: str
    until: str = ""


class Form(Struct, frozen=True, forbid_unknown_fields=True):
    """What was typed and refused: `problem` is for the whole page, `errors` for single fields."""

    typed: Typed = Typed()
    errors: Mapping[str, str] = {}
    problem: str = ""


class CasePage(Struct, frozen=True, forbid_unknown_fields=True):
    """A whole case for the staff. `can` names the acts that person and status allow."""

    case: CaseDetail
    status: StatusLabel
    badge: DeadlineBadge | None
    next: Next
    facts: tuple[Row, ...]
    answers: list[AnswerRow]
    rating: RatingRow | None
    documents: tuple[DocumentLine, ...]
    files: tuple[FileView, ...]
    filings: tuple[FilingView, ...]
    panels: tuple[Panel, ...]
    timeline: tuple[TimelineEntry, ...]
    can: frozenset[str]
    mine: bool
    staff: tuple[Option, ...]
    bodies: tuple[Option, ...]
    tags: tuple[str, ...]
    macros: tuple[Option, ...]
    modules: tuple[ModuleRow, ...]
    seen: str
    form: Typed
    errors: Mapping[str, str]
    problem: str
    happened: TimelineEntry | None
    unsent: str


class CipPage(Struct, frozen=True, forbid_unknown_fields=True):
    """The last look before a CIP goes out."""

    case: CaseDetail
    subject: str
    deadline: Deadline
    until: str
    form: Typed
    errors: Mapping[str, str]


class VerifyPage(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the case's log is as it was written. `last` is the newest link of the chain."""

    number: str
    verdict: Verdict
    last: str
    checked_at: datetime


async def day_page(tx: Tx, *, actor: Actor, queue: str, page_no: int) -> DayPage:
    """Numbers and rows of the day; an unknown queue is read as the first one."""
    queue = queue if queue in QUEUES else FIRST_QUEUE
    found = await queue_page(tx, queue, me=actor.account_id, page_no=page_no)
    return DayPage(
        queue=queue,
        title=QUEUES[queue].label,
        empty=QUEUES[queue].empty,
        cards=tuple(
            Card(key, one.label, _number(found.counts[key]), one.tone, current=key == queue)
            for key, one in QUEUES.items()
        ),
        lines=_lines(found.rows, tx),
        page_no=found.page_no,
        pages=found.pages,
    )


async def case_page(
    tx: Tx, *, actor: Actor, case: CaseDetail, form: Form, panels: Sequence[CasePanel] = ()
) -> CasePage:
    """Everything that is known of a case. `panels`: what other slices add to its page."""
    history = timeline_of(await entries(tx, case.id, internal=True), tx.tenant.timezone)
    can, files = acts_for(actor, case), await files_of_case(tx, case.id)
    staff = await staff_list(tx) if "distribuir" in can else []
    return CasePage(
        case=case,
        status=status_label(case.status, case.outcome),
        badge=badge_of(case.due_at, case.status, now=tx.now, tz=tx.tenant.timezone),
        next=next_of(case, tx.tenant.timezone),
        facts=facts_of(case),
        answers=await answers_of_case(tx, case.id),
        rating=await rating_of_case(tx, case.id),
        documents=await document_lines(tx, case.id),
        files=file_views(files, actor),
        filings=await filing_views(tx, case, files, actor),
        panels=await panels_of(tx, panels, actor=actor, side="staff", case=case),
        timeline=history,
        can=can,
        mine=actor.account_id is not None and case.assigned_to == actor.account_id,
        staff=tuple(Option(str(one.id), one.name) for one in staff),
        bodies=tuple(Option(key, label) for key, label in BODIES.items()),
        tags=tuple(await tags_of(tx, case.id)),
        macros=tuple(Option(str(one.id), one.name) for one in await macros(tx)),
        modules=tuple(await modules(tx)),
        seen=str(case.assigned_to or ""),
        form=form.typed,
        errors=form.errors,
        problem=form.problem,
        happened=history[0] if form.problem and history else None,
        unsent=form.typed.motivo or form.typed.explicacao if form.problem else "",
    )


async def cip_page(tx: Tx, *, case: CaseDetail, form: Form) -> CipPage:
    """The deadline as it would be, were the CIP issued now."""
    deadline = await deadline_for(tx, key="cip_answer", start_at=tx.now)
    return CipPage(
        case=case,
        subject=subject_title(case.subject),
        deadline=deadline,
        until=date_and_hour(deadline.due_at, ZoneInfo(tx.tenant.timezone)),
        form=form.typed,
        errors=form.errors,
    )


async def verify_page(tx: Tx, *, case: CaseDetail) -> VerifyPage:
    """Recompute the case's chain."""
    verdict = await verify_log(tx, case.id)
    last = ""
    if verdict.entries and not verdict.broken_at:
        last = (await entries(tx, case.id, internal=True))[-1].hash
    return VerifyPage(case.number, verdict, last, tx.now)


def acts_for(actor: Actor, case: CaseDetail) -> frozenset[str]:
    """Which acts to offer. The commands decide again, under the lock."""
    can = {"nota", "etiquetas"} if allowed(actor, "staff:note") else set()
    if allowed(actor, "staff:triage"):
        can.add("macro")
        if case.status not in ENDED:
            can |= {"assumir", "distribuir"}
        if case.status in BEFORE_ANSWER:
            can.add("fornecedor-email")
        if case.status in BEFORE_NOTICE:
            can.add("devolver")
        if case.status in BEFORE_NOTICE | {"returned"}:
            can.add("encaminhar")
        if case.status in ("triage", "returned"):
            can.add("corrigir-empresa")
    if allowed(actor, "staff:cip") and case.status in BEFORE_NOTICE:
        can.add("cip")
    return frozenset(can)


def facts_of(case: CaseDetail) -> tuple[Row, ...]:
    """What the consumer told, line by line; what was not told is not shown."""
    day = f"{case.happened_on:%d/%m/%Y}" if case.happened_on else ""
    channel = "No atendimento" if case.channel == "post" else "Pela internet"
    point = f" ({case.service_point})" if case.service_point else ""
    told = (
        ("Assunto", subject_title(case.subject)),
        ("Problema", problem_title(case.problem)),
        ("Quando aconteceu", day),
        ("Valor", "" if case.amount is None else format_brl(case.amount)),
        ("O que já tentou", case.tried),
        ("Protocolo do SAC", case.sac_protocol),
        ("O que o consumidor pede", case.wish),
        ("Como chegou", channel + point),
    )
    return tuple(Row(key, value) for key, value in told if value)


def next_of(case: CaseDetail, tz: str) -> Next:
    """What happens now, for the staff."""
    state = workflow_of(case.procedure).state(case.status)
    until = date_and_hour(case.due_at, ZoneInfo(tz)) if case.due_at and not state.ends else ""
    return Next(state.next_title, state.next_text, state.whose, until)


def _number(count: int) -> str:
    return f"{COUNTED} ou mais" if count > COUNTED else str(count)


def _lines(rows: Sequence[CaseRow], tx: Tx) -> tuple[Line, ...]:
    return tuple(_line(row, tx) for row in rows)


def _line(row: CaseRow, tx: Tx) -> Line:
    return Line(
        number=row.number,
        status=status_label(row.status, row.outcome),
        consumer=row.person_name,
        supplier=row.supplier_name,
        subject=subject_title(row.subject),
        badge=badge_of(row.due_at, row.status, now=tx.now, tz=tx.tenant.timezone),
        owner=row.assigned_name,
        created_at=row.created_at,
    )
