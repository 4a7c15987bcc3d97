"""Reads of notices: a case's, a person's, the staff's work, and how much went without paper."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from msgspec import Struct

from procon.auth.actor import Actor
from procon.auth.companies.queries import reach_of
from procon.auth.mandates.queries import lawyer_of
from procon.lawyers.queries import cases_of_lawyer
from procon.notices.mail.message import Attached, Outgoing
from procon.tenancy.scope import Tx

NEAR = timedelta(days=3)
LIST_MOST = 100


class Notice(Struct, frozen=True):
    """One act told to one person by one channel, and what became of it. Times are UTC.

    `effective_at` is the moment from which the notice counts; `detail` what only this channel
    knows (who took the letter, where the edital hangs).
    """

    id: UUID
    case_id: UUID
    source: str
    side: str
    act: str
    formal: bool
    recipient_name: str
    channel: str
    address: str
    subject: str
    summary: str
    content_sha256: str
    status: str
    made_at: datetime
    tacit_due_at: datetime | None
    sent_at: datetime | None
    delivered_at: datetime | None
    bounced_at: datetime | None
    opened_at: datetime | None
    tacit_at: datetime | None
    effective_at: datetime | None
    escalated_from: UUID | None
    letter_id: UUID | None
    tracking: str
    detail: str


class Change(Struct, frozen=True):
    """One line of a notice's history."""

    kind: str
    at: datetime
    actor: str
    detail: str


class WorkLine(Struct, frozen=True):
    """A notice in one of the staff's lists."""

    notice: Notice
    number: str


class OwnNotice(Struct, frozen=True):
    """A notice as its reader finds it in the account."""

    number: str
    side: str
    subject: str
    summary: str
    made_at: datetime
    opened_at: datetime | None
    formal: bool
    by_mandate: bool


class Share(Struct, frozen=True):
    """Of `total` formal acts that reached a party, `digital` did so without paper."""

    digital: int
    total: int


_COLUMNS = (
    "n.id, n.case_id, n.source, n.side, n.act, n.formal, n.recipient_name, n.channel, n.address,"
    " n.subject, n.summary, n.content_sha256, n.status, n.made_at, n.tacit_due_at, n.sent_at,"
    " n.delivered_at, n.bounced_at, n.opened_at, n.tacit_at, n.effective_at, n.escalated_from,"
    " n.letter_id, n.tracking, n.detail"
)
# Nobody of the side has come to know the act by any other notice.
_UNKNOWN = (
    "NOT EXISTS (SELECT 1 FROM notice o WHERE o.case_id = n.case_id AND o.source = n.source"
    " AND o.side = n.side AND o.effective_at IS NOT NULL)"
)
# Nothing was tried after it.
_LAST = (
    "NOT EXISTS (SELECT 1 FROM notice o WHERE o.case_id = n.case_id AND o.source = n.source"
    " AND o.side = n.side AND o.id > n.id AND o.status <> 'unneeded')"
)
# The staff's lists: name → what is in it. $1 is the end of "soon".
QUEUES: Mapping[str, str] = MappingProxyType(
    {
        "preparar": "n.status = 'to_send'",
        "postar": "n.status = 'printed'",
        "retorno": "n.status = 'posted'",
        "sem-caminho": f"n.status = 'bounced' AND n.channel = 'ar' AND {_UNKNOWN} AND {_LAST}",
        "devolvidos": f"n.status = 'bounced' AND n.channel = 'email' AND {_UNKNOWN} AND {_LAST}",
        "quase": "n.status = 'sent' AND n.effective_at IS NULL AND n.tacit_due_at < $1"
        f" AND {_UNKNOWN}",
    }
)
_ANY = (
    "(n.status IN ('bounced', 'to_send', 'printed', 'posted')"
    " OR (n.effective_at IS NULL AND n.tacit_due_at IS NOT NULL))"
)

