"""What each letter says of a case, taken from its log and its rows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from procon.answers.queries import AnswerRow
from procon.cases.log import Entry
from procon.cases.queries import CaseDetail
from procon.cases.taxonomy import area_title, problem_title, subject_title
from procon.deadlines.rules import UNIT_NAMES, rules_for
from procon.evidence.content import TYPES
from procon.evidence.queries import StoredFile, fingerprint
from procon.ext.events import AnswerSubmitted, CaseCompleted, CaseOpened, CipIssued
from procon.kernel.documents import format_cnpj, mask_cpf
from procon.kernel.money import format_brl
from procon.letters.models import (
    AnswerReceipt,
    Cip,
    CounterReceipt,
    FileItem,
    FilingReceipt,
    LetterDeadline,
    Step,
)
from procon.tenancy.manifest import Tenant

PAPERS_MOST = 12
_PAPER_LENGTH = 80


class Matter(Struct, frozen=True):
    """A case at the moment of one act. `url`: absolute address of a path on the city's host."""

    tenant: Tenant
    case: CaseDetail
    log: list[Entry]
    entry: Entry
    files: list[StoredFile]
    url: Callable[[str], str]

    @property
    def before(self) -> list[Entry]:
        """The acts that came before this one."""
        return [entry for entry in self.log if entry.act.seq < self.entry.act.seq]


def files_of(matter: Matter, answer: AnswerRow | None) -> list[StoredFile]:
    """The files that belong on the act's letter: those sent with it, or before it for a CIP."""
    if answer is not None:
        return [file for file in matter.files if file.attached_to == answer.id]
    return [
        file
        for file in matter.files
        if file.owner_kind != "answer"
        and file.attached_at is not None
        and file.attached_at <= matter.entry.act.at
    ]


def filing_receipt(matter: Matter) -> FilingReceipt:
    """What was filed online."""
    case = matter.case
    return FilingReceipt(
        case_number=case.number,
        filed_at=case.created_at,
        consumer_name=case.person_name,
        consumer_cpf=_masked(case),
        supplier_name=case.supplier_name,
        subject=_subject(case),
        amount=_amount(case),
        channel="pela internet",
        facts=_told(matter, ()),
        request=case.wish,
        follow_url=matter.url(f"/processos/{case.number}"),
        files=tuple(file_item(file) for file in files_of(matter, None)),
        steps=_steps(matter.tenant),
    )


def counter_receipt(matter: Matter, opened: CaseOpened) -> CounterReceipt:
    """What was filed at a service point, on one page."""
    case = matter.case
    return CounterReceipt(
        case_number=case.number,
        filed_at=case.created_at,
        consumer_name=case.person_name,
        consumer_cpf=_masked(case),
        supplier_name=case.supplier_name,
        subject=_subject(case),
        service_point=opened.service_point,
        attendant=matter.entry.act.actor_name,
        find_url=matter.url(f"/processos/{case.number}"),
        papers=_papers([file.name for file in files_of(matter, None)]),
        steps=_steps(matter.tenant),
    )


def cip(matter: Matter, issued: CipIssued) -> Cip:
    """The CIP as it was issued: deadline and supplier as the act says, whatever came later."""
    case, cnpj = matter.case, matter.case.supplier_cnpj
    added = [entry for entry in matter.before if isinstance(entry.act.event, CaseCompleted)]
    return Cip(
        case_number=case.number,
        supplier_name=issued.supplier_name,
        supplier_cnpj=format_cnpj(cnpj) if cnpj else "",
        supplier_contact=case.supplier_email,
        consumer_name=case.person_name,
        consumer_cpf=_masked(case),
        subject=_subject(case),
        amount=_amount(case),
        filed_at=case.created_at,
        facts=_told(matter, added),
        request=case.wish,
        deadline=LetterDeadline(issued.due_at, issued.explanation, issued.legal_basis),
        answer_url=matter.url("/fornecedor"),
        issued_by=matter.entry.act.actor_name,
        files=tuple(file_item(file) for file in files_of(matter, None)),
    )


