"""Rows of notices and of their events, for this slice's commands.

What changes a notice locks its case first, so that a reader, a bounce and the sweep that presumes
a reading never wait for each other in a circle.
"""

from __future__ import annotations

from uuid import UUID

from procon.auth.actor import SYSTEM, Actor
from procon.kernel.ids import new_id
from procon.kernel.text import clean
from procon.tenancy.scope import Tx

TO_SIDE = {"consumer": "ao consumidor", "supplier": "à empresa"}


async def add_notice(
    tx: Tx, *, actor: Actor, kind: str, detail: str = "", **values: object
) -> UUID | None:
    """A new row and its first event; None when the effect key is known. Names are this slice's."""
    given = {"id": new_id(), "made_at": tx.now, "tracking": "", "detail": detail, **values}
    places = ", ".join(f"${place}" for place in range(1, len(given) + 1))
    notice_id = await tx.fetchval(
        f"INSERT INTO notice ({', '.join(given)}) VALUES ({places})"
        " ON CONFLICT (effect_key) DO NOTHING RETURNING id",
        *given.values(),
    )
    if notice_id is None:
        return None
    await add_events(tx, [notice_id], kind=kind, actor=actor, detail=detail)
    return UUID(str(notice_id))


async def add_events(
    tx: Tx, notice_ids: list[UUID], *, kind: str, actor: Actor, detail: str = ""
) -> None:
    """Keep for good that this happened to each of these notices."""
    await tx.executemany(
        "INSERT INTO notice_event (id, notice_id, kind, at, actor, detail)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        [(new_id(), one, kind, tx.now, actor.label, clean(detail, 500)) for one in notice_ids],
    )


async def drop_tasks(tx: Tx, actor: Actor, case_id: UUID, side: str, sources: list[str]) -> None:
    """The side knows, or is told anew: letters that nobody has printed are needed no more, and
    e-mails that nobody opened are no longer presumed read.
    """
    rows = await tx.fetch(
        "UPDATE notice SET status = 'unneeded' WHERE case_id = $1 AND side = $2"
        " AND source = ANY($3) AND status = 'to_send' RETURNING id",
        case_id,
        side,
        sources,
    )
    await add_events(tx, [row["id"] for row in rows], kind="unneeded", actor=actor)
    await tx.execute(
        "UPDATE notice SET tacit_due_at = NULL WHERE case_id = $1 AND side = $2"
        " AND source = ANY($3) AND effective_at IS NULL AND opened_at IS NULL AND status <> 'made'",
        case_id,
        side,
        sources,
    )


async def hold_case(tx: Tx, case_id: UUID) -> None:
    """Wait for the case's row, as every act on the case does."""
    await tx.fetchval("SELECT id FROM case_file WHERE id = $1 FOR UPDATE", case_id)


async def ask_for_letter(tx: Tx, case_id: UUID, source: str, side: str) -> bool:
    """A task for the staff: this act goes to this side by AR. Once for each act and side; one that
    was dropped comes back.
    """
    again = await tx.fetchval(
        "UPDATE notice SET status = 'to_send' WHERE effect_key = $1 AND status = 'unneeded'"
        " RETURNING id",
        f"{source}/{side}/ar",
    )
    if again is not None:
        await add_events(tx, [again], kind="to_send", actor=SYSTEM)
        return True
    first = await tx.fetchrow(
        "SELECT id, act, recipient_name, subject, summary, content_sha256 FROM notice"
        " WHERE case_id = $1 AND source = $2 AND side = $3 ORDER BY id LIMIT 1",
        case_id,
        source,
        side,
    )
    made = await add_notice(
        tx,
        actor=SYSTEM,
        kind="to_send",
        effect_key=f"{source}/{side}/ar",
        case_id=case_id,
        source=source,
        side=side,
        act=first["act"],
        formal=True,
        recipient_name=first["recipient_name"],
        channel="ar",
        address="",
        subject=first["subject"],
        summary=first["summary"],
        content_sha256=first["content_sha256"],
        status="to_send",
        escalated_from=first["id"],
    )
    return made is not None
