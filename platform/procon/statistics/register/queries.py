"""Reads of the register: as it stands now, and as a year's publication has it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from procon.auth.companies.queries import Reach
from procon.statistics.period import Period
from procon.tenancy.scope import Tx

ATTENDED, NOT_ATTENDED = "FUND_ATENDIDA", "FUND_NAO_ATENDIDA"
YEARS_KEPT = 5  # CDC, art. 43 § 1 and Decreto 2.181/1997, art. 59 § 3

# What the decision said, also after an act that gave the case another result ("encaminhada").
_OUTCOME = (
    "CASE WHEN c.outcome IN ('FUND_ATENDIDA', 'FUND_NAO_ATENDIDA') THEN c.outcome"
    " ELSE c.outcome_before END"
)
# $1: the transaction's time; $2 and $3: registered from and before, or null.
_LIVING = f"""
WITH entry AS (
    SELECT c.id, c.number, COALESCE(s.cnpj, '') AS cnpj, s.name, c.subject, c.problem,
           {_OUTCOME} AS decided, c.registered_at,
           COALESCE((SELECT max((l.payload::jsonb ->> 'at')::timestamptz) FROM case_log l
               WHERE l.case_id = c.id AND l.payload::jsonb -> 'event' ->> 'transition'
                   IN ('become_final', 'decide_appeal')), c.registered_at) AS decided_at
    FROM case_file c JOIN supplier s ON s.id = c.supplier_id
    WHERE c.registered_at IS NOT NULL AND c.status IN ('registered', 'closed')
      AND ($2::timestamptz IS NULL OR c.registered_at >= $2)
      AND ($3::timestamptz IS NULL OR c.registered_at < $3)
)
SELECT e.id, e.number, left(e.cnpj, 8) AS root, e.cnpj, e.name, e.subject, e.problem,
       CASE WHEN q.wish = 'attended' THEN 'FUND_ATENDIDA' ELSE e.decided END AS outcome,
       e.decided_at, e.registered_at, q.wish IS NOT NULL AS corrected
FROM entry e LEFT JOIN LATERAL (
    SELECT r.wish FROM register_request r WHERE r.case_id = e.id AND r.state = 'granted'
    ORDER BY r.wish = 'remove' DESC LIMIT 1) q ON TRUE
WHERE e.decided IN ('FUND_ATENDIDA', 'FUND_NAO_ATENDIDA')
  AND e.decided_at > $1::timestamptz - interval '{YEARS_KEPT} years'
  AND q.wish IS DISTINCT FROM 'remove'
"""
_FROZEN = f"""
SELECT e.case_id, c.number, e.root, e.cnpj, e.name, e.subject, e.problem,
       CASE WHEN q.wish = 'attended' THEN 'FUND_ATENDIDA' ELSE e.outcome END,
       e.decided_at, e.registered_at, q.wish IS NOT NULL
FROM register_entry e JOIN case_file c ON c.id = e.case_id LEFT JOIN LATERAL (
    SELECT r.wish FROM register_request r WHERE r.case_id = e.case_id AND r.state = 'granted'
    ORDER BY r.wish = 'remove' DESC LIMIT 1) q ON TRUE
WHERE e.publication_id = $2 AND e.decided_at > $1::timestamptz - interval '{YEARS_KEPT} years'
  AND q.wish IS DISTINCT FROM 'remove'
