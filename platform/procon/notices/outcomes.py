"""What becomes of a notice: sent, returned, read, or presumed read."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from procon.auth.actor import SYSTEM, Actor
from procon.cases.moves import record_act
from procon.deadlines.queries import deadline_for
from procon.kernel.errors import NotFound
from procon.kernel.text import clean
from procon.notices.mail.message import REASON_MOST
from procon.notices.records import TO_SIDE, add_events, ask_for_letter, drop_tasks, hold_case
from procon.portal.render import long_date
from procon.tenancy.scope import Tx

TACIT_RULE = "tacit_notice"
PARTIES = ("consumer", "supplier")


async def mark_sent(tx: Tx, message_id: UUID) -> None:
    """The mail server has taken the message."""
    await tx.execute("UPDATE message SET sent_at = $2 WHERE id = $1", message_id, tx.now)
    rows = await tx.fetch(
        "UPDATE notice SET sent_at = $2,"
        " status = CASE WHEN status = 'made' THEN 'sent' ELSE status END"
        " WHERE message_id = $1 AND sent_at IS NULL RETURNING id",
        message_id,
        tx.now,
    )
    await add_events(tx, [row["id"] for row in rows], kind="sent", actor=SYSTEM)


async def take_bounce(tx: Tx, *, token: str, reason: str) -> bool:
    """An e-mail came back: its notice goes on by the next channel.

    Returns:
        Whether this is news; the same bounce again changes nothing.

    Raises:
        NotFound: no message of this city has the token.
    """
    row = await tx.fetchrow(
        "SELECT id, case_id FROM message WHERE token = $1 AND token <> ''", token.lower()
    )
    if row is None:
        raise NotFound("Nenhuma mensagem tem este código de devolução.")
    if row["case_id"] is not None:
        await hold_case(tx, row["case_id"])
    why = clean(reason, REASON_MOST)
    news = await tx.fetchval(
        "UPDATE message SET bounced_at = $2, bounce_reason = $3"
        " WHERE id = $1 AND bounced_at IS NULL RETURNING id",
        row["id"],
        tx.now,
        why,
    )
    if news is None:
        return False
    for notice in await tx.fetch(
        "UPDATE notice SET bounced_at = $2, tacit_due_at = NULL,"
        " status = CASE WHEN effective_at IS NULL THEN 'bounced' ELSE status END"
        " WHERE message_id = $1 RETURNING id, case_id, source, side, formal",
        row["id"],
        tx.now,
    ):
        await add_events(tx, [notice["id"]], kind="bounced", actor=SYSTEM, detail=why)
        if notice["formal"]:
            await _go_on_by_letter(tx, notice["case_id"], notice["source"], notice["side"])
    return True


async def note_reading(tx: Tx, *, actor: Actor, side: str, case_id: UUID) -> None:
    """The side has the case open on its screen: its notices are read, and count from now.

    Costs one query when there is nothing new. The staff's looking reads nothing.
    """
    if side not in PARTIES:
        return
    unread = await tx.fetchval(
        "SELECT 1 FROM notice WHERE case_id = $1 AND side = $2 AND opened_at IS NULL"
        " AND channel IN ('portal', 'email') AND status <> 'wrong_party' LIMIT 1",
        case_id,
        side,
    )
    if unread is None:
        return
    await hold_case(tx, case_id)
    rows = await tx.fetch(
        "UPDATE notice SET opened_at = $3, effective_at = COALESCE(effective_at, $3),"
        " status = CASE WHEN effective_at IS NULL THEN 'read' ELSE status END"
        " WHERE case_id = $1 AND side = $2 AND opened_at IS NULL"
        " AND channel IN ('portal', 'email') AND status <> 'wrong_party' RETURNING id, source",
        case_id,
        side,
        tx.now,
    )
    await add_events(tx, [row["id"] for row in rows], kind="read", actor=actor)
    await drop_tasks(tx, actor, case_id, side, sorted({row["source"] for row in rows}))


async def set_aside(tx: Tx, *, case_id: UUID, corrected_as: str) -> None:
    """What a company was told by mistake, for it was not the one: nothing counts from that.

    Args:
        corrected_as: effect key of the correction's event; what was told after it stays.
    """
    await hold_case(tx, case_id)
    rows = await tx.fetch(
        "UPDATE notice SET status = 'wrong_party', tacit_due_at = NULL, effective_at = NULL"
        " WHERE case_id = $1 AND side = 'supplier' AND status <> 'wrong_party'"
        " AND made_at <= (SELECT created_at FROM outbox WHERE effect_key = $2) RETURNING id",
        case_id,
        corrected_as,
    )
    await add_events(tx, [row["id"] for row in rows], kind="wrong_party", actor=SYSTEM)


async def presume_read(tx: Tx, *, most: int = 100) -> int:
    """Unread after the time of the rule: the notice counts from that time's end, and the log says
    so. Only what reached an e-mail address is presumed; what came back goes by letter.

    Norm: Lei 11.419/2006 art. 5 § 3, by analogy, or what the city's rule says.

    Returns:
        How many acts are now presumed known.
    """
    open_acts = await tx.fetch(
        "SELECT DISTINCT case_id, source, side FROM notice n WHERE effective_at IS NULL"
        " AND tacit_due_at < $1 AND status = 'sent' AND NOT EXISTS (SELECT 1 FROM notice o"
        " WHERE o.case_id = n.case_id AND o.source = n.source AND o.side = n.side"
        " AND o.effective_at IS NOT NULL) ORDER BY case_id, source, side LIMIT $2",
        tx.now - timedelta(seconds=1),
        most,
    )
    done = 0
    for case_id, source, side in open_acts:
        await hold_case(tx, case_id)
        done += await _presume(tx, case_id, source, side)
    return done


async def _presume(tx: Tx, case_id: UUID, source: str, side: str) -> int:
    rows = await tx.fetch(
        "UPDATE notice SET tacit_at = tacit_due_at, effective_at = tacit_due_at,"
        " status = 'presumed' WHERE case_id = $1 AND source = $2 AND side = $3"
        " AND status = 'sent' AND effective_at IS NULL AND tacit_due_at < $4"
        " RETURNING id, subject, made_at, tacit_due_at",
        case_id,
        source,
        side,
        tx.now - timedelta(seconds=1),
    )
    if not rows:
        return 0
    await add_events(tx, [row["id"] for row in rows], kind="presumed", actor=SYSTEM)
    rule = await deadline_for(tx, key=TACIT_RULE, start_at=rows[0]["made_at"])
    ended = min(row["tacit_due_at"] for row in rows).astimezone(ZoneInfo(tx.tenant.timezone))
    await record_act(
        tx,
        actor=SYSTEM,
        case_id=case_id,
        topic="notice_presumed",
        sentence=f"O aviso {TO_SIDE[side]} não foi aberto no prazo. Pela norma, vale como lido"
        f" em {long_date(ended.date())}.",
        act="Leitura presumida do aviso eletrônico",
        norm=rule.legal_basis,
        detail=rows[0]["subject"],
    )
    return 1


async def _go_on_by_letter(tx: Tx, case_id: UUID, source: str, side: str) -> None:
    reached = await tx.fetchval(
        "SELECT 1 FROM notice WHERE case_id = $1 AND source = $2 AND side = $3 AND ("
        "effective_at IS NOT NULL OR (channel = 'email' AND status IN ('made', 'sent'))) LIMIT 1",
        case_id,
        source,
        side,
    )
    if reached is not None or not await ask_for_letter(tx, case_id, source, side):
        return
    await record_act(
        tx,
        actor=SYSTEM,
        case_id=case_id,
        topic="notice_bounced",
        sentence=f"O aviso por e-mail {TO_SIDE[side]} voltou sem ser entregue."
        " O Procon vai avisar por carta.",
        act="Devolução de aviso eletrônico",
    )
