"""The newsletter's own queue, apart from legal mail: one row for each reader of an issue.

Mail cannot be taken back, so rows are marked as begun, a handful at a time, before they are handed
over, and none is begun twice. If the worker dies in between, nobody knows which of the handful went
out: they become `unsure`, are counted as such, and are not sent again.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from procon.sdk import Tx, new_id

CLAIM = 100
LEASE = timedelta(minutes=2)
FAN_OUT = 2_000
ATTEMPTS_MOST = 5
WINDOW = timedelta(minutes=1)


class Due(Struct, frozen=True):
    """An issue that is being sent."""

    id: UUID
    number: int
    title: str
    body: str
    started_at: datetime


class Begun(Struct, frozen=True):
    """A message that may now be handed over, once."""

    id: UUID
    issue_id: UUID
    email: str
    reader: str
    token: str


async def start_due(tx: Tx) -> None:
    """Issues whose hour has come begin to be sent."""
    await tx.execute(
        "UPDATE newsletter_issue SET state = 'sending', started_at = $1"
        " WHERE state = 'scheduled' AND send_at <= $1",
        tx.now,
    )


async def sending(tx: Tx) -> list[Due]:
    """Issues on their way, the oldest first."""
    rows = await tx.fetch(
        "SELECT id, number, title, body, started_at FROM newsletter_issue"
        " WHERE state = 'sending' ORDER BY number"
    )
    return [Due(*row) for row in rows]


async def fan_out(tx: Tx, issue: Due) -> int:
    """Queue some of the readers who are not yet; 0 when all are.

    Who subscribes while an issue is being sent gets it too.
    """
    rows = await tx.fetch(
        "SELECT s.id, s.domain FROM newsletter_subscriber s WHERE s.state = 'active'"
        " AND EXISTS (SELECT 1 FROM newsletter_topic t, newsletter_issue i"
        "  WHERE i.id = $1 AND t.subscriber_id = s.id AND t.topic = ANY (i.topics))"
        " AND NOT EXISTS (SELECT 1 FROM newsletter_delivery d"
        "  WHERE d.issue_id = $1 AND d.subscriber_id = s.id)"
        " ORDER BY s.id LIMIT $2",
        issue.id,
        FAN_OUT,
    )
    await tx.execute(
        "INSERT INTO newsletter_delivery (id, issue_id, subscriber_id, domain, token, state,"
        " attempts, available_at)"
        " SELECT n.id, $1, n.subscriber, n.domain, n.token, 'waiting', 0, $2"
        " FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[])"
        "  AS n (id, subscriber, domain, token)"
        " ON CONFLICT DO NOTHING",
        issue.id,
        tx.now,
        [new_id() for _ in rows],
        [row["id"] for row in rows],
        [row["domain"] for row in rows],
        # Small letters: some mail servers fold an address before they send it back.
        [secrets.token_hex(12) for _ in rows],
    )
    return len(rows)


async def recover(tx: Tx) -> None:
    """What a worker that died had in its hands."""
    await tx.execute(
        "UPDATE newsletter_delivery SET state = 'waiting', lease = NULL"
        " WHERE state = 'leased' AND leased_until <= $1",
        tx.now,
    )
    await tx.execute(
        "UPDATE newsletter_delivery SET state = 'unsure'"
        " WHERE state = 'begun' AND leased_until <= $1",
        tx.now,
    )


async def claim(
    tx: Tx, *, issues: list[UUID], lease: UUID, per_minute: int, most: int = CLAIM
) -> list[UUID]:
    """Take rows of these issues into one's hands.

    No domain gets more than `per_minute` of them in any minute.
    """
    # One at a time: the limit of a domain is counted, then used.
    await tx.execute("SELECT pg_advisory_xact_lock(hashtext(current_schema() || '/newsletter'))")
    rows = await tx.fetch(
        "WITH RECURSIVE d (domain) AS ("
        " (SELECT domain FROM newsletter_delivery WHERE state = 'waiting'"
        "   ORDER BY domain LIMIT 1)"
        " UNION ALL SELECT (SELECT w.domain FROM newsletter_delivery w"
        "   WHERE w.state = 'waiting' AND w.domain > d.domain ORDER BY w.domain LIMIT 1)"
        "  FROM d WHERE d.domain IS NOT NULL)"
        " UPDATE newsletter_delivery SET state = 'leased', lease = $1, leased_until = $3"
        " WHERE id IN (SELECT x.id FROM d CROSS JOIN LATERAL ("
        "   SELECT w.id FROM newsletter_delivery w WHERE w.state = 'waiting'"
        "    AND w.domain = d.domain AND w.available_at <= $2 AND w.issue_id = ANY ($7)"
        "    ORDER BY w.id"
        "    LIMIT LEAST($5, GREATEST(0, $4"
        "     - (SELECT count(*) FROM newsletter_delivery b"
        "         WHERE b.domain = d.domain AND b.begun_at > $6)"
        "     - (SELECT count(*) FROM newsletter_delivery h"
        "         WHERE h.domain = d.domain AND h.state = 'leased')))) x LIMIT $5)"
        " RETURNING id",
        lease,
        tx.now,
        tx.now + LEASE,
        per_minute,
        most,
        tx.now - WINDOW,
        issues,
    )
    return sorted(row["id"] for row in rows)


async def begin(tx: Tx, *, lease: UUID, deliveries: list[UUID]) -> list[Begun]:
    """Mark these as begun; whose reader has left and what is not ours any more is left out."""
    rows = await tx.fetch(
        "UPDATE newsletter_delivery d SET state = 'begun', begun_at = $3, leased_until = $4,"
        " attempts = attempts + 1 FROM newsletter_subscriber s"
        " WHERE d.id = ANY ($1) AND d.lease = $2 AND d.state = 'leased' AND s.id = d.subscriber_id"
        " AND s.state = 'active' RETURNING d.id, d.issue_id, s.email, s.token, d.token",
        deliveries,
        lease,
        tx.now,
        tx.now + LEASE,
    )
    if len(rows) < len(deliveries):
        await tx.execute(
            "UPDATE newsletter_delivery SET state = 'dropped'"
            " WHERE id = ANY ($1) AND lease = $2 AND state = 'leased'",
            deliveries,
            lease,
        )
    return sorted((Begun(*row) for row in rows), key=lambda one: one.id)


async def mark_sent(tx: Tx, *, lease: UUID, deliveries: list[UUID]) -> None:
    """The mail server has them."""
    await tx.execute(
        "UPDATE newsletter_delivery SET state = 'sent', sent_at = $3"
        " WHERE id = ANY ($1) AND lease = $2 AND state = 'begun'",
        deliveries,
        lease,
        tx.now,
    )


async def mark_unsure(tx: Tx, *, lease: UUID, delivery: UUID) -> None:
    """The connection broke in the middle."""
    await tx.execute(
        "UPDATE newsletter_delivery SET state = 'unsure'"
        " WHERE id = $1 AND lease = $2 AND state = 'begun'",
        delivery,
        lease,
    )


async def put_back(tx: Tx, *, lease: UUID, delivery: UUID) -> None:
    """Begun, but never handed over: it counts as not tried."""
    await tx.execute(
        "UPDATE newsletter_delivery SET state = 'waiting', lease = NULL, attempts = attempts - 1"
        " WHERE id = $1 AND lease = $2 AND state = 'begun'",
        delivery,
        lease,
    )


async def postpone(tx: Tx, *, lease: UUID, delivery: UUID) -> None:
    """Not taken for now: later, twice as late each time; in the end not at all."""
    tries = await tx.fetchval("SELECT attempts FROM newsletter_delivery WHERE id = $1", delivery)
    await tx.execute(
        "UPDATE newsletter_delivery SET state = $3, lease = NULL,"
        " available_at = $4 WHERE id = $1 AND lease = $2 AND state = 'begun'",
        delivery,
        lease,
        "failed" if tries >= ATTEMPTS_MOST else "waiting",
        tx.now + timedelta(minutes=5 * 2**tries),
    )


async def give_back(tx: Tx, *, lease: UUID) -> None:
    """What was claimed and not begun goes back to the queue."""
    await tx.execute(
        "UPDATE newsletter_delivery SET state = 'waiting', lease = NULL"
        " WHERE lease = $1 AND state = 'leased'",
        lease,
    )


async def finish_issues(tx: Tx, queued: list[UUID]) -> None:
    """Issues whose readers are all queued and that have nothing left in the queue are sent."""
    await tx.execute(
        "UPDATE newsletter_issue i SET state = 'sent', sent_at = $1"
        " WHERE i.state = 'sending' AND i.id = ANY ($2) AND NOT EXISTS"
        " (SELECT 1 FROM newsletter_delivery d WHERE d.issue_id = i.id"
        "  AND d.state IN ('waiting', 'leased', 'begun'))",
        tx.now,
        queued,
    )
