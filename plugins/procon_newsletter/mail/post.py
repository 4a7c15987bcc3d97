"""Sending: the queue is drained a few seconds at a time, and single mails by the outbox."""

from __future__ import annotations

import time
from uuid import UUID

import msgspec
from msgspec import Struct

from procon.sdk import (
    Database,
    Health,
    MailLine,
    NotNow,
    Returned,
    Tenant,
    Tx,
    Work,
    new_id,
    services_of,
    tenant_scope,
)
from procon_newsletter.mail.bounces import Failure, return_path, take_bounce, without_addresses
from procon_newsletter.mail.letter import Letter, Sender, confirmation, finish, prepare, sender_of
from procon_newsletter.mail.queue import (
    Begun,
    Due,
    begin,
    claim,
    fan_out,
    finish_issues,
    give_back,
    mark_sent,
    mark_unsure,
    postpone,
    put_back,
    recover,
    sending,
    start_due,
)
from procon_newsletter.settings import NewsletterSettings

# What one round may take; the worker has other things to do for other cities.
ROUND_SECONDS = 8.0
# Marked as begun together: a worker that dies leaves at most so many of which nobody knows.
HANDFUL = 5
BUSY = 3
TEST_TOPIC = "newsletter/test"
NOBODY = "x" * 22


class TestSend(Struct, frozen=True):
    """An issue as a draft, for somebody of the staff to look at."""

    number: int
    email: str


class Outcome(Struct, frozen=True):
    """What became of one message."""

    begun: Begun
    kind: str
    reason: str = ""


class Post(Struct, frozen=True):
    """What sending needs of one city, made ready once a round."""

    db: Database
    tenant: Tenant
    settings: NewsletterSettings
    sender: Sender
    letters: dict[UUID, tuple[Due, Letter]]


async def send_queue(db: Database, tenant: Tenant, settings: NewsletterSettings) -> None:
    """One round: start what is due, queue its readers, send for a few seconds."""
    await drain(db, tenant, settings, seconds=ROUND_SECONDS)


async def drain(
    db: Database, tenant: Tenant, settings: NewsletterSettings, *, seconds: float
) -> int:
    """Send until the queue has nothing that may go now, or `seconds` are over.

    Returns how many messages the mail server took.
    """
    end = time.monotonic() + seconds
    async with tenant_scope(db, tenant) as tx:
        await recover(tx)
        await start_due(tx)
        issues = await sending(tx)
    if not issues:
        return 0
    for issue in issues:
        if not await _queue_readers(db, tenant, issue, end):
            return 0
    services = services_of(db)
    sender = sender_of(tenant, settings, services)
    letters = {
        issue.id: (
            issue,
            prepare(
                tenant,
                services,
                sender,
                name=settings.name,
                number=issue.number,
                title=issue.title,
                body=issue.body,
                written_at=issue.started_at,
            ),
        )
        for issue in issues
    }
    post = Post(db, tenant, settings, sender, letters)
    try:
        async with services.mail() as line:
            sent = await _send(post, line, end)
    except NotNow:  # the mail server is away: the next round tries again
        sent = 0
    async with tenant_scope(db, tenant) as tx:
        await finish_issues(tx, [issue.id for issue in issues])
    return sent


async def send_confirmation(work: Work) -> None:
    """Ask the address whether it wants the newsletter."""
    subscriber_id = msgspec.json.decode(work.payload, type=UUID)
    async with tenant_scope(work.db, work.tenant) as tx:
        row = await tx.fetchrow(
            "SELECT email, confirm_token FROM newsletter_subscriber"
            " WHERE id = $1 AND confirm_token <> ''",
            subscriber_id,
        )
        now = tx.now
    if row is None:
        return
    settings = settings_in(work.tenant)
    services = services_of(work.db)
    sender = sender_of(work.tenant, settings, services)
    mail = confirmation(
        work.tenant,
        services,
        sender,
        name=settings.name,
        recipient=row["email"],
        token=row["confirm_token"],
        message_id=str(work.id),
        asked_at=now,
    )
    try:
        async with services.mail() as line:
            await line.send(mail, sender=sender.address, recipient=row["email"])
    except Returned:  # whoever typed it has mistyped it
        return


async def send_test(work: Work) -> None:
    """Send a draft to one address; its links lead to nobody's pages."""
    wanted = msgspec.json.decode(work.payload, type=TestSend)
    async with tenant_scope(work.db, work.tenant) as tx:
        row = await tx.fetchrow(
            "SELECT title, body, created_at FROM newsletter_issue WHERE number = $1", wanted.number
        )
    settings = settings_in(work.tenant)
    services = services_of(work.db)
    sender = sender_of(work.tenant, settings, services)
    letter = prepare(
        work.tenant,
        services,
        sender,
        name=settings.name,
        number=wanted.number,
        title=row["title"],
        body=row["body"],
        written_at=row["created_at"],
        subject=f"[Teste] {row['title']}",
    )
    mail = finish(
        letter,
        sender,
        recipient=wanted.email,
        token=NOBODY,
        number=wanted.number,
        message_id=str(work.id),
    )
    async with services.mail() as line:
        await line.send(mail, sender=sender.address, recipient=wanted.email)


