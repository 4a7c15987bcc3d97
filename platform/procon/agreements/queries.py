"""Reads of proposals, agreements and what was said about each instalment."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from msgspec import Struct, structs

from procon.agreements.schedule import Instalment
from procon.cases.standard import STANDARD
from procon.cases.standard.states import ENDED
from procon.tenancy.scope import Tx

PartySide = Literal["consumer", "supplier"]
PAGE_SIZE = 50


class ProposalRow(Struct, frozen=True):
    """A proposal with its dates. `made_by`: the side; `author`: the person or company."""

    id: UUID
    case_id: UUID
    made_by: PartySide
    author: str
    kind: str
    text: str
    total: Decimal | None
    valid_until: datetime
    answers: UUID | None
    sha256: str
    made_at: datetime
    status: Literal["open", "accepted", "refused", "countered", "expired", "withdrawn"]
    answered_by: str
    answered_at: datetime | None
    answer_text: str
    instalments: tuple[Instalment, ...] = ()


class Report(Struct, frozen=True):
    """What somebody said of an instalment; files of it are attached to `id`."""

    id: UUID
    instalment_id: UUID
    side: Literal["consumer", "supplier", "staff", "system"]
    kept: bool
    text: str
    author: str
    sha256: str
    reported_at: datetime


class InstalmentRow(Struct, frozen=True):
    """One date of an agreement, with what was said of it, oldest first."""

    id: UUID
    agreement_id: UUID
    n: int
    due_on: date
    amount: Decimal
    what: str
    status: Literal["open", "late", "paid", "broken"]
    asked_at: datetime | None
    check_due_at: datetime | None
    reports: tuple[Report, ...] = ()

    @property
    def plain(self) -> Instalment:
        """As it was agreed."""
        return Instalment(self.due_on, self.amount, self.what)

    @property
    def proven(self) -> bool:
        """The company says that it kept it."""
        return any(one.side == "supplier" and one.kept for one in self.reports)

    @property
    def disputed(self) -> bool:
        """The company says yes, the consumer says no: the staff decide."""
        return self.status == "late" and self.proven


class AgreementRow(Struct, frozen=True):
    """An agreement with its dates."""

    id: UUID
    case_id: UUID
    source: Literal["proposal", "hearing"]
    text: str
    total: Decimal | None
    agreed_at: datetime
    status: Literal["running", "fulfilled", "broken"]
    ended_at: datetime | None
    ended_text: str
    instalments: tuple[InstalmentRow, ...] = ()

    @property
    def next(self) -> InstalmentRow | None:
        """The first date that is not settled."""
        return next((one for one in self.instalments if one.status in {"open", "late"}), None)


class AgreementLine(Struct, frozen=True):
    """A running agreement in the staff's list. `due_on`: its first date that is not settled.

    `late` and `disputed` count dates; `waiting` those that fell due and of which nobody has said
    enough.
    """

    number: str
    person_name: str
    supplier_name: str
    total: Decimal | None
    dates: int
    paid: int
    late: int
    disputed: int
    waiting: int
    due_on: date | None


class Overdue(Struct, frozen=True):
    """A date of an agreement that the follow-up has to look at."""

    id: UUID
    case_id: UUID
    due_on: date
    amount: Decimal
    what: str

    @property
    def plain(self) -> Instalment:
        """As it was agreed."""
        return Instalment(self.due_on, self.amount, self.what)


_PROPOSAL = """
SELECT id, case_id, made_by, author, kind, text, total, valid_until, answers, sha256, made_at,
       status, answered_by, answered_at, answer_text
