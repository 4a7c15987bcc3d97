"""Server-side sessions in Redis: an opaque token in a cookie, only its hash in the store.

Litestar's own session middleware accepts an id that the client chose and keeps it at login
(session fixation), so it is not used.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from litestar.datastructures import Cookie
from msgspec import Struct
from redis.asyncio import Redis
from redis.exceptions import RedisError

from procon.auth.actor import Actor
from procon.auth.together import Together
from procon.tenancy.keys import key

TOKEN_BYTES = 32
TOUCH_EVERY = timedelta(seconds=60)

_SHORT_LIVED = frozenset({"staff", "vendor"})


class SessionsUnavailable(Exception):
    """Redis does not answer, so nobody can be recognised for now."""


class Limits(Struct, frozen=True):
    """How long a session lasts: without use, and at most."""

    idle: timedelta
    absolute: timedelta


class Session(Struct, frozen=True, forbid_unknown_fields=True):
    """One sign-in on one host.

    Attributes:
        id: SHA-256 of the token, hexadecimal. Names the session, but cannot be used to enter.
        slug: tenant (or tenant-less site) whose host this is.
        host: lower-case host name without port; the session is worth nothing elsewhere.
        provider: how the person came in: govbr, staff, email or access-code.
        device: browser and system in plain words.
    """

    id: str
    slug: str
    host: str
    actor: Actor
    provider: str
    device: str
    created_at: datetime
    seen_at: datetime


_DECODER = msgspec.json.Decoder(Session)


def limits_of(actor: Actor) -> Limits:
    """Staff and the platform's operators: 30 min idle, 10 h at most. Others: 12 h and 24 h.

    ASVS 5.0 §7.3.1 and §7.3.2.
    """
    if actor.kind in _SHORT_LIVED:
        return Limits(idle=timedelta(minutes=30), absolute=timedelta(hours=10))
    return Limits(idle=timedelta(hours=12), absolute=timedelta(hours=24))


def cookie_name(secure: bool) -> str:
    """`__Host-` needs HTTPS; the http demonstration goes without the prefix."""
    return "__Host-procon" if secure else "procon"


def session_cookie(token: str, *, secure: bool) -> Cookie:
    """The cookie to set after `open_session`. It ends with the browser's session."""
    return Cookie(
        key=cookie_name(secure), value=token, path="/", secure=secure, httponly=True, samesite="lax"
    )


def cleared_cookie(*, secure: bool) -> Cookie:
    """The cookie that makes the browser forget."""
    return Cookie(
        key=cookie_name(secure),
        value="",
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
        max_age=0,
    )


