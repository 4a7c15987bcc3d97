"""The day of a city: which hours "today" has, and one page of a queue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from procon.cases.queries import CaseRow
from procon.cases.standard import STANDARD
from procon.cases.standard.states import OFFICE
from procon.kernel.errors import Conflict
from procon.tenancy.scope import Tx

# States in which the staff has the next step, besides the first look.
_NEXT_STEP = ", ".join(
    f"'{one.key}'" for one in STANDARD.states if one.whose == OFFICE and one.key != "triage"
)
QUEUES = {
    "novos": "c.status = 'triage'",
    "hoje": "c.status <> 'closed' AND c.due_at >= $1 AND c.due_at < $2",
    "vencidos": "c.status = 'unanswered'"
    " OR (c.status IN ('cip_issued', 'returned') AND c.due_at < $1)",
    "andamento": f"c.status IN ({_NEXT_STEP})",
    "decidir": "c.status IN ('for_decision', 'appealed')",
    "sem-dono": "c.assigned_to IS NULL AND c.status IN ('triage', 'returned', 'cip_issued')",
    "respondidos": "c.status = 'answered'",
    "meus": "c.assigned_to = $3 AND c.status NOT IN ('closed', 'redirected')",
    "todos": "TRUE",
}
PAGE_SIZE = 50
# Nobody reads a queue of a thousand by pages; the list with its filters is for that.
COUNTED = 1_000
_KEY = "COALESCE(c.due_at, 'infinity'::timestamptz)"
# Says nothing new, but lets the index begin where the queue does.
_ALSO = {"hoje": f"{_KEY} >= $1 AND {_KEY} < $2"}
# Each queue uses some of the parameters; PostgreSQL wants to know the type of all.
_KNOWN = (
    "$1::timestamptz IS NOT NULL AND $2::timestamptz IS NOT NULL AND ($3::uuid IS NULL OR TRUE)"
)


class QueuePage(Struct, frozen=True, forbid_unknown_fields=True):
    """One page of a queue, with the numbers of all of them."""

    counts: dict[str, int]
    rows: list[CaseRow]
    page_no: int
    pages: int


async def queue_page(tx: Tx, queue: str, *, me: UUID | None, page_no: int) -> QueuePage:
    """Numbers and rows. Two queries that read no more than they show, however many cases there are.

    Args:
        queue: a key of QUEUES.
        page_no: from 1; too great a number gives the last page.
    """
    start, end = day_bounds(tx.now, tx.tenant.timezone)
    counts = await _counts(tx, start, end, me)
    pages = max(1, -(-min(counts[queue], COUNTED) // PAGE_SIZE))
    page_no = min(max(1, page_no), pages)
    rows = await tx.fetch(
        # In the order of an index, see the list of cases.
        f"WITH page AS MATERIALIZED (SELECT c.id, {_KEY} AS key FROM case_file c"
        f" WHERE ({QUEUES[queue]}) AND {_ALSO.get(queue, 'TRUE')} AND {_KNOWN}"
        f" ORDER BY {_KEY}, c.id LIMIT $4 OFFSET $5)"
        " SELECT c.id, c.number, c.status, c.outcome, c.subject, s.name, p.name, c.assigned_to,"
        " c.assigned_name, c.due_at, c.created_at, c.changed_at"
        " FROM page JOIN case_file c ON c.id = page.id JOIN supplier s ON s.id = c.supplier_id"
        " JOIN person p ON p.id = c.person_id ORDER BY page.key, page.id",
        start,
        end,
        me,
        PAGE_SIZE,
        (page_no - 1) * PAGE_SIZE,
    )
    return QueuePage(counts, [CaseRow(*row) for row in rows], page_no, pages)


async def _counts(tx: Tx, start: datetime, end: datetime, me: UUID | None) -> dict[str, int]:
    """How many cases stand in each queue; more than COUNTED are not counted."""
    columns = ", ".join(
        f"(SELECT count(*) FROM (SELECT 1 FROM case_file c WHERE ({condition}) AND {_KNOWN}"
        f' LIMIT {COUNTED + 1}) q) AS "{name}"'
        for name, condition in QUEUES.items()
    )
    return dict(await tx.fetchrow(f"SELECT {columns}", start, end, me))


def day_bounds(now: datetime, tz: str) -> tuple[datetime, datetime]:
    """First instants (UTC) of the local day of `now` and of the next one."""
    zone = ZoneInfo(tz)
    today = now.astimezone(zone).date()
    start, end = (
        datetime(day.year, day.month, day.day, tzinfo=zone)
        for day in (today, today + timedelta(days=1))
    )
    return start.astimezone(UTC), end.astimezone(UTC)


async def require_version(tx: Tx, case_id: UUID, seen: str) -> None:
    """Refuse what was decided on a page that no longer shows the case as it is. Holds the case.

    Args:
        seen: the case's version on that page; blank is not checked.

    Raises:
        Conflict: somebody changed the case meanwhile.
    """
    if not seen:
        return
    version = await tx.fetchval("SELECT version FROM case_file WHERE id = $1 FOR UPDATE", case_id)
    if seen != str(version):
        raise Conflict("Este processo mudou enquanto você escrevia.", code="case-changed")


async def tags_of(tx: Tx, case_id: UUID) -> list[str]:
    """The case's tags, in alphabetical order."""
    rows = await tx.fetch("SELECT tag FROM case_tag WHERE case_id = $1 ORDER BY tag", case_id)
    return [row["tag"] for row in rows]
