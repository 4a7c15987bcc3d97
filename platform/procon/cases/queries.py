"""Reads of cases, as hand-written SQL into Structs."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import msgspec
from msgspec import Struct

from procon.deadlines.compute import Deadline
from procon.tenancy.scope import Tx


class CaseRow(Struct, frozen=True):
    """A case as lists show it."""

    id: UUID
    number: str
    status: str
    outcome: str
    subject: str
    supplier_name: str
    person_name: str
    assigned_to: UUID | None
    assigned_name: str
    due_at: datetime | None
    created_at: datetime
    changed_at: datetime


class CaseDetail(Struct, frozen=True):
    """A whole case. `deadline` is the running one, or None."""

    id: UUID
    number: str
    status: str
    outcome: str
    subject: str
    problem: str
    channel: str
    service_point: str
    narrative: str
    happened_on: date | None
    amount: Decimal | None
    tried: str
    sac_protocol: str
    wish: str
    assigned_to: UUID | None
    assigned_name: str
    due_at: datetime | None
    created_at: datetime
    person_id: UUID
    person_name: str
    person_cpf: str
    person_email: str
    person_phone: str
    supplier_id: UUID
    supplier_name: str
    supplier_cnpj: str | None
    supplier_email: str
    deadline_json: str
    cip_round: int
    procedure: str = "standard/1"
    complaint_number: str = ""
    version: int = 1

    @property
    def deadline(self) -> Deadline | None:
        """The deadline that runs now, with its explanation."""
        return (
            msgspec.json.decode(self.deadline_json, type=Deadline) if self.deadline_json else None
        )


_LIST = """
SELECT c.id, c.number, c.status, c.outcome, c.subject, s.name, p.name, c.assigned_to,
       c.assigned_name, c.due_at, c.created_at, c.changed_at
FROM case_file c JOIN supplier s ON s.id = c.supplier_id JOIN person p ON p.id = c.person_id
"""

_DETAIL = """
SELECT c.id, c.number, c.status, c.outcome, c.subject, c.problem, c.channel, c.service_point,
       c.narrative, c.happened_on, c.amount, c.tried, c.sac_protocol, c.wish, c.assigned_to,
       c.assigned_name, c.due_at, c.created_at, p.id, p.name, p.cpf, p.email, p.phone, s.id,
       s.name, s.cnpj, s.email, c.deadline, c.cip_round, c.procedure, c.complaint_number, c.version
FROM case_file c JOIN supplier s ON s.id = c.supplier_id JOIN person p ON p.id = c.person_id
"""


async def case_search(
    tx: Tx, *, number: str = "", cpf: str = "", cnpj: str = "", limit: int = 50
) -> list[CaseRow]:
    """Cases by number, CPF or CNPJ (canonical), newest first."""
    rows = await tx.fetch(
        f"{_LIST} WHERE c.number = $1 OR p.cpf = $2 OR s.cnpj = $3"
        " ORDER BY c.created_at DESC LIMIT $4",
        number,
        cpf,
        cnpj,
        limit,
    )
    return [CaseRow(*row) for row in rows]


async def cases_of_person(tx: Tx, *, cpf: str | None, email: str | None) -> list[CaseRow]:
    """A consumer's cases, newest first: by CPF, or by verified e-mail when there is no CPF; also
    those of people they represent, and those in which they are a further party.
    """
    rows = await tx.fetch(
        f"{_LIST} WHERE c.person_id = ANY(ARRAY("
        "  SELECT q.id FROM person q WHERE q.cpf = $1 OR ($1::text IS NULL AND q.email = $2)"
        "  UNION SELECT r.person_id FROM representative r WHERE r.cpf = $1"
        "   AND r.ended_at IS NULL AND (r.expires_at IS NULL OR r.expires_at > $3)))"
        " OR c.id = ANY(ARRAY(SELECT x.case_id FROM case_party x"
        "  JOIN person q ON q.id = x.person_id WHERE q.cpf = $1 AND x.removed_at IS NULL))"
        " ORDER BY c.created_at DESC",
        cpf,
        email,
        tx.now,
    )
    return [CaseRow(*row) for row in rows]


async def cases_of_suppliers(tx: Tx, cnpjs: list[str]) -> list[CaseRow]:
    """Cases whose CIP was issued to one of these CNPJs, the nearest deadline first."""
    rows = await tx.fetch(
        f"{_LIST} WHERE s.cnpj = ANY($1) AND c.status NOT IN ('triage', 'returned', 'redirected')"
        " ORDER BY c.due_at NULLS LAST, c.created_at",
        cnpjs,
    )
    return [CaseRow(*row) for row in rows]


async def detail_by_number(tx: Tx, number: str) -> CaseDetail | None:
    """A case by its canonical number; only `access` may call this for a person."""
    row = await tx.fetchrow(f"{_DETAIL} WHERE c.number = $1", number)
    return CaseDetail(*row) if row else None


async def detail_by_id(tx: Tx, case_id: UUID) -> CaseDetail | None:
    """A case by id, for jobs and commands of other slices."""
    row = await tx.fetchrow(f"{_DETAIL} WHERE c.id = $1", case_id)
    return CaseDetail(*row) if row else None


async def number_by_key(tx: Tx, idempotency_key: str) -> tuple[UUID, str] | None:
    """Id and number of the case that was opened with this key, or None."""
    row = await tx.fetchrow(
        "SELECT id, number FROM case_file WHERE idempotency_key = $1", idempotency_key
    )
    return (row["id"], row["number"]) if row else None
