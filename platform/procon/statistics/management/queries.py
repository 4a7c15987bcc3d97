"""Open cases and their ages, time by stage, paper that was not printed. A few set queries.

A read model: it reads the tables of other slices by SQL and writes to none of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from procon.statistics.period import Period
from procon.tenancy.scope import Tx

_BACKLOG = """
SELECT c.status, c.channel, c.subject, c.assigned_to, max(c.assigned_name) AS assigned_name,
       COALESCE(c.due_at < $2, FALSE) AS overdue,
       width_bucket(c.created_at, $3::timestamptz[]) AS age,
       count(*) AS cases
FROM case_file c WHERE c.status = ANY($1::text[])
GROUP BY c.status, c.channel, c.subject, c.assigned_to, overdue, age
"""

# What each act of the log leaves the case in; acts that move nothing are no borders of stages.
_STAGES = """
WITH act AS MATERIALIZED (
    -- Each entry is read once: it is the costly part.
    SELECT l.case_id, l.seq, l.payload::jsonb AS doc
    FROM case_log l JOIN case_file c ON c.id = l.case_id
    WHERE c.closed_at >= $1 AND c.closed_at < $2
), border AS (
    SELECT a.case_id, a.seq, (a.doc ->> 'at')::timestamptz AS at,
           CASE a.doc -> 'event' ->> 'kind'
               WHEN 'case_opened' THEN 'triage' WHEN 'case_returned' THEN 'returned'
               WHEN 'case_completed' THEN 'triage' WHEN 'case_redirected' THEN 'redirected'
               WHEN 'cip_issued' THEN 'cip_issued' WHEN 'answer_submitted' THEN 'answered'
               WHEN 'answer_missed' THEN 'unanswered' WHEN 'wrong_company_declared' THEN 'triage'
               WHEN 'answer_rated' THEN
                   CASE WHEN (a.doc -> 'event' ->> 'solved')::boolean THEN 'closed'
                        ELSE 'unsolved' END
               WHEN 'rating_expired' THEN 'closed'
               WHEN 'case_moved' THEN a.doc -> 'event' ->> 'after'
           END AS stage
    FROM act a
), stay AS (
    SELECT b.stage, lead(b.at) OVER (PARTITION BY b.case_id ORDER BY b.seq) - b.at AS span
    FROM border b WHERE b.stage IS NOT NULL
)
SELECT s.stage, count(*) AS stays,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM s.span)) / 86400 AS days
FROM stay s WHERE s.span IS NOT NULL AND s.stage <> ALL($3::text[]) GROUP BY s.stage
"""


class Group(Struct, frozen=True):
    """Open cases that are alike. `age`: how many of the edges are before their opening."""

    status: str
    channel: str
    subject: str
    assigned_to: UUID | None
    assigned_name: str
    overdue: bool
    age: int
    cases: int


class Stage(Struct, frozen=True):
    """How long cases stayed in a stage, of those that ended in the period."""

    key: str
    stays: int
    days: float


async def backlog(
    tx: Tx, *, states: Sequence[str], today: datetime, edges: Sequence[datetime]
) -> list[Group]:
    """Cases in these states, grouped by all that the page asks. One query.

    Args:
        today: the day's first moment; a deadline before it is over.
        edges: instants, the earliest first.
    """
    rows = await tx.fetch(_BACKLOG, list(states), today, list(edges))
    return [Group(*row) for row in rows]


async def stages(tx: Tx, period: Period, *, ends: Sequence[str]) -> list[Stage]:
    """Median stay in each stage that is no end, of the cases closed in the period. One query."""
    rows = await tx.fetch(_STAGES, period.start, period.end, list(ends))
    return [Stage(row["stage"], row["stays"], float(row["days"])) for row in rows]


async def documents_issued(tx: Tx, period: Period) -> int:
    """Letters, terms and receipts that the city issued as files in the period. One query."""
    found: int = await tx.fetchval(
        "SELECT count(*) FROM letter WHERE created_at >= $1 AND created_at < $2",
        period.start,
        period.end,
    )
    return found