# Every way to a case by an index of its own; then the notices of those cases alone.
_OWN = """
WITH mine AS (
    SELECT c.id, 'consumer' AS side, false AS by_mandate
      FROM person p JOIN case_file c ON c.person_id = p.id
     WHERE $1 = 'citizen' AND p.cpf = $2
    UNION SELECT c.id, 'consumer', false FROM person p JOIN case_file c ON c.person_id = p.id
     WHERE $1 = 'citizen' AND $2::text IS NULL AND p.email = $3
    UNION SELECT c.id, 'supplier', false FROM case_file c WHERE $1 = 'supplier' AND c.id = $4
    UNION SELECT c.id, 'supplier', false FROM supplier s JOIN case_file c ON c.supplier_id = s.id
     WHERE s.cnpj = ANY($5::text[])
    UNION SELECT c.id, 'supplier', false FROM unnest($6::text[]) AS company (root)
      JOIN supplier s ON s.cnpj BETWEEN company.root || '000000' AND company.root || 'ZZZZZZ'
      JOIN case_file c ON c.supplier_id = s.id
    UNION SELECT c.id, client.side, true
      FROM unnest($7::text[], $8::text[]) AS client (number, side)
      JOIN case_file c ON c.number = client.number
)
SELECT c.number, n.side, n.subject, n.summary, min(n.made_at) AS made_at, max(n.opened_at),
       bool_or(n.formal), bool_and(mine.by_mandate)
  FROM mine JOIN notice n ON n.case_id = mine.id AND n.side = mine.side
       JOIN case_file c ON c.id = n.case_id
 WHERE n.channel IN ('portal', 'email') AND n.status <> 'wrong_party'
 GROUP BY c.number, n.case_id, n.source, n.side, n.subject, n.summary
 ORDER BY made_at DESC LIMIT $9
"""


async def notices_of_case(tx: Tx, case_id: UUID) -> list[Notice]:
    """The notices of a case, the newest first. Who may see them is the caller's question."""
    rows = await tx.fetch(
        f"SELECT {_COLUMNS} FROM notice n WHERE n.case_id = $1 ORDER BY n.id DESC", case_id
    )
    return [Notice(*row) for row in rows]


async def notice_of_case(tx: Tx, case_id: UUID, notice_id: UUID) -> Notice | None:
    """One notice, if it is of this case."""
    row = await tx.fetchrow(
        f"SELECT {_COLUMNS} FROM notice n WHERE n.case_id = $1 AND n.id = $2", case_id, notice_id
    )
    return Notice(*row) if row else None


async def changes_of(tx: Tx, notice_id: UUID) -> list[Change]:
    """The history of a notice, the oldest first."""
    rows = await tx.fetch(
        "SELECT kind, at, actor, detail FROM notice_event WHERE notice_id = $1 ORDER BY id",
        notice_id,
    )
    return [Change(*row) for row in rows]


async def work_counts(tx: Tx) -> dict[str, int]:
    """How many notices stand in each of the staff's lists. One query."""
    columns = ", ".join(
        f'count(*) FILTER (WHERE {condition}) AS "{name}"' for name, condition in QUEUES.items()
    )
    row = await tx.fetchrow(f"SELECT {columns} FROM notice n WHERE {_ANY}", tx.now + NEAR)
    return dict(row)


async def work_list(tx: Tx, queue: str, *, limit: int = LIST_MOST) -> list[WorkLine]:
    """One of the staff's lists, the oldest first. `queue` is a key of QUEUES."""
    rows = await tx.fetch(
        f"SELECT c.number, {_COLUMNS} FROM notice n JOIN case_file c ON c.id = n.case_id"
        f" WHERE {_ANY} AND ({QUEUES[queue]}) AND $1::timestamptz IS NOT NULL"
        " ORDER BY n.made_at, n.id LIMIT $2",
        tx.now + NEAR,
        limit,
    )
    return [WorkLine(Notice(*row[1:]), row[0]) for row in rows]


