"""Drafts: the complaint as far as it is written."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from procon.auth.actor import Actor
from procon.cases.commands import similar_cases
from procon.cases.taxonomy import is_defect
from procon.intake.forms import (
    Answer,
    Company,
    Contact,
    Files,
    Matter,
    Told,
    Tried,
    When,
    Wish,
    Worth,
)
from procon.kernel.errors import NotFound
from procon.parties.queries import person_by_cpf, supplier_search
from procon.tenancy.scope import Tx

# Question → field of Answers, in the order in which they are asked.
STEPS: Mapping[str, str] = {
    "o-que-houve": "told",
    "empresa": "company",
    "assunto": "matter",
    "quando": "when",
    "valor": "worth",
    "tentativa": "tried",
    "pedido": "wish",
    "arquivos": "files",
    "contato": "contact",
}
CHECK = "conferir"
# From this day on the person must know of the limits of CDC art. 26 (30 and 90 days).
WARN_AFTER_DAYS = 20


class Answers(Struct, frozen=True, forbid_unknown_fields=True):
    """What was answered so far; None: not yet."""

    told: Told | None = None
    company: Company | None = None
    matter: Matter | None = None
    when: When | None = None
    worth: Worth | None = None
    tried: Tried | None = None
    wish: Wish | None = None
    files: Files | None = None
    contact: Contact | None = None

    def of(self, step: str) -> Answer | None:
        """The answer to a question of STEPS."""
        answer: Answer | None = getattr(self, STEPS[step])
        return answer


class Draft(Struct, frozen=True):
    """An unsent complaint, or one that became the case `case_id`."""

    id: UUID
    answers: Answers
    created_at: datetime
    expires_at: datetime
    case_id: UUID | None


def token_hash(token: str) -> bytes:
    """What is stored of a draft's token."""
    return hashlib.sha256(token.encode()).digest()


def next_step(answers: Answers) -> str:
    """The first question without an answer, or "conferir"."""
    return next((step for step in STEPS if answers.of(step) is None), CHECK)


async def draft_by_token(tx: Tx, token: str, *, lock: bool = False) -> Draft:
    """The draft that this token opens.

    Args:
        lock: keep others from changing it until the transaction ends.

    Raises:
        NotFound: unknown, thrown away or expired.
    """
    row = await tx.fetchrow(
        "SELECT id, answers, created_at, expires_at, case_id FROM draft WHERE token_hash = $1"
        + (" FOR UPDATE" if lock else ""),
        token_hash(token),
    )
    if row is None or row["expires_at"] <= tx.now:
        raise NotFound("Este rascunho não existe mais.", code="draft-gone")
    answers = msgspec.json.decode(row["answers"], type=Answers)
    return Draft(row["id"], answers, row["created_at"], row["expires_at"], row["case_id"])


async def earlier_cases(tx: Tx, *, actor: Actor, answers: Answers) -> list[str]:
    """Numbers of the signed-in person's recent cases about the same thing.

    Only for who has proved to be that person: a typed CPF must not reveal another's cases.
    """
    cpf = actor.cpf or (answers.contact.cpf if answers.contact else "")
    if actor.kind != "citizen" or not cpf or answers.company is None or answers.matter is None:
        return []
    person = await person_by_cpf(tx, cpf)
    if person is None or (actor.cpf is None and person.email != actor.email):
        return []
    supplier_id = answers.company.supplier_id
    if supplier_id is None and answers.company.cnpj:
        known = await supplier_search(tx, answers.company.cnpj)
        supplier_id = known[0].id if known else None
    if supplier_id is None:
        return []
    return await similar_cases(
        tx, person_id=person.id, supplier_id=supplier_id, subject=answers.matter.subject
    )


def today_in(tx: Tx) -> date:
    """The city's calendar day."""
    return tx.now.astimezone(ZoneInfo(tx.tenant.timezone)).date()


def limit_is_near(answers: Answers, today: date) -> bool:
    """Whether to warn of CDC art. 26: a defect that showed more than 20 days ago."""
    if answers.when is None or answers.matter is None:
        return False
    return old_defect(answers.when.happened_on, answers.matter.problem, today)


def old_defect(happened_on: date | None, problem: str, today: date) -> bool:
    """Whether `problem` is a defect that showed more than 20 days before `today`."""
    if happened_on is None:
        return False
    return (today - happened_on).days > WARN_AFTER_DAYS and is_defect(problem)
