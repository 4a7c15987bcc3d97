"""Telling the parties. Being in the portal is the act; the e-mail is the alert."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from procon.auth.actor import SYSTEM, Actor
from procon.deadlines.queries import deadline_for
from procon.jobs.outbox import put_out
from procon.kernel.chain import canonical
from procon.kernel.documents import BadDocument, parse_email
from procon.kernel.ids import new_id, readable_code
from procon.kernel.text import clean
from procon.notices.mail.message import SUBJECT_MOST
from procon.notices.outcomes import TACIT_RULE, note_reading, take_bounce
from procon.notices.queries import Notice
from procon.notices.records import add_notice, ask_for_letter
from procon.tenancy.scope import Tx

__all__ = ["Addressee", "Told", "note_reading", "take_bounce", "tell_side", "write_message"]

SEND_TOPIC = "message/send"
QUIET_FROM, QUIET_TO = time(20), time(8)
TOKEN_LENGTH = 20

PartySide = Literal["consumer", "supplier"]


class Addressee(Struct, frozen=True):
    """Whom a side's notices go to. `email` may be empty or wrong; `role`: party, representative,
    member (of the company) or lawyer.
    """

    name: str
    email: str
    role: str = "party"


class Told(Struct, frozen=True, kw_only=True):
    """What one side of a case is told.

    Attributes:
        source: the effect key of the telling; every notice of the same act to anybody shares it.
        act: key of the act: an event's kind, a transition or a topic.
        formal: a deadline or a duty hangs on it: never held back by a preference, presumed read
            after a time, sent by another channel when the e-mail comes back.
        urgent: goes out at night too.
    """

    source: str
    case_id: UUID
    side: PartySide
    act: str
    subject: str
    summary: str
    formal: bool
    urgent: bool = True


async def write_message(
    tx: Tx,
    *,
    effect_key: str,
    case_id: UUID | None,
    recipient: str,
    subject: str,
    body: str,
    attachment: tuple[str, str, bytes] | None = None,
    urgent: bool = True,
) -> UUID:
    """Keep a message and promise its delivery. The same key again does nothing.

    Args:
        attachment: file name, media type (with parameters), content.
        urgent: False keeps it until 8h of the city's clock when it is between 20h and 8h.

    Returns:
        The message's id. One to an address that cannot be is kept as returned.
    """
    address = usable_address(recipient)
    message_id = await tx.fetchval(
        "INSERT INTO message (id, effect_key, case_id, recipient, subject, body, created_at, token,"
        " bounced_at, bounce_reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        " ON CONFLICT (effect_key) DO NOTHING RETURNING id",
        new_id(),
        effect_key,
        case_id,
        address or clean(recipient, 254),
        clean(subject, SUBJECT_MOST),
        clean(body, len(body), multiline=True) + "\n",
        tx.now,
        readable_code(TOKEN_LENGTH).lower(),
        None if address else tx.now,
        "" if address else "Endereço inválido",
    )
    if message_id is None:
        known = await tx.fetchval("SELECT id FROM message WHERE effect_key = $1", effect_key)
        return UUID(str(known))
    if attachment is not None:
        await tx.execute(
            "INSERT INTO message_file (id, message_id, name, media_type, content)"
            " VALUES ($1, $2, $3, $4, $5)",
            new_id(),
            message_id,
            *attachment,
        )
    if address:
        await put_out(
            tx,
            topic=SEND_TOPIC,
            payload=message_id,
            # Not the effect key: it may hold an address, and this one is in the worker's log.
            effect_key=f"mail/{message_id}",
            delay=timedelta() if urgent else quiet_delay(tx.now, tx.tenant.timezone),
        )
    return UUID(str(message_id))


def usable_address(email: str) -> str:
    """The address as mail servers take it; "" when it is none."""
    try:
        return parse_email(email)
    except BadDocument:
        return ""


def quiet_delay(now: datetime, tz: str) -> timedelta:
    """How long a message that is not urgent waits: until 8h when it is between 20h and 8h."""
    local = now.astimezone(ZoneInfo(tz))
    if QUIET_TO <= local.time() < QUIET_FROM:
        return timedelta()
    day = local.date() + timedelta(days=local.time() >= QUIET_FROM)
    return datetime.combine(day, QUIET_TO, local.tzinfo) - local


async def tell_side(
    tx: Tx, *, told: Told, people: tuple[Addressee, ...], body_of: Callable[[Addressee], str]
) -> None:
    """Make the notices of one act to one side. The same `source` again does nothing.

    Who has no usable e-mail finds the notice in the portal; when that is the whole side and the
    notice is formal, the staff get the task of a letter.
    """
    reachable = [one for one in people if usable_address(one.email)]
    for one in reachable or people[:1]:
        await give_notice(tx, told=told, to=one, body=body_of(one))
    if told.formal and people and not reachable:
        await ask_for_letter(tx, told.case_id, told.source, told.side)


async def give_notice(tx: Tx, *, told: Told, to: Addressee, body: str) -> UUID | None:
    """One notice to one person, with its alert; None when it had been given before."""
    address = usable_address(to.email)
    if address and not told.formal and await wants_only_formal(tx, address):
        address = ""
    mark = hashlib.sha256(f"{to.name}\0{to.email.lower()}".encode()).hexdigest()[:12]
    effect_key = f"{told.source}/{told.side}/{mark}"
    message_id, due_at = None, None
    if address:
        message_id = await write_message(
            tx,
            effect_key=effect_key,
            case_id=told.case_id,
            recipient=address,
            subject=told.subject,
            body=body,
            urgent=told.urgent,
        )
        if told.formal:
            due_at = (await deadline_for(tx, key=TACIT_RULE, start_at=tx.now)).due_at
    content = canonical({"case": told.case_id, "subject": told.subject, "body": body})
    return await add_notice(
        tx,
        actor=SYSTEM,
        kind="made",
        effect_key=effect_key,
        case_id=told.case_id,
        source=told.source,
        side=told.side,
        act=told.act,
        formal=told.formal,
        recipient_name=clean(to.name, 200),
        channel="email" if address else "portal",
        address=address,
        subject=clean(told.subject, SUBJECT_MOST),
        summary=clean(told.summary, 2_000, multiline=True),
        content_sha256=hashlib.sha256(content).hexdigest(),
        status="made" if address else "available",
        tacit_due_at=due_at,
        message_id=message_id,
    )


async def resend(tx: Tx, *, actor: Actor, notice: Notice, email: str) -> None:
    """The same notice to another address; what came back stays on record."""
    turn = await tx.fetchval("SELECT count(*) FROM notice WHERE escalated_from = $1", notice.id)
    effect_key = f"{notice.source}/{notice.side}/{notice.id.hex[-12:]}/{turn}"
    body = await tx.fetchval(
        "SELECT m.body FROM notice n JOIN message m ON m.id = n.message_id WHERE n.id = $1",
        notice.id,
    )
    message_id = await write_message(
        tx,
        effect_key=effect_key,
        case_id=notice.case_id,
        recipient=email,
        subject=notice.subject,
        body=body,
    )
    due = await deadline_for(tx, key=TACIT_RULE, start_at=tx.now) if notice.formal else None
    await add_notice(
        tx,
        actor=actor,
        kind="made",
        effect_key=effect_key,
        case_id=notice.case_id,
        source=notice.source,
        side=notice.side,
        act=notice.act,
        formal=notice.formal,
        recipient_name=notice.recipient_name,
        channel="email",
        address=email,
        subject=notice.subject,
        summary=notice.summary,
        content_sha256=notice.content_sha256,
        status="made",
        tacit_due_at=due.due_at if due else None,
        escalated_from=notice.id,
        message_id=message_id,
    )


async def set_mail_choice(tx: Tx, *, addresses: list[str], only_formal: bool) -> None:
    """Whether e-mails that only inform go to these addresses."""
    await tx.executemany(
        "INSERT INTO mail_choice (address, only_formal, changed_at) VALUES ($1, $2, $3)"
        " ON CONFLICT (address) DO UPDATE SET only_formal = excluded.only_formal,"
        " changed_at = excluded.changed_at",
        [(one.lower(), only_formal, tx.now) for one in addresses],
    )


async def wants_only_formal(tx: Tx, address: str) -> bool:
    """Whether who reads this address has asked for fewer e-mails."""
    sql = "SELECT only_formal FROM mail_choice WHERE address = $1"
    return bool(await tx.fetchval(sql, address.lower()))