async def open_session(
    redis: Redis,
    *,
    slug: str,
    host: str,
    actor: Actor,
    provider: str,
    user_agent: str,
    now: datetime,
    previous: Session | None = None,
) -> tuple[str, Session]:
    """Start a session with a token that nobody knew before, and end `previous`.

    A token that the client brought is never reused, whatever it was (ASVS 5.0 §7.2.4).

    Returns:
        The token for the cookie, and the session with `actor.session_id` filled in.

    Raises:
        SessionsUnavailable: Redis does not answer.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    identifier = _hash(token)
    session = Session(
        id=identifier,
        slug=slug,
        host=host,
        actor=msgspec.structs.replace(actor, session_id=identifier),
        provider=provider,
        device=device_of(user_agent),
        created_at=now,
        seen_at=now,
    )
    limits = limits_of(actor)
    async with _guarded(redis) as pipe:
        pipe.set(_key(slug, identifier), msgspec.json.encode(session), ex=limits.idle)
        if (index := _index(session)) is not None:
            pipe.sadd(index, identifier)
            pipe.expire(index, limits.absolute)
        if previous is not None:
            _forget(pipe, previous)
    return token, session


async def load_session(
    redis: Redis | Together, *, slug: str, host: str, token: str, now: datetime
) -> Session | None:
    """The session of a token, if it is alive and belongs to this host.

    Raises:
        SessionsUnavailable: Redis does not answer.
    """
    session = await _read(redis, slug, _hash(token))
    return session if _is_alive(session, slug, host, now) else None


async def touch(redis: Redis, session: Session, now: datetime) -> Session:
    """Note that the person is still there; written at most once a minute.

    Only an existing record is renewed, so a session revoked meanwhile stays dead.

    Raises:
        SessionsUnavailable: Redis does not answer.
    """
    if now - session.seen_at < TOUCH_EVERY:
        return session
    limits = limits_of(session.actor)
    left = min(limits.idle, session.created_at + limits.absolute - now)
    if left < timedelta(seconds=1):
        return session
    seen = msgspec.structs.replace(session, seen_at=now)
    async with _guarded(redis) as pipe:
        pipe.set(_key(session.slug, session.id), msgspec.json.encode(seen), ex=left, xx=True)
    return seen


async def revoke(redis: Redis, session: Session) -> None:
    """End one session at once.

    Raises:
        SessionsUnavailable: Redis does not answer.
    """
    async with _guarded(redis) as pipe:
        _forget(pipe, session)


async def revoke_all(redis: Redis, *, slug: str, account_id: UUID, now: datetime) -> int:
    """End every session of an account, e.g. when it is disabled; returns how many there were.

    Raises:
        SessionsUnavailable: Redis does not answer.
    """
    sessions = await list_sessions(redis, slug=slug, account_id=account_id, now=now)
    async with _guarded(redis) as pipe:
        for session in sessions:
            _forget(pipe, session)
    return len(sessions)


async def list_sessions(
    redis: Redis, *, slug: str, account_id: UUID, now: datetime
) -> tuple[Session, ...]:
    """The living sessions of an account, the one used last first.

    Raises:
        SessionsUnavailable: Redis does not answer.
    """
    index = key(slug, "sessions", str(account_id))
    try:
        members = await redis.smembers(index)  # type: ignore[misc]  # redis-py types sync and async as one
        names = [_text(one) for one in members]
        records = await redis.mget([_key(slug, name) for name in names]) if names else []
    except (RedisError, OSError) as error:
        raise SessionsUnavailable from error
    found = [_decode(record) for record in records]
    alive = [one for one in found if one is not None and _is_alive(one, slug, one.host, now)]
    return tuple(sorted(alive, key=lambda one: one.seen_at, reverse=True))


def device_of(user_agent: str) -> str:
    """Browser and system of a User-Agent header in plain words, e.g. `Chrome no Android`."""
    browsers = (
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    )
    systems = (
        ("Android", "no Android"),
        ("iPhone", "no iPhone"),
        ("iPad", "no iPad"),
        ("Windows", "no Windows"),
        ("Macintosh", "no Mac"),
        ("CrOS", "no Chromebook"),
        ("Linux", "no Linux"),
    )
    browser = next((name for mark, name in browsers if mark in user_agent), "Outro navegador")
    system = next((name for mark, name in systems if mark in user_agent), "em outro aparelho")
    return f"{browser} {system}"


def _is_alive(session: Session | None, slug: str, host: str, now: datetime) -> bool:
    if session is None or (session.slug, session.host) != (slug, host):
        return False
    limits = limits_of(session.actor)
    return now < min(session.seen_at + limits.idle, session.created_at + limits.absolute)


async def _read(redis: Redis | Together, slug: str, identifier: str) -> Session | None:
    try:
        return _decode(await redis.get(_key(slug, identifier)))
    except (RedisError, OSError) as error:
        raise SessionsUnavailable from error


def _decode(record: Any) -> Session | None:
    try:
        return _DECODER.decode(record) if record else None
    except msgspec.DecodeError:
        # Written by another version of the program: the person signs in again.
        return None


class _guarded:  # noqa: N801  # reads as a verb: async with _guarded(redis) as pipe
    """One MULTI/EXEC; what Redis raises becomes SessionsUnavailable."""

    def __init__(self, redis: Redis) -> None:
        self._pipe: Any = redis.pipeline(transaction=True)

    async def __aenter__(self) -> Any:
        return self._pipe

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        try:
            if error is None:
                await self._pipe.execute()
        except (RedisError, OSError) as failure:
            raise SessionsUnavailable from failure
        finally:
            await self._pipe.reset()


def _forget(pipe: Any, session: Session) -> None:
    pipe.delete(_key(session.slug, session.id))
    if (index := _index(session)) is not None:
        pipe.srem(index, session.id)


def _key(slug: str, identifier: str) -> str:
    return key(slug, "session", identifier)


def _index(session: Session) -> str | None:
    account = session.actor.account_id
    return None if account is None else key(session.slug, "sessions", str(account))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
