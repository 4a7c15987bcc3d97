"""Telling the parties. Being in the portal is the act; the e-mail is the alert."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from uuid import UUID

import aiosmtplib
from jinja2 import Environment
from msgspec import Struct

from procon.cases.queries import CaseDetail, detail_by_id
from procon.jobs.outbox import Handler, Work, put_out
from procon.kernel.ids import new_id
from procon.tenancy.scope import Tx, tenant_scope

SEND_TOPIC = "message/send"


class Post(Struct, frozen=True):
    """What the mail needs from the installation."""

    smtp_host: str
    smtp_port: int
    address_of: Callable[[str, str], str]
    code_of: Callable[[str, UUID, int], str]
    texts: Environment


class Letter(Struct, frozen=True):
    """An e-mail about a case: its text template, to whom, with which subject line."""

    template: str
    to: str
    subject: str


LETTERS: dict[str, Letter] = {
    "case_opened": Letter("opened.txt", "person", "Recebemos sua reclamação {number}"),
    "case_returned": Letter("returned.txt", "person", "Falta algo na sua reclamação {number}"),
    "case_redirected": Letter("redirected.txt", "person", "Quem pode ajudar no seu caso {number}"),
    "cip_issued": Letter("cip.txt", "supplier", "Carta de Informações Preliminares {number}"),
    "answer_submitted": Letter("answered.txt", "person", "A empresa respondeu: {number}"),
    "answer_missed": Letter("missed.txt", "person", "A empresa não respondeu: {number}"),
    "answer_rated": Letter("rated.txt", "supplier", "O consumidor avaliou a resposta: {number}"),
    "rating_expired": Letter("expired.txt", "person", "Processo encerrado sem avaliação: {number}"),
}


async def write_message(
    tx: Tx, *, effect_key: str, case_id: UUID | None, recipient: str, subject: str, body: str
) -> None:
    """Keep a message and promise its delivery. The same key again does nothing."""
    message_id = await tx.fetchval(
        "INSERT INTO message (id, effect_key, case_id, recipient, subject, body, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (effect_key) DO NOTHING RETURNING id",
        new_id(),
        effect_key,
        case_id,
        recipient,
        subject,
        body,
        tx.now,
    )
    if message_id is not None:
        await put_out(tx, topic=SEND_TOPIC, payload=message_id, effect_key=f"mail/{effect_key}")


def handlers(post: Post) -> dict[str, Handler]:
    """Topic → handler: one for each event that somebody is told of, and the delivery itself."""

    def telling(letter: Letter) -> Handler:
        async def tell(work: Work) -> None:
            await _tell(work, letter, post)

        return tell

    async def send(work: Work) -> None:
        await _send(work, post)

    found: dict[str, Handler] = {f"{kind}/tell": telling(item) for kind, item in LETTERS.items()}
    return {**found, SEND_TOPIC: send}


async def _tell(work: Work, letter: Letter, post: Post) -> None:
    event = work.event()
    async with tenant_scope(work.db, work.tenant) as tx:
        case = await detail_by_id(tx, event.case_id)
        if case is None:
            return
        recipient = case.person_email if letter.to == "person" else case.supplier_email
        if not recipient:
            return
        body = post.texts.get_template(f"notices/{letter.template}").render(
            event=event, case=case, tenant=work.tenant, **_links(work, case, post)
        )
        await write_message(
            tx,
            effect_key=work.effect_key,
            case_id=case.id,
            recipient=recipient,
            subject=letter.subject.format(number=case.number),
            body=body,
        )


def _links(work: Work, case: CaseDetail, post: Post) -> dict[str, str]:
    host = work.tenant.host
    return {
        "case_url": post.address_of(host, f"/processos/{case.number}"),
        "supplier_url": post.address_of(host, "/fornecedor"),
        "code": post.code_of(work.tenant.slug, case.id, case.cip_round),
    }


async def _send(work: Work, post: Post) -> None:
    """Hand one message to the mail server. Its Message-ID is its effect key, so that a mail
    system that gets it twice can tell.
    """
    message_id = UUID(work.payload.strip('"'))
    async with tenant_scope(work.db, work.tenant) as tx:
        row = await tx.fetchrow(
            "SELECT recipient, subject, body, sent_at, created_at FROM message WHERE id = $1",
            message_id,
        )
    if row is None or row["sent_at"] is not None:
        return
    mail = EmailMessage()
    mail["From"] = formataddr((work.tenant.name, work.tenant.mail.sender))
    mail["To"] = row["recipient"]
    mail["Subject"] = row["subject"]
    mail["Date"] = format_datetime(row["created_at"])
    mail["Message-ID"] = f"<{message_id}@{work.tenant.host}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(row["body"])
    await aiosmtplib.send(
        mail, hostname=post.smtp_host, port=post.smtp_port, timeout=15, start_tls=False
    )
    async with tenant_scope(work.db, work.tenant) as tx:
        await tx.execute("UPDATE message SET sent_at = $2 WHERE id = $1", message_id, tx.now)
