"""The cases of a lawyer's clients, and what runs out soon."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from procon.auth.mandates.access import active
from procon.auth.mandates.model import Side
from procon.cases.access import BEFORE_CIP
from procon.tenancy.scope import Tx

LIST_MOST = 200
# Days before the end of a mandate on which lawyer and client are told.
REMIND_AT = (15, 3)


class ClientCase(Struct, frozen=True):
    """A case in a lawyer's list. `client_key` is `Mandate.client_key`."""

    number: str
    status: str
    outcome: str
    subject: str
    supplier: str
    person: str
    due_at: datetime | None
    side: Side
    client: str
    client_key: str


class Expiring(Struct, frozen=True):
    """A mandate that ends in `days` days, with the addresses of both."""

    id: UUID
    lawyer: str
    lawyer_email: str
    client: str
    client_email: str
    case_number: str
    expires_at: datetime
    days: int
    reminded: str


_CASES = f"""
WITH mine AS (
    SELECT m.case_id, m.person_id, m.supplier_id, m.cnpj_root, coalesce(p.name, s.name) AS client,
           coalesce(m.person_id::text, m.cnpj_root, m.supplier_id::text) AS client_key
      FROM mandate m LEFT JOIN person p ON p.id = m.person_id
           LEFT JOIN supplier s ON s.id = m.supplier_id
     WHERE m.lawyer_id = $1 AND {active("m", "$2")}
), reached AS (
    SELECT case_id AS id, client, client_key, person_id FROM mine WHERE case_id IS NOT NULL
    UNION
    SELECT c.id, client, client_key, mine.person_id
      FROM mine JOIN case_file c ON c.person_id = mine.person_id WHERE mine.case_id IS NULL
    UNION
    SELECT c.id, client, client_key, NULL::uuid
      FROM mine JOIN supplier s ON s.id = mine.supplier_id
           OR s.cnpj BETWEEN mine.cnpj_root || '000000' AND mine.cnpj_root || 'ZZZZZZ'
           JOIN case_file c ON c.supplier_id = s.id
     WHERE mine.case_id IS NULL AND mine.supplier_id IS NOT NULL
    UNION
    SELECT x.case_id, client, client_key, mine.person_id
      FROM mine JOIN case_party x ON x.removed_at IS NULL
           AND (x.person_id = mine.person_id OR x.supplier_id = mine.supplier_id)
     WHERE mine.case_id IS NULL
)
SELECT c.number, c.status, c.outcome, c.subject, s.name, p.name, c.due_at,
       CASE WHEN reached.person_id IS NULL THEN 'supplier' ELSE 'consumer' END,
       reached.client, reached.client_key
  FROM reached JOIN case_file c ON c.id = reached.id
       JOIN supplier s ON s.id = c.supplier_id JOIN person p ON p.id = c.person_id
 WHERE ($3 = '' OR reached.client_key = $3)
   AND (reached.person_id IS NOT NULL OR c.complaint_number <> ''
        OR (c.cip_round > 0 AND c.status <> ALL($4)))
 ORDER BY (c.closed_at IS NOT NULL), c.due_at NULLS LAST, c.created_at DESC LIMIT $5
"""


async def cases_of_lawyer(tx: Tx, lawyer_id: UUID, *, client_key: str = "") -> list[ClientCase]:
    """The cases that this lawyer's mandates reach, those that still run first, by deadline.

    A company's case comes only once the company was told of it.

    Args:
        client_key: only this client's; "" for all.
    """
    rows = await tx.fetch(_CASES, lawyer_id, tx.now, client_key, sorted(BEFORE_CIP), LIST_MOST)
    return [ClientCase(*row) for row in rows]


async def expiring(tx: Tx) -> list[Expiring]:
    """Mandates in force that end within the longest reminder, the next first."""
    rows = await tx.fetch(
        "SELECT m.id, l.name, l.email, coalesce(p.name, s.name), coalesce(p.email, s.email),"
        " coalesce(c.number, ''), m.expires_at, ceil(extract(epoch FROM m.expires_at - $1) / 86400)"
        "::int, m.reminded FROM mandate m"
        " JOIN lawyer l ON l.id = m.lawyer_id LEFT JOIN person p ON p.id = m.person_id"
        " LEFT JOIN supplier s ON s.id = m.supplier_id LEFT JOIN case_file c ON c.id = m.case_id"
        " WHERE m.ended_at IS NULL AND m.expires_at > $1 AND m.expires_at <= $2"
        " ORDER BY m.expires_at, m.id LIMIT 500",
        tx.now,
        tx.now + timedelta(days=max(REMIND_AT)),
    )
    return [Expiring(*row) for row in rows]


async def just_expired(tx: Tx) -> list[UUID]:
    """Mandates whose validity is over and that nobody has closed yet."""
    rows = await tx.fetch(
        "SELECT id FROM mandate WHERE ended_at IS NULL AND expires_at <= $1 ORDER BY id LIMIT 200"
        " FOR UPDATE SKIP LOCKED",
        tx.now,
    )
    return [row[0] for row in rows]
