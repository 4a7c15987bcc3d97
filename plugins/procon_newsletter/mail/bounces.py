"""Mail that comes back: read, kept without addresses, and never written to again."""

from __future__ import annotations

import re
from datetime import timedelta
from email import message_from_bytes, policy
from uuid import UUID

from flufl.bounce import all_failures
from msgspec import Struct

from procon.sdk import NotFound, Tx, clean, new_id
from procon_newsletter.people import suppress

PREFIX = "n+"
SOFT_MOST = 3
SOFT_WITHIN = timedelta(days=90)
REASON_MOST = 300
_TOKEN = re.compile(r"[0-9a-f]{24}")
_ADDRESS = re.compile(r"[^\s<>:;,\"]+@[^\s<>:;,\"]+")


class Failure(Struct, frozen=True):
    """What a returned mail says; `final` when the address will never take mail."""

    final: bool
    reason: str


def return_path(token: str, domain: str) -> str:
    """The envelope's sender: what comes back names its delivery by itself (VERP)."""
    return f"{PREFIX}{token}@{domain}"


def read_bounce(raw: bytes) -> Failure | None:
    """What a returned mail says; None for an answer, a holiday or anything else."""
    mail = message_from_bytes(raw, policy=policy.compat32)
    try:
        temporary, permanent = all_failures(mail)
    except Exception:  # a mail made to break a parser says nothing
        return None
    if not temporary and not permanent:
        return None
    return Failure(bool(permanent), without_addresses(_diagnosis(raw)))


def without_addresses(text: str) -> str:
    """One line in which every address is hidden."""
    return clean(_ADDRESS.sub("[endereço]", text), REASON_MOST) or "O endereço devolveu a mensagem"


async def take_bounce(tx: Tx, *, token: str, failure: Failure) -> None:
    """Record what came back. A final failure, or the third of another kind, ends the sending.

    Raises:
        NotFound: no delivery has this token.
    """
    row = None
    if _TOKEN.fullmatch(token):
        row = await tx.fetchrow(
            "SELECT id, subscriber_id FROM newsletter_delivery WHERE token = $1 FOR UPDATE", token
        )
    if row is None:
        raise NotFound("Nenhuma mensagem tem este código.")
    await _record(tx, row["id"], failure)
    soft = 0
    if not failure.final:
        soft = await tx.fetchval(
            "SELECT count(DISTINCT b.delivery_id) FROM newsletter_bounce b"
            " JOIN newsletter_delivery d ON d.id = b.delivery_id"
            " WHERE d.subscriber_id = $1 AND b.happened_at > $2",
            row["subscriber_id"],
            tx.now - SOFT_WITHIN,
        )
    if failure.final:
        await tx.execute(
            "UPDATE newsletter_delivery SET state = 'returned' WHERE id = $1", row["id"]
        )
    if failure.final or soft >= SOFT_MOST:
        await _end(tx, row["subscriber_id"])


async def _record(tx: Tx, delivery_id: UUID, failure: Failure) -> None:
    await tx.execute(
        "INSERT INTO newsletter_bounce (id, delivery_id, final, reason, happened_at)"
        " VALUES ($1, $2, $3, $4, $5)",
        new_id(),
        delivery_id,
        "yes" if failure.final else "no",
        failure.reason,
        tx.now,
    )


async def _end(tx: Tx, subscriber_id: UUID | None) -> None:
    email = await tx.fetchval(
        "UPDATE newsletter_subscriber SET state = 'returned' WHERE id = $1 AND state = 'active'"
        " RETURNING email",
        subscriber_id,
    )
    if email is not None:
        await suppress(tx, email=email, reason="returned")


def _diagnosis(raw: bytes) -> str:
    found = re.search(rb"(?im)^Diagnostic-Code:[ \t]*(.+(?:\r?\n[ \t].+)*)", raw)
    status = re.search(rb"(?im)^Status:[ \t]*([245]\.\d{1,3}\.\d{1,3})", raw)
    parts = [part.group(1).decode("utf-8", "replace") for part in (status, found) if part]
    return " ".join(parts)