async def own_notices(tx: Tx, actor: Actor, *, limit: int = LIST_MOST) -> list[OwnNotice]:
    """What the person was told in the cases that are theirs, their company's or their clients',
    the newest first; each act once.
    """
    reach = await reach_of(tx, actor=actor)
    clients = await _clients_cases(tx, actor)
    rows = await tx.fetch(
        _OWN,
        actor.kind,
        actor.cpf,
        actor.email,
        actor.case_id,
        list(reach.cnpjs),
        list(reach.roots),
        [number for number, _ in clients],
        [side for _, side in clients],
        limit,
    )
    return [OwnNotice(*row) for row in rows]


async def _clients_cases(tx: Tx, actor: Actor) -> list[tuple[str, str]]:
    """Number and side of the cases in which the person is a lawyer."""
    lawyer = await lawyer_of(tx, actor) if actor.kind == "citizen" else None
    if lawyer is None or not lawyer.verified:
        return []
    return [(case.number, case.side) for case in await cases_of_lawyer(tx, lawyer.id)]


async def own_addresses(tx: Tx, actor: Actor) -> list[str]:
    """The e-mail addresses at which the person gets notices of their own cases."""
    rows = await tx.fetch("SELECT email FROM person WHERE cpf = $1 AND email <> ''", actor.cpf)
    found = {row["email"].lower() for row in rows}
    return sorted(found | ({actor.email.lower()} if actor.email else set()))


async def only_formal_at(tx: Tx, addresses: list[str]) -> bool:
    """Whether all of these addresses get only what the law asks for."""
    count = await tx.fetchval(
        "SELECT count(*) FROM mail_choice WHERE address = ANY($1) AND only_formal", addresses
    )
    return bool(addresses) and count == len(addresses)


async def effective_at(tx: Tx, *, case_id: UUID, act: str, side: str = "") -> datetime | None:
    """From when an act counts as known: the first moment at which a notice of it was read,
    presumed read or delivered. None: not yet.

    Args:
        act: key of the act: an event's kind, a transition or a topic.
        side: "consumer" or "supplier"; "" takes whichever came first.
    """
    found: datetime | None = await tx.fetchval(
        "SELECT min(effective_at) FROM notice WHERE case_id = $1 AND act = $2"
        " AND ($3 = '' OR side = $3) AND status <> 'wrong_party' AND effective_at <= $4",
        case_id,
        act,
        side,
        tx.now,
    )
    return found


async def digital_share(tx: Tx, *, since: datetime | None = None) -> Share:
    """How many formal acts reached a party without paper, of those that reached one.

    Args:
        since: only acts that were told from then on.
    """
    row = await tx.fetchrow(
        "SELECT count(*) FILTER (WHERE digital), count(*) FROM ("
        " SELECT (array_agg(channel ORDER BY effective_at))[1] IN ('portal', 'email') AS digital"
        " FROM notice WHERE formal AND effective_at IS NOT NULL AND status <> 'wrong_party'"
        " AND ($1::timestamptz IS NULL OR made_at >= $1) GROUP BY case_id, source, side) acts",
        since,
    )
    return Share(*row)


async def waiting_message(tx: Tx, message_id: UUID) -> Outgoing | None:
    """A message that has neither gone out nor come back, with its files."""
    row = await tx.fetchrow(
        "SELECT recipient, subject, body, token, created_at FROM message"
        " WHERE id = $1 AND sent_at IS NULL AND bounced_at IS NULL",
        message_id,
    )
    if row is None:
        return None
    files = await tx.fetch(
        "SELECT name, media_type, content FROM message_file WHERE message_id = $1 ORDER BY id",
        message_id,
    )
    recipient, subject, body, token, created_at = row
    return Outgoing(
        id=str(message_id),
        recipient=recipient,
        subject=subject,
        body=body,
        token=token,
        created_at=created_at,
        files=tuple(Attached(*file) for file in files),
    )
