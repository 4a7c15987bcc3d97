"""What the wizard shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from procon.auth.actor import Actor
from procon.cases.queries import CaseDetail
from procon.cases.taxonomy import (
    GROUPS,
    PROBLEMS,
    SUBJECTS,
    area_title,
    problem_title,
    search_subjects,
    subject_title,
)
from procon.deadlines.queries import deadline_for
from procon.evidence.pages import UploadBox
from procon.evidence.queries import Owner, files_of_owner
from procon.intake.forms import NARRATIVE_MAX, OTHER_COMPANY, TEXT_MAX, phone_text
from procon.intake.queries import (
    CHECK,
    STEPS,
    Answers,
    Draft,
    earlier_cases,
    limit_is_near,
    next_step,
    today_in,
)
from procon.kernel.documents import BadDocument, format_cnpj, format_cpf, mask_cpf, parse_cnpj
from procon.kernel.money import format_brl
from procon.parties.queries import SupplierRow, supplier_search
from procon.portal.render import keep_lines, long_date
from procon.portal.shell import Option, Row
from procon.tenancy.scope import Tx

LABELS: Mapping[str, str] = {
    "o-que-houve": "O que aconteceu",
    "empresa": "Empresa",
    "assunto": "Assunto e problema",
    "quando": "Quando aconteceu",
    "valor": "Valor envolvido",
    "tentativa": "Conversa com a empresa",
    "pedido": "O que você quer",
    "arquivos": "Fotos e documentos",
    "contato": "Seus dados",
}
TOTAL = len(STEPS) + 1


class StartPage(Struct, frozen=True, forbid_unknown_fields=True):
    """The way in. `resume` is where an unfinished draft of this browser goes on, or ""."""

    resume: str = ""
    problem: str = ""
    errors: Mapping[str, str] = {}


class StepPage(Struct, frozen=True, forbid_unknown_fields=True):
    """One question. `form` holds the fields as typed; `problem` why they could not be kept."""

    step: str
    number: int
    label: str
    back: str
    resume: str
    form: Mapping[str, str]
    errors: Mapping[str, str] = {}
    problem: str = ""
    query: str = ""
    searched: bool = False
    companies: tuple[Option, ...] = ()
    subjects: tuple[Option, ...] = ()
    problems: tuple[Option, ...] = ()
    limit_is_near: bool = False
    upload: UploadBox | None = None
    total: int = TOTAL
    narrative_max: int = NARRATIVE_MAX
    text_max: int = TEXT_MAX


class CheckPage(Struct, frozen=True, forbid_unknown_fields=True):
    """All answers before they are sent. `sender` says as whom, "" when nobody is signed in."""

    rows: tuple[Row, ...]
    resume: str
    earlier: tuple[str, ...]
    limit_is_near: bool
    sender: str
    refusal: str = ""
    number: int = TOTAL
    total: int = TOTAL
    errors: Mapping[str, str] = {}


class ResumePage(Struct, frozen=True, forbid_unknown_fields=True):
    """A draft found by its link, before it is opened."""

    action: str
    company: str
    changed_until: datetime


class GonePage(Struct, frozen=True, forbid_unknown_fields=True):
    """No such draft any more. `kept`: we could not look, so nothing is lost."""

    kept: bool = False


class ReceiptPage(Struct, frozen=True, forbid_unknown_fields=True):
    """The number and what happens next."""

    number: str
    company: str
    email: str
    filed_at: datetime
    result_until: datetime


async def step_page(
    tx: Tx | None,
    *,
    step: str,
    answers: Answers,
    actor: Actor,
    resume: str,
    form: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    query: str | None = None,
    problem: str = "",
    upload: UploadBox | None = None,
) -> StepPage:
    """A question with its answer so far.

    Args:
        tx: None when the database does not answer: what was typed is shown all the same.
        form: what was typed just now; else what is kept.
        query: words to search companies or subjects by; None when nothing was searched.
    """
    kept = answers.of(step)
    fields = form if form is not None else kept.shown() if kept else _prefilled(step, actor)
    words = query if query is not None else _first_words(step, answers, fields)
    near = step == "tentativa" and tx is not None and limit_is_near(answers, today_in(tx))
    found = await supplier_search(tx, words) if tx and step == "empresa" and words else []
    if step == "empresa" and words and form is None and not found:
        # Only then: a name filled in beside a list would be taken for an answer.
        fields = typed_company(words)
    return StepPage(
        step=step,
        number=list(STEPS).index(step) + 1,
        label=LABELS[step],
        back=_before(step),
        resume=resume,
        form=fields,
        errors=errors or {},
        problem=problem,
        query=words,
        searched=bool(words),
        companies=company_options(found, fields) if step == "empresa" else (),
        subjects=subject_options(words, fields) if step == "assunto" else (),
        problems=problem_options() if step == "assunto" else (),
        limit_is_near=near,
        upload=upload,
    )


async def check_page(
    tx: Tx, *, draft: Draft, actor: Actor, resume: str, refusal: str = ""
) -> CheckPage:
    """Everything answered, with ways to change it, duplicates and the limits of CDC art. 26."""
    return CheckPage(
        rows=answer_rows(draft.answers, actor, await _files_text(tx, draft)),
        resume=resume,
        earlier=tuple(await earlier_cases(tx, actor=actor, answers=draft.answers)),
        limit_is_near=limit_is_near(draft.answers, today_in(tx)),
        sender=(actor.name or actor.email or "") if actor.kind == "citizen" else "",
        refusal=refusal,
    )


async def receipt_page(tx: Tx, case: CaseDetail) -> ReceiptPage:
    """What the consumer keeps; the result's date comes from the city's own deadline."""
    result = await deadline_for(tx, key="result_message", start_at=case.created_at)
    return ReceiptPage(
        number=case.number,
        company=case.supplier_name,
        email=case.person_email,
        filed_at=case.created_at,
        result_until=result.due_at,
    )


def answer_rows(answers: Answers, actor: Actor, files: str) -> tuple[Row, ...]:
    """The answers as people read them, each with the address where it is changed.

    Args:
        files: what to say of the files.
    """
    told, company, matter, when = answers.told, answers.company, answers.matter, answers.when
    worth, tried, wish, who = answers.worth, answers.tried, answers.wish, answers.contact
    if not (told and company and matter and when and worth and tried and wish and who):
        raise ValueError(f"not answered: {next_step(answers)}")
    cnpj = f" (CNPJ {format_cnpj(company.cnpj)})" if company.cnpj else ""
    texts = {
        "o-que-houve": told.narrative,
        "empresa": company.name + cnpj,
        "assunto": f"{subject_title(matter.subject)}\n{problem_title(matter.problem)}",
        "quando": long_date(when.happened_on) if when.happened_on else "Não lembro a data",
        "valor": "Não informado" if worth.amount is None else format_brl(worth.amount),
        "tentativa": _tried_text(tried.contacted, tried.text, tried.protocol),
        "pedido": wish.text,
        "arquivos": files,
        "contato": _contact_text(answers, actor),
    }
    return tuple(
        Row(LABELS[step], keep_lines(text), f"/reclamar/{step}") for step, text in texts.items()
    )


def company_options(found: Sequence[SupplierRow], form: Mapping[str, str]) -> tuple[Option, ...]:
    """Companies to choose from, the one already chosen among them, and "not in the list"."""
    options = [
        Option(
            str(row.id),
            row.trade_name or row.name,
            ", ".join(
                part
                for part in (
                    row.name if row.trade_name else "",
                    f"CNPJ {format_cnpj(row.cnpj)}" if row.cnpj else "CNPJ não informado",
                )
                if part
            ),
        )
        for row in found
    ]
    chosen = form.get("empresa", "")
    if chosen not in {"", OTHER_COMPANY} and chosen not in {one.value for one in options}:
        name = form.get("empresa_nome", "") or "A empresa que você escolheu"
        options.insert(0, Option(chosen, name, "Escolhida antes"))
    if options:
        options.append(Option(OTHER_COMPANY, "Não está na lista"))
    return tuple(options)


def subject_options(words: str, form: Mapping[str, str]) -> tuple[Option, ...]:
    """Subjects for these words; all of them when no word fits. The chosen one stays."""
    found = search_subjects(words)
    chosen = form.get("assunto", "")
    known = {one.code for one in found}
    kept = [one for one in SUBJECTS if one.code == chosen and chosen not in known]
    return tuple(
        Option(one.code, one.title, area_title(one.code)) for one in [*kept, *found] or SUBJECTS
    )


def all_subject_options() -> tuple[Option, ...]:
    """Every subject with its area, for a select."""
    return (
        Option("", "Escolha"),
        *(Option(one.code, f"{area_title(one.code)}: {one.title}") for one in SUBJECTS),
    )


def problem_options() -> tuple[Option, ...]:
    """Every problem with its group, for a select."""
    titles = {group.code: group.title for group in GROUPS}
    return (
        Option("", "Escolha"),
        *(Option(one.code, f"{titles[one.group]}: {one.title}") for one in PROBLEMS),
    )


def _prefilled(step: str, actor: Actor) -> dict[str, str]:
    if step != "contato" or actor.kind != "citizen":
        return {}
    cpf = format_cpf(actor.cpf) if actor.cpf else ""
    return {"nome": actor.name, "cpf": cpf, "email": actor.email or ""}


def _first_words(step: str, answers: Answers, form: Mapping[str, str]) -> str:
    """The story itself suggests the subject."""
    if step == "assunto" and answers.told is not None and not form.get("assunto"):
        return answers.told.narrative
    return ""


def _before(step: str) -> str:
    steps = list(STEPS)
    place = steps.index(step)
    return f"/reclamar/{steps[place - 1]}" if place else "/reclamar"


def _tried_text(contacted: bool, text: str, protocol: str) -> str:
    first = text if contacted else "Ainda não falei com a empresa"
    return f"{first}\nProtocolo: {protocol}" if protocol else first


async def _files_text(tx: Tx, draft: Draft) -> str:
    """Names of the files; one that has not arrived whole would stay behind, so say it."""
    files = await files_of_owner(tx, Owner("draft", draft.id))
    unfinished = {
        "sending": " (o envio não terminou: este não vai junto)",
        "refused": " (não foi aceito: este não vai junto)",
    }
    lines = [file.name + unfinished.get(file.state, "") for file in files]
    return "\n".join(lines) or "Nenhum arquivo"


def _contact_text(answers: Answers, actor: Actor) -> str:
    """gov.br knows better than the keyboard who this is; so does a verified e-mail address."""
    assert answers.contact is not None  # noqa: S101  # answer_rows has looked
    name, cpf = answers.contact.name, answers.contact.cpf
    email = answers.contact.email
    if actor.kind == "citizen" and actor.cpf is not None:
        name, cpf = actor.name or name, actor.cpf
    elif actor.kind == "citizen":
        email = actor.email or email
    lines = [name, f"CPF {mask_cpf(cpf)}", email, phone_text(answers.contact.phone)]
    return "\n".join(line for line in lines if line)


def typed_company(words: str) -> dict[str, str]:
    """What was searched for, carried over into the fields of a company not in the list."""
    try:
        return {"empresa_cnpj": format_cnpj(parse_cnpj(words))}
    except BadDocument:
        return {"empresa_nome": words}


def place_of(answers: Answers) -> str:
    """Address of the question to be answered now."""
    step = next_step(answers)
    return f"/reclamar/{step}" if step != CHECK else f"/reclamar/{CHECK}"