def answer_receipt(matter: Matter, submitted: AnswerSubmitted, answer: AnswerRow) -> AnswerReceipt:
    """What the supplier sent and when, against the deadline of the CIP that it answers.

    Raises:
        LookupError: the log has no CIP before the answer.
    """
    case, cnpj = matter.case, matter.case.supplier_cnpj
    due = [e.act.event.due_at for e in matter.before if isinstance(e.act.event, CipIssued)]
    if not due:
        raise LookupError("an answer without a CIP before it")
    return AnswerReceipt(
        case_number=case.number,
        answered_at=answer.submitted_at,
        supplier_name=case.supplier_name,
        supplier_cnpj=format_cnpj(cnpj) if cnpj else "",
        answered_by=answer.author,
        kind="Resposta à Carta de Informações Preliminares",
        channel="pela área do fornecedor",
        text_sha256=hashlib.sha256(answer.text.encode()).hexdigest(),
        text_length=len(answer.text),
        answer_sha256=submitted.sha256,
        due_at=due[-1],
        late=submitted.late,
        log_hash=matter.entry.hash,
        files=tuple(file_item(file) for file in files_of(matter, answer)),
    )


def file_item(file: StoredFile) -> FileItem:
    """A file as a letter lists it. While its check goes on, only its parts have a hash."""
    whole = bool(file.sha256)
    return FileItem(
        name=file.name if whole else f"{file.name} (em conferência: resumo das partes)",
        kind=TYPES[file.media_type][0] if file.media_type in TYPES else "Arquivo",
        size=file.declared_size if file.size is None else file.size,
        sha256=fingerprint(file).removeprefix("partes:"),
    )


def _told(matter: Matter, added: Iterable[Entry]) -> str:
    """The consumer's account, with the answers to the form's questions and what came later."""
    case, zone = matter.case, ZoneInfo(matter.tenant.timezone)
    parts = [case.narrative]
    if case.happened_on is not None:
        parts.append(f"Quando aconteceu: {case.happened_on:%d/%m/%Y}.")
    if case.tried:
        parts.append(f"O que já foi tentado com a empresa: {case.tried}")
    if case.sac_protocol:
        parts.append(f"Protocolo do atendimento da empresa: {case.sac_protocol}")
    for entry in added:
        event = entry.act.event
        if isinstance(event, CaseCompleted):
            parts.append(f"Complemento de {_day(entry.act.at, zone)}: {event.text}")
    return "\n\n".join(parts)


def _day(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%d/%m/%Y}"


def _masked(case: CaseDetail) -> str:
    return mask_cpf(case.person_cpf) if case.person_cpf else ""


def _subject(case: CaseDetail) -> str:
    """ "Produtos › Eletrodoméstico › Não entrega"; a part that says nothing new is left out."""
    titles = (area_title(case.subject), subject_title(case.subject), problem_title(case.problem))
    return " › ".join(dict.fromkeys(title for title in titles if title))


def _amount(case: CaseDetail) -> str:
    return "" if case.amount is None else format_brl(case.amount)


def _papers(names: list[str]) -> tuple[str, ...]:
    """As many names as the one page holds; the last line counts the rest."""
    short = [n if len(n) <= _PAPER_LENGTH else f"{n[: _PAPER_LENGTH - 1]}…" for n in names]
    if len(short) <= PAPERS_MOST:
        return tuple(short)
    rest = len(short) - PAPERS_MOST + 1
    return (*short[: PAPERS_MOST - 1], f"e mais {rest} arquivos")


def _steps(tenant: Tenant) -> tuple[Step, ...]:
    return (
        Step("A equipe do Procon lê a sua reclamação. Se faltar algo, avisamos você."),
        Step(
            "Se estiver tudo certo, mandamos à empresa a Carta de Informações Preliminares (CIP).",
            f"a empresa tem {_span(tenant, 'cip_answer')} para responder",
        ),
        Step(
            "Você lê a resposta e diz se o problema foi resolvido.",
            f"você tem {_span(tenant, 'consumer_rating')} para avaliar",
        ),
    )


def _span(tenant: Tenant, key: str) -> str:
    rule = rules_for(tenant)[key]
    return f"{rule.amount} {UNIT_NAMES[rule.unit]}"