FROM proposal
"""
_AGREEMENT = """
SELECT id, case_id, source, text, total, agreed_at, status, ended_at, ended_text FROM agreement
"""
_INSTALMENT = """
SELECT id, agreement_id, n, due_on, amount, what, status, asked_at, check_due_at
FROM agreement_instalment
"""
_LINES = """
WITH proven AS (
    SELECT DISTINCT r.instalment_id AS id FROM instalment_report r
    JOIN agreement_instalment i ON i.id = r.instalment_id
    JOIN agreement a ON a.id = i.agreement_id
    WHERE a.status = 'running' AND r.side = 'supplier' AND r.kept
), counted AS (
    SELECT i.agreement_id, count(*) AS dates, count(*) FILTER (WHERE i.status = 'paid') AS paid,
           count(*) FILTER (WHERE i.status = 'late') AS late,
           count(*) FILTER (WHERE i.status = 'late' AND p.id IS NOT NULL) AS disputed,
           count(*) FILTER (WHERE i.status = 'open' AND i.due_on < $1) AS waiting,
           min(i.due_on) FILTER (WHERE i.status IN ('open', 'late')) AS due_on
    FROM agreement_instalment i JOIN agreement a ON a.id = i.agreement_id
    JOIN case_file c ON c.id = a.case_id LEFT JOIN proven p ON p.id = i.id
    WHERE a.status = 'running' AND c.status <> ALL($2::text[]) GROUP BY i.agreement_id
)
SELECT c.number, pe.name, s.name, a.total, n.dates, n.paid, n.late, n.disputed, n.waiting, n.due_on
FROM counted n JOIN agreement a ON a.id = n.agreement_id JOIN case_file c ON c.id = a.case_id
JOIN person pe ON pe.id = c.person_id JOIN supplier s ON s.id = c.supplier_id
"""
# Dates of running agreements in cases that have not ended.
_OVERDUE = """
SELECT i.id, a.case_id, i.due_on, i.amount, i.what
FROM agreement_instalment i JOIN agreement a ON a.id = i.agreement_id
JOIN case_file c ON c.id = a.case_id
WHERE a.status = 'running' AND c.status <> ALL($2::text[])
"""
AT_ONCE = 200
# The staff's lists: what has to be decided, what is behind, everything that runs.
LISTS = {
    "decidir": "n.disputed > 0",
    "atrasados": "n.late > 0 OR n.waiting > 0",
    "todos": "TRUE",
}


async def proposals_of_case(tx: Tx, case_id: UUID) -> list[ProposalRow]:
    """Every proposal of a case, oldest first. Two queries."""
    rows = await tx.fetch(f"{_PROPOSAL} WHERE case_id = $1 ORDER BY made_at, id", case_id)
    dates = await _dates_of(tx, [row["id"] for row in rows]) if rows else {}
    return [
        structs.replace(ProposalRow(*row), instalments=tuple(dates.get(row["id"], ())))
        for row in rows
    ]


async def proposal_by_id(tx: Tx, proposal_id: UUID, *, lock: bool = False) -> ProposalRow | None:
    """One proposal, for commands and jobs."""
    row = await tx.fetchrow(
        f"{_PROPOSAL} WHERE id = $1{' FOR UPDATE' if lock else ''}", proposal_id
    )
    if row is None:
        return None
    dates = await _dates_of(tx, [proposal_id])
    return structs.replace(ProposalRow(*row), instalments=tuple(dates.get(proposal_id, ())))


async def agreements_of_case(tx: Tx, case_id: UUID) -> list[AgreementRow]:
    """The agreements of a case with everything said of them, oldest first. Three queries."""
    rows = await tx.fetch(f"{_AGREEMENT} WHERE case_id = $1 ORDER BY agreed_at, id", case_id)
    dates = await _instalments_of(tx, [row["id"] for row in rows]) if rows else {}
    return [
        structs.replace(AgreementRow(*row), instalments=tuple(dates.get(row["id"], ())))
        for row in rows
    ]


async def agreement_of_case(tx: Tx, case_id: UUID) -> AgreementRow | None:
    """The newest agreement of a case, or None."""
    found = await agreements_of_case(tx, case_id)
    return found[-1] if found else None


async def agreement_list(tx: Tx, wanted: str, *, today: date, page_no: int) -> list[AgreementLine]:
    """One page of the running agreements, the nearest date first. `wanted`: a key of LISTS.

    Gives one line more than a page when there is a next one.
    """
    rows = await tx.fetch(
        f"{_LINES} WHERE {LISTS[wanted]} ORDER BY n.due_on NULLS LAST, c.number LIMIT $3 OFFSET $4",
        today,
        sorted(ENDED),
        PAGE_SIZE + 1,
        (page_no - 1) * PAGE_SIZE,
    )
    return [AgreementLine(*row) for row in rows]


async def agreement_counts(tx: Tx, *, today: date) -> dict[str, int]:
    """How many running agreements stand in each of the lists."""
    columns = ", ".join(
        f'count(*) FILTER (WHERE {condition}) AS "{name}"' for name, condition in LISTS.items()
    )
    inside = _LINES.partition("SELECT c.number")[0]
    row = await tx.fetchrow(f"{inside} SELECT {columns} FROM counted n", today, sorted(ENDED))
    return dict(row)


async def proposals_over(tx: Tx) -> list[UUID]:
    """Open proposals whose time has passed, or whose case can no longer be settled; 200 at most."""
    rows = await tx.fetch(
        "SELECT p.id FROM proposal p JOIN case_file c ON c.id = p.case_id WHERE p.status = 'open'"
        " AND (p.valid_until < $1 OR c.status <> ALL($2::text[])) ORDER BY p.id LIMIT $3",
        tx.now,
        list(STANDARD.transition("settle").sources),
        AT_ONCE,
    )
    return [row[0] for row in rows]


async def dates_to_ask(tx: Tx, today: date) -> list[Overdue]:
    """Dates before `today` that nobody was asked about; 200 at most, the oldest first."""
    rows = await tx.fetch(
        f"{_OVERDUE} AND i.status = 'open' AND i.asked_at IS NULL AND i.due_on < $1"
        " ORDER BY i.due_on, i.id LIMIT $3",
        today,
        sorted(ENDED),
        AT_ONCE,
    )
    return [Overdue(*row) for row in rows]


async def dates_unproven(tx: Tx, before: datetime) -> list[Overdue]:
    """Dates that the consumer denies and whose time for a proof ended before; 200 at most."""
    rows = await tx.fetch(
        f"{_OVERDUE} AND i.status = 'late' AND i.check_due_at < $1"
        " ORDER BY i.check_due_at, i.id LIMIT $3",
        before,
        sorted(ENDED),
        AT_ONCE,
    )
    return [Overdue(*row) for row in rows]


async def _dates_of(tx: Tx, proposal_ids: list[UUID]) -> dict[UUID, list[Instalment]]:
    found: dict[UUID, list[Instalment]] = {}
    for row in await tx.fetch(
        "SELECT proposal_id, due_on, amount, what FROM proposal_instalment"
        " WHERE proposal_id = ANY($1::uuid[]) ORDER BY proposal_id, n",
        proposal_ids,
    ):
        found.setdefault(row[0], []).append(Instalment(row[1], row[2], row[3]))
    return found


async def _instalments_of(tx: Tx, agreement_ids: list[UUID]) -> dict[UUID, list[InstalmentRow]]:
    said: dict[UUID, list[Report]] = {}
    for row in await tx.fetch(
        "SELECT r.id, r.instalment_id, r.side, r.kept, r.text, r.author, r.sha256, r.reported_at"
        " FROM instalment_report r JOIN agreement_instalment i ON i.id = r.instalment_id"
        " WHERE i.agreement_id = ANY($1::uuid[]) ORDER BY r.reported_at, r.id",
        agreement_ids,
    ):
        said.setdefault(row["instalment_id"], []).append(Report(*row))
    found: dict[UUID, list[InstalmentRow]] = {}
    for row in await tx.fetch(
        f"{_INSTALMENT} WHERE agreement_id = ANY($1::uuid[]) ORDER BY agreement_id, n",
        agreement_ids,
    ):
        one = structs.replace(InstalmentRow(*row), reports=tuple(said.get(row["id"], ())))
        found.setdefault(one.agreement_id, []).append(one)
    return found