def settings_in(tenant: Tenant) -> NewsletterSettings:
    """The settings in a city's manifest."""
    return msgspec.convert(tenant.plugins["newsletter"], NewsletterSettings)


async def health(db: Database, tenant: Tenant, settings: NewsletterSettings) -> Health:
    """Well when every secret that the settings name is there."""
    services = services_of(db)
    try:
        sender_of(tenant, settings, services)
        if settings.bounce_key:
            services.secret(settings.bounce_key)
    except LookupError as error:
        return Health(well=False, sentence=f"Falta um segredo, e nada é enviado: {error}.")
    async with tenant_scope(db, tenant) as tx:
        row = await tx.fetchrow(
            "SELECT (SELECT count(*) FROM newsletter_subscriber WHERE state = 'active') AS readers,"
            " (SELECT count(*) FROM newsletter_delivery WHERE state = 'waiting') AS waiting"
        )
    return Health(
        well=True, sentence=f"{row['readers']} assinante(s), {row['waiting']} mensagem(ns) na fila."
    )


async def _queue_readers(db: Database, tenant: Tenant, issue: Due, end: float) -> bool:
    """Whether all readers are queued before the time is over."""
    while time.monotonic() < end:
        async with tenant_scope(db, tenant) as tx:
            if await fan_out(tx, issue) == 0:
                return True
    return False


async def _send(post: Post, line: MailLine, end: float) -> int:
    sent = 0
    while time.monotonic() < end:
        lease = new_id()
        async with tenant_scope(post.db, post.tenant) as tx:
            claimed = await claim(
                tx,
                issues=list(post.letters),
                lease=lease,
                per_minute=post.settings.per_minute,
            )
        if not claimed:
            break
        taken, busy = await _send_claimed(post, line, lease, claimed, end)
        sent += taken
        if busy:
            break
    return sent


async def _send_claimed(
    post: Post, line: MailLine, lease: UUID, claimed: list[UUID], end: float
) -> tuple[int, bool]:
    """Each transaction settles the handful before and begins the next.

    Returns how many were taken, and whether the server says "not now" to everything.
    """
    sent, busy = 0, False
    done: list[Outcome] = []
    for first in range(0, len(claimed), HANDFUL):
        if time.monotonic() >= end or busy:
            break
        async with tenant_scope(post.db, post.tenant) as tx:
            await _settle(tx, lease, done)
            deliveries = claimed[first : first + HANDFUL]
            begun = await begin(tx, lease=lease, deliveries=deliveries)
        done = await _hand_over_all(post, line, begun)
        sent += sum(one.kind == "sent" for one in done)
        busy = any(one.kind == "untried" for one in done)
    async with tenant_scope(post.db, post.tenant) as tx:
        await _settle(tx, lease, done)
        await give_back(tx, lease=lease)
    return sent, busy


async def _hand_over_all(post: Post, line: MailLine, begun: list[Begun]) -> list[Outcome]:
    """One after the other; a server that says "not now" so many times in a row is left alone."""
    done: list[Outcome] = []
    for one in begun:
        refused = [other.kind in {"later", "untried"} for other in done[-BUSY:]]
        if len(refused) == BUSY and all(refused):
            done.append(Outcome(one, "untried"))
        else:
            done.append(await _hand_over(post, line, one))
    return done


async def _hand_over(post: Post, line: MailLine, begun: Begun) -> Outcome:
    issue, letter = post.letters[begun.issue_id]
    mail = finish(
        letter,
        post.sender,
        recipient=begun.email,
        token=begun.reader,
        number=issue.number,
        message_id=str(begun.id),
    )
    back = return_path(begun.token, post.sender.address.rpartition("@")[2])
    try:
        await line.send(mail, sender=back, recipient=begun.email)
    except Returned as refusal:
        return Outcome(begun, "returned", str(refusal))
    except NotNow:
        return Outcome(begun, "later")
    except (OSError, TimeoutError):
        return Outcome(begun, "unsure")
    return Outcome(begun, "sent")


async def _settle(tx: Tx, lease: UUID, done: list[Outcome]) -> None:
    if sent := [one.begun.id for one in done if one.kind == "sent"]:
        await mark_sent(tx, lease=lease, deliveries=sent)
    for one in done:
        if one.kind == "later":
            await postpone(tx, lease=lease, delivery=one.begun.id)
        elif one.kind == "unsure":
            await mark_unsure(tx, lease=lease, delivery=one.begun.id)
        elif one.kind == "untried":
            await put_back(tx, lease=lease, delivery=one.begun.id)
        elif one.kind == "returned":
            failure = Failure(True, without_addresses(one.reason))
            await take_bounce(tx, token=one.begun.token, failure=failure)
