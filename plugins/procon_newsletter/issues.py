"""Issues: written, scheduled, stopped, counted. Who gets one is chosen by topic alone."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from procon.sdk import Conflict, Invalid, NotFound, Tx, clean, new_id
from procon_newsletter.records import note

TITLE_MOST = 120
BODY_MOST = 30_000
NUMBER_MOST = 2**31 - 1
STATES = {
    "draft": "Rascunho",
    "scheduled": "Agendada",
    "sending": "Sendo enviada",
    "sent": "Enviada",
    "cancelled": "Interrompida",
}


class IssueRow(Struct, frozen=True):
    """An issue in a list."""

    number: int
    title: str
    state: str
    author: str
    send_at: datetime | None
    sent_at: datetime | None


class Issue(Struct, frozen=True):
    """An issue as read."""

    id: UUID
    number: int
    title: str
    body: str
    topics: tuple[str, ...]
    state: str
    author: str
    created_at: datetime
    send_at: datetime | None
    started_at: datetime | None
    sent_at: datetime | None


class Figures(Struct, frozen=True):
    """What became of an issue. Nobody is followed: openings and clicks are not counted."""

    waiting: int = 0
    sent: int = 0
    returned: int = 0
    failed: int = 0
    dropped: int = 0
    unsure: int = 0
    left: int = 0


def parse_text(title: str, body: str) -> tuple[str, str]:
    """Title and text, cleaned.

    Raises:
        Invalid: one is missing or too long.
    """
    found = clean(title, TITLE_MOST + 1), clean(body, BODY_MOST + 1, multiline=True)
    errors = {}
    if not found[0]:
        errors["titulo"] = "Escreva o título."
    elif len(found[0]) > TITLE_MOST:
        errors["titulo"] = f"O título pode ter até {TITLE_MOST} caracteres."
    if not found[1]:
        errors["texto"] = "Escreva o texto."
    elif len(found[1]) > BODY_MOST:
        errors["texto"] = f"O texto pode ter até {BODY_MOST} caracteres."
    if errors:
        raise Invalid(errors)
    return found


async def write(
    tx: Tx, *, author: str, title: str, body: str, topics: tuple[str, ...], key: str
) -> int:
    """A new draft; the same `key` again gives the same one. Returns its number."""
    # Numbers without holes: one at a time.
    await tx.execute("SELECT pg_advisory_xact_lock(hashtext(current_schema() || '/issue'))")
    number: int | None = await tx.fetchval(
        "SELECT number FROM newsletter_issue WHERE key = $1", key
    )
    if number is None:
        number = await tx.fetchval(
            "INSERT INTO newsletter_issue (id, number, key, title, body, topics, state, author,"
            " created_at) SELECT $1, coalesce(max(number), 0) + 1, $2, $3, $4, $5, 'draft', $6, $7"
            " FROM newsletter_issue RETURNING number",
            new_id(),
            key,
            title,
            body,
            list(topics),
            author,
            tx.now,
        )
    assert number is not None  # noqa: S101 - RETURNING always gives one
    return number


async def rewrite(tx: Tx, *, number: int, title: str, body: str, topics: tuple[str, ...]) -> None:
    """Change a draft.

    Raises:
        NotFound, Conflict: there is none, or it is not a draft any more.
    """
    issue = await issue_by_number(tx, number)
    done = await tx.execute(
        "UPDATE newsletter_issue SET title = $2, body = $3, topics = $4"
        " WHERE id = $1 AND state = 'draft'",
        issue.id,
        title,
        body,
        list(topics),
    )
    if done != "UPDATE 1":
        raise Conflict("Esta edição não é mais um rascunho. O texto não mudou.")


async def schedule(tx: Tx, *, author: str, number: int, send_at: datetime) -> None:
    """Send a draft at this hour (an hour that has passed: now).

    Raises:
        NotFound, Conflict: there is none, or it is not a draft any more.
    """
    issue = await issue_by_number(tx, number)
    done = await tx.execute(
        "UPDATE newsletter_issue SET state = 'scheduled', send_at = $2"
        " WHERE id = $1 AND state = 'draft'",
        issue.id,
        max(send_at, tx.now),
    )
    if done != "UPDATE 1":
        raise Conflict("Esta edição já foi agendada ou enviada.")
    await note(tx, author=author, act="schedule", detail=f"Edição {number}")


async def stop(tx: Tx, *, author: str, number: int) -> str:
    """A scheduled issue becomes a draft again; one that is being sent ends where it is.

    Returns the new state.

    Raises:
        NotFound, Conflict: there is none, or there is nothing to stop.
    """
    issue = await issue_by_number(tx, number)
    state: str | None = await tx.fetchval(
        "UPDATE newsletter_issue SET send_at = NULL,"
        " state = CASE state WHEN 'scheduled' THEN 'draft' ELSE 'cancelled' END"
        " WHERE id = $1 AND state IN ('scheduled', 'sending') RETURNING state",
        issue.id,
    )
    if state is None:
        raise Conflict("Esta edição não está agendada nem sendo enviada.")
    await tx.execute(
        "UPDATE newsletter_delivery SET state = 'dropped'"
        " WHERE issue_id = $1 AND state IN ('waiting', 'leased')",
        issue.id,
    )
    await note(tx, author=author, act="stop", detail=f"Edição {number}")
    return state


async def issue_by_number(tx: Tx, number: int, *, published: bool = False) -> Issue:
    """One issue; with `published` only what readers have got.

    Raises:
        NotFound: there is none.
    """
    row = None
    if 0 < number <= NUMBER_MOST:
        row = await tx.fetchrow(
            "SELECT id, number, title, body, topics, state, author, created_at, send_at,"
            " started_at, sent_at FROM newsletter_issue WHERE number = $1"
            " AND (NOT $2 OR started_at IS NOT NULL)",
            number,
            published,
        )
    if row is None:
        raise NotFound("Não encontramos esta edição do boletim.")
    values = dict(row)
    return Issue(**{**values, "topics": tuple(values["topics"])})


async def issues(tx: Tx, *, published: bool = False, most: int = 200) -> tuple[IssueRow, ...]:
    """The newest first; with `published` only what readers have got."""
    rows = await tx.fetch(
        "SELECT number, title, state, author, send_at, started_at AS sent_at"
        " FROM newsletter_issue WHERE NOT $1 OR started_at IS NOT NULL"
        " ORDER BY number DESC LIMIT $2",
        published,
        most,
    )
    return tuple(IssueRow(*row) for row in rows)


async def figures_of(tx: Tx, issue_id: UUID) -> Figures:
    """What became of one issue."""
    rows = await tx.fetch(
        "SELECT state, count(*) FROM newsletter_delivery WHERE issue_id = $1 GROUP BY state",
        issue_id,
    )
    counts = {row["state"]: row["count"] for row in rows}
    left = await tx.fetchval(
        "SELECT count(*) FROM newsletter_consent WHERE issue_id = $1 AND act = 'left'", issue_id
    )
    return Figures(
        waiting=sum(counts.get(one, 0) for one in ("waiting", "leased", "begun")),
        sent=counts.get("sent", 0),
        returned=counts.get("returned", 0),
        failed=counts.get("failed", 0),
        dropped=counts.get("dropped", 0),
        unsure=counts.get("unsure", 0),
        left=left,
    )


async def readers_of(tx: Tx, topics: tuple[str, ...]) -> int:
    """How many would get an issue on these topics now."""
    count: int = await tx.fetchval(
        "SELECT count(*) FROM newsletter_subscriber s WHERE s.state = 'active' AND EXISTS"
        " (SELECT 1 FROM newsletter_topic t WHERE t.subscriber_id = s.id AND t.topic = ANY ($1))",
        list(topics),
    )
    return count
