"""The day of a city: which hours "today" has, and one page of a queue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from procon.cases.queries import CaseRow, case_queue, queue_counts
from procon.tenancy.scope import Tx

PAGE_SIZE = 50


class QueuePage(Struct, frozen=True, forbid_unknown_fields=True):
    """One page of a queue, with the numbers of all of them."""

    counts: dict[str, int]
    rows: list[CaseRow]
    page_no: int
    pages: int


async def queue_page(tx: Tx, queue: str, *, me: UUID | None, page_no: int) -> QueuePage:
    """Numbers and rows. Two queries, however many cases there are.

    Args:
        queue: a key of `cases.queries.QUEUES`.
        page_no: from 1; too great a number gives the last page.
    """
    start, end = day_bounds(tx.now, tx.tenant.timezone)
    counts = await queue_counts(tx, day_start=start, day_end=end, me=me)
    pages = max(1, -(-counts[queue] // PAGE_SIZE))
    page_no = min(max(1, page_no), pages)
    rows = await case_queue(
        tx,
        queue,
        day_start=start,
        day_end=end,
        me=me,
        limit=PAGE_SIZE,
        offset=(page_no - 1) * PAGE_SIZE,
    )
    return QueuePage(counts, rows, page_no, pages)


def day_bounds(now: datetime, tz: str) -> tuple[datetime, datetime]:
    """First instants (UTC) of the local day of `now` and of the next one."""
    zone = ZoneInfo(tz)
    today = now.astimezone(zone).date()
    start, end = (
        datetime(day.year, day.month, day.day, tzinfo=zone)
        for day in (today, today + timedelta(days=1))
    )
    return start.astimezone(UTC), end.astimezone(UTC)
