"""Writing a draft, and turning it, or what was said at the counter, into a case."""

from __future__ import annotations

import secrets
from datetime import timedelta
from uuid import UUID

import msgspec
from msgspec import Struct

from procon.auth.actor import Actor
from procon.auth.oidc import require_level
from procon.cases.commands import Complaint, Opened, open_case
from procon.cases.queries import detail_by_id, number_by_key
from procon.evidence.commands import Owner, attach
from procon.intake.forms import Answer, Company, Contact
from procon.intake.queries import CHECK, STEPS, Answers, draft_by_token, next_step, token_hash
from procon.kernel.errors import Conflict, Forbidden, Invalid, LoginNeeded
from procon.kernel.ids import new_id
from procon.parties.commands import register_person, register_supplier
from procon.parties.queries import person_by_cpf, supplier_by_id
from procon.tenancy.scope import Tx

# Counted from the start and never prolonged, so that no file of a living draft is cleaned away.
DRAFT_LIFE = timedelta(days=30)


class Filed(Struct, frozen=True):
    """The case that a draft became. `new` is False when it had been sent before."""

    number: str
    new: bool


async def start_draft(tx: Tx) -> str:
    """An empty draft; returns the token that opens it, which is not stored."""
    token = secrets.token_urlsafe(32)
    await tx.execute(
        "INSERT INTO draft (id, token_hash, answers, created_at, changed_at, expires_at)"
        " VALUES ($1, $2, '{}', $3, $3, $4)",
        new_id(),
        token_hash(token),
        tx.now,
        tx.now + DRAFT_LIFE,
    )
    return token


async def save_answer(tx: Tx, *, token: str, step: str, answer: Answer) -> Answers:
    """Keep one answer.

    Raises:
        NotFound: no such draft.
        Conflict: it was already sent.
        Invalid: the chosen company is not in this city's list.
    """
    draft = await draft_by_token(tx, token, lock=True)
    if draft.case_id is not None:
        raise Conflict("Esta reclamação já foi enviada.", code="draft-sent")
    if isinstance(answer, Company):
        answer = await _known_company(tx, answer)
    answers = msgspec.structs.replace(draft.answers, **{STEPS[step]: answer})
    await tx.execute(
        "UPDATE draft SET answers = $2, changed_at = $3 WHERE id = $1",
        draft.id,
        msgspec.json.encode(answers).decode(),
        tx.now,
    )
    return answers


async def discard_draft(tx: Tx, *, token: str) -> None:
    """Throw away what was written, unless it became a case."""
    await tx.execute(
        "DELETE FROM draft WHERE token_hash = $1 AND case_id IS NULL", token_hash(token)
    )


async def remove_expired_drafts(tx: Tx) -> int:
    """Throw away drafts past their date (Lei 13.709/2018 art. 15: no longer needed).

    Returns:
        How many there were.
    """
    tag = await tx.execute("DELETE FROM draft WHERE expires_at <= $1 AND case_id IS NULL", tx.now)
    return int(tag.split()[-1])


async def file_draft(tx: Tx, *, actor: Actor, token: str) -> Filed:
    """Send the draft. Sent twice, it is still one case with one number.

    Raises:
        LoginNeeded: nobody is signed in.
        Forbidden: not a consumer, a gov.br level below the city's, or somebody else's CPF.
        Invalid: a question has no answer; `fields` names the step.
        NotFound: no such draft.
    """
    require_consumer(tx, actor)
    draft = await draft_by_token(tx, token, lock=True)
    if draft.case_id is not None:
        case = await detail_by_id(tx, draft.case_id)
        if case is None:
            raise Conflict
        return Filed(number=case.number, new=False)
    missing = next_step(draft.answers)
    if missing != CHECK:
        raise Invalid({missing: "Falta responder a esta pergunta."})
    answers = draft.answers
    assert answers.contact is not None  # noqa: S101  # next_step has just said so
    contact = await proven_contact(tx, actor=actor, typed=answers.contact)
    opened = await open_from_answers(
        tx,
        actor=actor,
        answers=msgspec.structs.replace(answers, contact=contact),
        channel_post="",
        idempotency_key=f"draft/{draft.id}",
    )
    await attach(tx, actor=actor, owner=Owner("draft", draft.id), case_id=opened.id)
    # What was sent lives in the case from now on; a second copy would outlive its purpose.
    await tx.execute(
        "UPDATE draft SET case_id = $2, answers = '{}', changed_at = $3 WHERE id = $1",
        draft.id,
        opened.id,
        tx.now,
    )
    return Filed(number=opened.number, new=opened.new)


