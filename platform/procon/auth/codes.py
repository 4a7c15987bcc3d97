"""One-time codes by e-mail, for who has no gov.br account."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta

from redis.asyncio import Redis
from redis.exceptions import RedisError

from procon.auth.ratelimit import allow, subject
from procon.kernel.errors import Refused
from procon.tenancy.keys import key

DIGITS = 6
LIFETIME = timedelta(minutes=10)
MAX_WRONG = 5

# Right: the code is gone. Wrong: counted, and after the fifth the code is dead.
_VERIFY = """
local kept = redis.call('HGET', KEYS[1], 'digest')
if not kept then return -1 end
if kept == ARGV[1] then redis.call('DEL', KEYS[1]) return 1 end
if redis.call('HINCRBY', KEYS[1], 'wrong', 1) >= tonumber(ARGV[2]) then
  redis.call('DEL', KEYS[1])
  return -1
end
return 0
"""


async def create(
    redis: Redis, *, secret: str, slug: str, purpose: str, email: str, visitor: str, ip: str
) -> str:
    """A new code of six digits for `email`, valid for 10 minutes in this visitor's browser only.

    At most 5 in 15 minutes and 12 a day per e-mail, and 20 an hour per IP address.

    Args:
        secret: the installation's secret key; the code is stored as HMAC under it.
        visitor: value of the visitor cookie. A code that was told to somebody else over the
            telephone does not work in their browser, and nobody can spoil another's code.

    Raises:
        Refused: too many codes were asked for, or Redis does not answer.
    """
    limits = (
        (key(slug, "limit", "code-email", subject(email)), 5, timedelta(minutes=15)),
        (key(slug, "limit", "code-day", subject(email)), 12, timedelta(days=1)),
        (key(slug, "limit", "code-ip", subject(ip)), 20, timedelta(hours=1)),
    )
    for name, limit, period in limits:
        decision = await allow(redis, name, limit, period, when_down="refuse")
        if not decision.allowed:
            raise Refused(_wait(decision.retry_after), code="code-limit")
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    name = _key(slug, purpose, email, visitor)
    try:
        async with redis.pipeline(transaction=True) as pipe:
            pipe.delete(name)
            pipe.hset(name, "digest", _digest(secret, name, code))
            pipe.expire(name, LIFETIME)
            await pipe.execute()
    except (RedisError, OSError) as error:
        raise Refused(_wait(60), code="code-unavailable") from error
    return code


async def verify(
    redis: Redis,
    *,
    secret: str,
    slug: str,
    purpose: str,
    email: str,
    visitor: str,
    ip: str,
    code: str,
) -> None:
    """Use up the code. A right code works once; five wrong ones kill it.

    Raises:
        Refused: wrong, used, expired or dead code; too many tries; or Redis does not answer.
    """
    limits = (
        (key(slug, "limit", "try-email", subject(email)), 30),
        (key(slug, "limit", "try-ip", subject(ip)), 60),
    )
    for name, limit in limits:
        decision = await allow(redis, name, limit, timedelta(hours=1), when_down="refuse")
        if not decision.allowed:
            raise Refused(_wait(decision.retry_after), code="code-limit")
    name = _key(slug, purpose, email, visitor)
    typed = "".join(letter for letter in code if letter in "0123456789")
    try:
        result = await redis.eval(_VERIFY, 1, name, _digest(secret, name, typed), str(MAX_WRONG))  # type: ignore[misc]  # redis-py types sync and async as one
    except (RedisError, OSError) as error:
        raise Refused(_wait(60), code="code-unavailable") from error
    if result == 1:
        return
    if result == 0:
        raise Refused(
            "Este código não confere. Veja no e-mail e digite de novo.", code="code-wrong"
        )
    raise Refused("Este código já não vale. Peça um novo código.", code="code-dead")


def _key(slug: str, purpose: str, email: str, visitor: str) -> str:
    return key(slug, "code", purpose, subject(f"{email}\0{visitor}"))


def _digest(secret: str, name: str, code: str) -> str:
    return hmac.new(secret.encode(), f"{name}\0{code}".encode(), hashlib.sha256).hexdigest()


def _wait(seconds: int) -> str:
    minutes = max(1, -(-seconds // 60))
    unit = "minuto" if minutes == 1 else "minutos"
    return f"Foram muitos pedidos em pouco tempo. Tente de novo em {minutes} {unit}."
