"""The e-mail itself: built, handed to the mail server, and read when it comes back."""

from __future__ import annotations

from datetime import datetime
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

import aiosmtplib
from msgspec import Struct

from procon.kernel.text import clean
from procon.tenancy.manifest import Tenant

RETURN_PREFIX = "b+"
SUBJECT_MOST = 200
REASON_MOST = 300
SECONDS = 15


class Attached(Struct, frozen=True):
    """A file that goes along."""

    name: str
    media_type: str
    content: bytes


class Outgoing(Struct, frozen=True):
    """A message as it is kept. `id` becomes its Message-ID, so that it is recognised twice."""

    id: str
    recipient: str
    subject: str
    body: str
    token: str
    created_at: datetime
    files: tuple[Attached, ...] = ()


class Returned(Exception):
    """The address does not take mail, and will not tomorrow either."""


def build(tenant: Tenant, message: Outgoing) -> EmailMessage:
    """The mail. Nothing that a person typed can add a header or a recipient."""
    mail = EmailMessage()
    mail["From"] = Address(clean(tenant.name, 120), addr_spec=tenant.mail.sender)
    mail["To"] = Address(addr_spec=message.recipient)
    if tenant.mail.reply_to:
        mail["Reply-To"] = Address(addr_spec=tenant.mail.reply_to)
    mail["Subject"] = clean(message.subject, SUBJECT_MOST)
    mail["Date"] = format_datetime(message.created_at)
    mail["Message-ID"] = f"<{message.id}@{tenant.host}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = "pt-BR"
    mail.set_content(message.body)
    for file in message.files:
        main, _, sub = file.media_type.partition("/")
        kind, *parameters = sub.split(";")
        given = dict(part.strip().partition("=")[::2] for part in parameters)
        mail.add_attachment(
            file.content, maintype=main, subtype=kind, filename=clean(file.name, 120), params=given
        )
    return mail


def return_path(tenant: Tenant, token: str) -> str:
    """The envelope's sender: what comes back says by itself which message it was (VERP)."""
    if not token:
        return tenant.mail.sender
    return f"{RETURN_PREFIX}{token}@{tenant.mail.sender.rpartition('@')[2]}"


async def hand_over(tenant: Tenant, message: Outgoing, *, host: str, port: int) -> None:
    """Give one message to the mail server.

    Raises:
        Returned: the address was refused for good (5xx).
        aiosmtplib.SMTPException, OSError: not now; the caller tries again.
    """
    try:
        await aiosmtplib.send(
            build(tenant, message),
            sender=return_path(tenant, message.token),
            recipients=[message.recipient],
            hostname=host,
            port=port,
            timeout=SECONDS,
            start_tls=False,
        )
    except aiosmtplib.SMTPRecipientsRefused as error:
        [refusal] = error.recipients
        _raise_if_final(refusal)
        raise
    except aiosmtplib.SMTPDataError as error:
        _raise_if_final(error)
        raise


def _raise_if_final(error: aiosmtplib.SMTPResponseException) -> None:
    if error.code >= 500:
        raise Returned(clean(f"{error.code} {error.message}", REASON_MOST)) from error


def read_bounce(raw: bytes) -> str:
    """Why a message came back; "" when the mail says something else (a delay, "estou de férias").

    Reads delivery status notifications (RFC 3464) and, failing that, what a mail server's own
    account writes.
    """
    mail = message_from_bytes(raw, policy=policy.default)
    for part in mail.walk():
        if part.get_content_type() == "message/delivery-status":
            return _failure(part.get_payload())
    sender = str(mail.get("From", "")).lower()
    if "mailer-daemon" in sender and "auto-replied" not in str(mail.get("Auto-Submitted", "")):
        return clean(str(mail.get("Subject", "")), REASON_MOST) or "O endereço devolveu a mensagem"
    return ""


def _failure(groups: object) -> str:
    for group in groups if isinstance(groups, list) else ():
        if str(group.get("Action", "")).strip().lower() == "failed":
            status, why = str(group.get("Status", "")), str(group.get("Diagnostic-Code", ""))
            return clean(f"{status} {why}", REASON_MOST) or "O endereço devolveu a mensagem"
    return ""