async def open_from_answers(
    tx: Tx, *, actor: Actor, answers: Answers, channel_post: str, idempotency_key: str
) -> Opened:
    """Register person, company and case from complete answers.

    Args:
        channel_post: name of the service point, or "" for a complaint sent online.

    Raises:
        Invalid: an answer is missing.
    """
    told, company, matter, when = answers.told, answers.company, answers.matter, answers.when
    worth, tried, wish, who = answers.worth, answers.tried, answers.wish, answers.contact
    if not (told and company and matter and when and worth and tried and wish and who):
        raise Invalid({next_step(answers): "Falta responder a esta pergunta."})
    # One at a time for each key: a company without CNPJ must not be registered twice.
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", idempotency_key)
    if known := await number_by_key(tx, idempotency_key):
        return Opened(id=known[0], number=known[1], new=False)
    person_id = await register_person(
        tx, cpf=who.cpf, name=who.name, email=who.email, phone=who.phone
    )
    return await open_case(
        tx,
        actor=actor,
        complaint=Complaint(
            subject=matter.subject,
            problem=matter.problem,
            narrative=told.narrative,
            happened_on=when.happened_on,
            amount=worth.amount,
            tried=tried.text,
            sac_protocol=tried.protocol,
            wish=wish.text,
        ),
        person_id=person_id,
        supplier_id=await _supplier(tx, company),
        channel="post" if channel_post else "online",
        idempotency_key=idempotency_key,
        service_point=channel_post,
    )


def require_consumer(tx: Tx, actor: Actor) -> None:
    """Let through a consumer whom this city's rule lets file.

    The e-mail code has no gov.br level; a city that asks for no more than the lowest accepts it.
    """
    if actor.kind == "anonymous":
        raise LoginNeeded("Entre na sua conta para enviar a reclamação.")
    if actor.kind != "citizen":
        raise Forbidden(
            "A reclamação é enviada pela conta do consumidor. Saia desta conta e entre com a sua; "
            "o que você escreveu continua guardado."
        )
    if actor.cpf is None and tx.tenant.levels.complaint in {"", "bronze"}:
        return
    require_level(actor, tx.tenant.levels.complaint)


async def proven_contact(tx: Tx, *, actor: Actor, typed: Contact) -> Contact:
    """The contact as far as the sign-in proves it: gov.br proves CPF and name, a code the e-mail.

    Raises:
        Forbidden: signed in by e-mail code with a CPF that is registered under another address.
            Whoever could file there would take that person's cases over.
    """
    if actor.cpf is not None:
        return Contact(
            name=actor.name or typed.name, cpf=actor.cpf, email=typed.email, phone=typed.phone
        )
    known = await person_by_cpf(tx, typed.cpf)
    if known is not None and known.email != actor.email:
        raise Forbidden(
            "Só com o código por e-mail não dá para confirmar que este CPF é seu. Entre com a sua "
            "conta gov.br ou procure um posto de atendimento. O que você escreveu continua "
            "guardado.",
            code="cpf-not-proven",
        )
    return Contact(name=typed.name, cpf=typed.cpf, email=actor.email or "", phone=typed.phone)


async def _known_company(tx: Tx, company: Company) -> Company:
    """With the name as registered, so that the pages can show it."""
    if company.supplier_id is None:
        return company
    row = await supplier_by_id(tx, company.supplier_id)
    if row is None:
        raise Invalid({"empresa": "Escolha uma das empresas da lista."})
    return Company(supplier_id=row.id, name=row.trade_name or row.name, cnpj=row.cnpj)


async def _supplier(tx: Tx, company: Company) -> UUID:
    known = await _known_company(tx, company)
    if known.supplier_id is not None:
        return known.supplier_id
    return await register_supplier(tx, name=company.name, cnpj=company.cnpj)
