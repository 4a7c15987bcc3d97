"""Who reads: asked, confirmed, changed, left. Each act leaves evidence that an erasure unseals.

LGPD: consent can be proved (art. 8, § 2) and taken back as easily as given (art. 8, § 5).
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from cryptography.fernet import Fernet
from msgspec import Struct

from procon.sdk import Conflict, Invalid, NotFound, Tx, clean, new_id, put_out
from procon_newsletter.settings import TOPICS

CONFIRM_TOPIC = "newsletter/confirm"
CONFIRM_FOR = timedelta(days=3)
ASK_AGAIN_AFTER = timedelta(minutes=10)
EMAIL_MOST = 254
_EMAIL = re.compile(
    r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@"
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])"
)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")


class Origin(Struct, frozen=True):
    """Where an act came from."""

    address: str
    browser: str = ""


class Said(Struct, frozen=True):
    """What a person did and which words they read."""

    act: str
    topics: tuple[str, ...]
    words: str
    origin: Origin
    issue_id: UUID | None = None


class Subscriber(Struct, frozen=True):
    """A subscriber as read."""

    id: UUID
    email: str
    state: str
    token: str
    confirmed_at: datetime | None
    topics: tuple[str, ...]


def parse_email(typed: str, field: str = "email") -> str:
    """The address in small letters.

    Raises:
        Invalid: it is none.
    """
    email = clean(typed, EMAIL_MOST + 1).lower()
    local = email.partition("@")[0]
    dots = local.startswith(".") or local.endswith(".") or ".." in local
    if len(email) > EMAIL_MOST or dots or not _EMAIL.fullmatch(email):
        raise Invalid({field: "Escreva um e-mail completo, como nome@exemplo.com.br."})
    return email


def parse_topics(given: Iterable[object], field: str = "temas") -> tuple[str, ...]:
    """The chosen topics in their order.

    Raises:
        Invalid: none was chosen.
    """
    chosen = {str(one) for one in given}
    found = tuple(name for name in TOPICS if name in chosen)
    if not found:
        raise Invalid({field: "Escolha pelo menos um assunto."})
    return found


async def ask(
    tx: Tx, *, email: str, topics: tuple[str, ...], words: str, origin: Origin
) -> UUID | None:
    """Somebody asks to read. Nothing is sent to the address but the question whether they want it.

    Returns the subscriber's id, or None when the same address was asked a moment ago.
    """
    confirm = secrets.token_urlsafe(16)
    row = await tx.fetchrow(
        "INSERT INTO newsletter_subscriber AS s (id, email, domain, state, token, sealing_key,"
        " asked_topics, confirm_token, confirm_until, created_at)"
        " VALUES ($1, $2, $3, 'asked', $4, $5, $6, $7, $8, $9)"
        " ON CONFLICT (email) DO UPDATE SET asked_topics = EXCLUDED.asked_topics,"
        " confirm_token = EXCLUDED.confirm_token, confirm_until = EXCLUDED.confirm_until"
        " WHERE s.confirm_until IS NULL OR s.confirm_until <= $10"
        " RETURNING s.id, s.sealing_key",
        new_id(),
        email,
        email.rpartition("@")[2],
        secrets.token_urlsafe(16),
        Fernet.generate_key(),
        list(topics),
        confirm,
        tx.now + CONFIRM_FOR,
        tx.now,
        tx.now + CONFIRM_FOR - ASK_AGAIN_AFTER,
    )
    if row is None:
        return None
    await _witness(tx, row["id"], row["sealing_key"], Said("asked", topics, words, origin))
    effect = f"{CONFIRM_TOPIC}/{hashlib.sha256(confirm.encode()).hexdigest()[:24]}"
    await put_out(tx, topic=CONFIRM_TOPIC, payload=str(row["id"]), effect_key=effect)
    found: UUID = row["id"]
    return found


async def asked_by(tx: Tx, token: str) -> Subscriber:
    """Who is to confirm; `topics` are those asked for.

    Raises:
        NotFound: no such link.
        Conflict: it has expired.
    """
    row = None
    if _TOKEN.fullmatch(token):
        row = await tx.fetchrow(
            "SELECT id, email, state, token, confirmed_at, asked_topics, confirm_until"
            " FROM newsletter_subscriber WHERE confirm_token = $1",
            token,
        )
    if row is None:
        raise NotFound("Este link já foi usado ou não existe. Se quiser, assine de novo.")
    if row["confirm_until"] <= tx.now:
        raise Conflict("Este link venceu. Assine de novo para receber outro.")
    return _subscriber(row, row["asked_topics"])


async def confirm(tx: Tx, *, token: str, words: str, origin: Origin) -> Subscriber:
    """The person behind the address says yes. It lifts every suppression: they want it.

    Raises:
        NotFound, Conflict: see `asked_by`.
    """
    asked = await asked_by(tx, token)
    row = await tx.fetchrow(
        "UPDATE newsletter_subscriber SET state = 'active', confirmed_at = $3, left_at = NULL,"
        " confirm_token = '', confirm_until = NULL, asked_topics = '{}'"
        " WHERE id = $1 AND confirm_token = $2 RETURNING sealing_key",
        asked.id,
        token,
        tx.now,
    )
    if row is None:  # confirmed twice at once
        raise NotFound("Este link já foi usado. Sua assinatura está confirmada.")
    await _choose(tx, asked.id, asked.topics)
    await tx.execute(
        "DELETE FROM newsletter_suppression WHERE digest = $1", digest(tx, asked.email)
    )
    await _witness(tx, asked.id, row["sealing_key"], Said("confirmed", asked.topics, words, origin))
    return asked


async def reader(tx: Tx, token: str) -> Subscriber:
    """Whose link this is.

    Raises:
        NotFound: nobody's.
    """
    found = None
    if _TOKEN.fullmatch(token):
        found = await _find(tx, "s.token = $1", token)
    if found is None:
        raise NotFound("Este link não existe mais. Se você apagou seus dados, está tudo certo.")
    return found


async def reader_by_email(tx: Tx, email: str) -> Subscriber | None:
    """The subscriber with this address."""
    return await _find(tx, "s.email = $1", email)


async def leave(
    tx: Tx, *, token: str, words: str, origin: Origin, issue: int | None = None
) -> Subscriber:
    """Stop at once, whatever is still in the queue. A second time changes nothing.

    Raises:
        NotFound: see `reader`.
    """
    found = await reader(tx, token)
    key = await tx.fetchval(
        "UPDATE newsletter_subscriber SET state = 'left', left_at = $2, confirm_token = '',"
        " confirm_until = NULL WHERE id = $1 AND state <> 'left' RETURNING sealing_key",
        found.id,
        tx.now,
    )
    if key is not None:
        issue_id = None
        if issue is not None:
            issue_id = await tx.fetchval("SELECT id FROM newsletter_issue WHERE number = $1", issue)
        await _witness(tx, found.id, key, Said("left", found.topics, words, origin, issue_id))
    return found


async def choose(
    tx: Tx, *, token: str, topics: tuple[str, ...], words: str, origin: Origin
) -> None:
    """Other topics from now on.

    Raises:
        NotFound: see `reader`.
        Conflict: they have left.
    """
    found = await reader(tx, token)
    if found.state != "active":
        raise Conflict("Você não recebe mais o boletim. Para voltar, assine de novo.")
    await _choose(tx, found.id, topics)
    key = await tx.fetchval("SELECT sealing_key FROM newsletter_subscriber WHERE id = $1", found.id)
    await _witness(tx, found.id, key, Said("chosen", topics, words, origin))


def digest(tx: Tx, email: str) -> bytes:
    """How an address stands in the list of suppressions."""
    return hashlib.sha256(f"{tx.tenant.slug}\0{email}".encode()).digest()


async def suppress(tx: Tx, *, email: str, reason: str) -> None:
    """Write nothing to this address any more."""
    await tx.execute(
        "INSERT INTO newsletter_suppression (digest, reason, happened_at) VALUES ($1, $2, $3)"
        " ON CONFLICT (digest) DO NOTHING",
        digest(tx, email),
        reason,
        tx.now,
    )


async def add_with_evidence(
    tx: Tx, *, email: str, topics: tuple[str, ...], words: str, origin: Origin, given_at: datetime
) -> bool:
    """Take over somebody who consented elsewhere; False when they are known or suppressed."""
    if await tx.fetchval(
        "SELECT 1 FROM newsletter_suppression WHERE digest = $1", digest(tx, email)
    ):
        return False
    key, subscriber_id = Fernet.generate_key(), new_id()
    added = await tx.execute(
        "INSERT INTO newsletter_subscriber (id, email, domain, state, token, sealing_key,"
        " asked_topics, confirm_token, created_at, confirmed_at)"
        " VALUES ($1, $2, $3, 'active', $4, $5, '{}', '', $6, $7) ON CONFLICT (email) DO NOTHING",
        subscriber_id,
        email,
        email.rpartition("@")[2],
        secrets.token_urlsafe(16),
        key,
        tx.now,
        given_at,
    )
    if added != "INSERT 0 1":
        return False
    await _choose(tx, subscriber_id, topics)
    await _witness(tx, subscriber_id, key, Said("imported", topics, words, origin))
    return True


async def _find(tx: Tx, where: str, value: str) -> Subscriber | None:
    row = await tx.fetchrow(
        "SELECT s.id, s.email, s.state, s.token, s.confirmed_at,"
        " ARRAY(SELECT t.topic FROM newsletter_topic t WHERE t.subscriber_id = s.id"
        "  ORDER BY t.topic) AS topics"
        f" FROM newsletter_subscriber s WHERE {where}",
        value,
    )
    return None if row is None else _subscriber(row, row["topics"])


def _subscriber(row: Any, topics: list[str]) -> Subscriber:
    return Subscriber(
        id=row["id"],
        email=row["email"],
        state=row["state"],
        token=row["token"],
        confirmed_at=row["confirmed_at"],
        topics=tuple(topics),
    )


async def _choose(tx: Tx, subscriber_id: UUID, topics: tuple[str, ...]) -> None:
    await tx.execute("DELETE FROM newsletter_topic WHERE subscriber_id = $1", subscriber_id)
    await tx.execute(
        "INSERT INTO newsletter_topic (subscriber_id, topic) SELECT $1, unnest($2::text[])",
        subscriber_id,
        list(topics),
    )


async def _witness(tx: Tx, subscriber_id: UUID, key: bytes, said: Said) -> None:
    await tx.execute(
        "INSERT INTO newsletter_consent (id, subscriber_id, act, topics, words, sealed, issue_id,"
        " happened_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        new_id(),
        subscriber_id,
        said.act,
        list(said.topics),
        said.words,
        Fernet(key).encrypt(msgspec.json.encode(said.origin)),
        said.issue_id,
        tx.now,
    )