ORDER BY e.name, e.case_id
"""
_PUBLICATION = (
    "SELECT p.id, p.year, p.frozen_at, p.frozen_by, p.requests_until, p.published_at,"
    " p.published_by, p.sha256 FROM register_publication p"
)
_REQUEST = (
    "SELECT r.id, r.case_id, c.number, s.name, s.cnpj, r.wish, r.text, r.asked_by, r.asked_at,"
    " r.decide_until, r.state, r.answer, r.decided_by, r.decided_at FROM register_request r"
    " JOIN case_file c ON c.id = r.case_id JOIN supplier s ON s.id = c.supplier_id"
)


class Entry(Struct, frozen=True):
    """One well-founded complaint. Case and number are for the company and the staff alone."""

    case_id: UUID
    number: str
    root: str
    cnpj: str
    name: str
    subject: str
    problem: str
    outcome: str
    decided_at: datetime
    registered_at: datetime
    corrected: bool

    @property
    def attended(self) -> bool:
        """Whether the company gave what was right in the end."""
        return self.outcome == ATTENDED


class Publication(Struct, frozen=True):
    """A year of the register that is frozen, and perhaps published."""

    id: UUID
    year: int
    frozen_at: datetime
    frozen_by: str
    requests_until: datetime
    published_at: datetime | None
    published_by: str
    sha256: bytes | None


class Request(Struct, frozen=True):
    """What a company asked to correct, and the answer."""

    id: UUID
    case_id: UUID
    number: str
    supplier_name: str
    cnpj: str | None
    wish: str
    text: str
    asked_by: str
    asked_at: datetime
    decide_until: datetime
    state: str
    answer: str
    decided_by: str
    decided_at: datetime | None


async def living(tx: Tx, period: Period | None = None) -> list[Entry]:
    """The register as it stands, of one year of registration or of all. One query."""
    start, end = (period.start, period.end) if period else (None, None)
    rows = await tx.fetch(f"{_LIVING} ORDER BY e.name, e.id", tx.now, start, end)
    return [Entry(*row) for row in rows]


async def living_of(tx: Tx, reach: Reach) -> list[Entry]:
    """A company's own entries, the newest first. One query."""
    rows = await tx.fetch(
        f"{_LIVING} AND (e.cnpj = ANY($4::text[]) OR left(e.cnpj, 8) = ANY($5::text[]))"
        " ORDER BY e.registered_at DESC, e.id",
        tx.now,
        None,
        None,
        list(reach.cnpjs),
        list(reach.roots),
    )
    return [Entry(*row) for row in rows]


async def living_of_root(tx: Tx, root: str) -> list[Entry]:
    """The entries of a company, for its public page. One query."""
    return await living_of(tx, Reach(roots=(root,)))


async def entry_of_case(tx: Tx, number: str) -> Entry | None:
    """The case's entry as it stands, or None when it is in no register."""
    row = await tx.fetchrow(f"{_LIVING} AND e.number = $4", tx.now, None, None, number)
    return Entry(*row) if row else None


async def frozen(tx: Tx, publication: Publication) -> list[Entry]:
    """What a publication holds, with the corrections that were granted. One query."""
    return [Entry(*row) for row in await tx.fetch(_FROZEN, tx.now, publication.id)]


async def publication_of(tx: Tx, year: int, *, lock: bool = False) -> Publication | None:
    """The year's publication, or None while the year is not frozen."""
    ending = " FOR UPDATE" if lock else ""
    row = await tx.fetchrow(f"{_PUBLICATION} WHERE p.year = $1{ending}", year)
    return Publication(*row) if row else None


async def publications(tx: Tx) -> list[Publication]:
    """All of them, the newest year first."""
    rows = await tx.fetch(f"{_PUBLICATION} ORDER BY p.year DESC")
    return [Publication(*row) for row in rows]


async def publications_with(tx: Tx, case_id: UUID) -> list[Publication]:
    """Those that hold this case."""
    rows = await tx.fetch(
        f"{_PUBLICATION} JOIN register_entry e ON e.publication_id = p.id WHERE e.case_id = $1"
        " ORDER BY p.year DESC",
        case_id,
    )
    return [Publication(*row) for row in rows]


async def requests_of(tx: Tx, case_ids: Sequence[UUID]) -> list[Request]:
    """What was asked about these cases, the newest first."""
    rows = await tx.fetch(
        f"{_REQUEST} WHERE r.case_id = ANY($1::uuid[]) ORDER BY r.id DESC", list(case_ids)
    )
    return [Request(*row) for row in rows]


async def requests_open(tx: Tx) -> list[Request]:
    """What the office has still to decide, the most urgent first."""
    rows = await tx.fetch(f"{_REQUEST} WHERE r.state = 'open' ORDER BY r.decide_until, r.id")
    return [Request(*row) for row in rows]


async def request_by_id(tx: Tx, request_id: UUID) -> Request | None:
    """A request, or None."""
    row = await tx.fetchrow(f"{_REQUEST} WHERE r.id = $1", request_id)
    return Request(*row) if row else None


async def requests_open_in(tx: Tx, publication_id: UUID) -> int:
    """How many requests about a publication's cases wait for a decision."""
    found: int = await tx.fetchval(
        "SELECT count(*) FROM register_request r JOIN register_entry e ON e.case_id = r.case_id"
        " WHERE e.publication_id = $1 AND r.state = 'open'",
        publication_id,
    )
    return found
