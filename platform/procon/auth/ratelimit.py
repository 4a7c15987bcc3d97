"""How often somebody may try: one atomic script in Redis, exact over any window of time.

Litestar's stock limiter reads, counts and writes in three steps, so several processes together
let more through than the limit.
"""

from __future__ import annotations

import hashlib
import math
import secrets
from datetime import timedelta
from typing import Literal

from msgspec import Struct
from redis.asyncio import Redis
from redis.exceptions import RedisError

WhenDown = Literal["allow", "refuse"]

# A sorted set of the moments let through. The clock is Redis's own, so processes need not agree.
_SCRIPT = """
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local limit, period = tonumber(ARGV[1]), tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - period))
if redis.call('ZCARD', KEYS[1]) < limit then
  redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[3])
  redis.call('PEXPIRE', KEYS[1], math.ceil(period / 1000))
  return {1, 0}
end
local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
return {0, math.ceil(tonumber(oldest[2]) + period - now)}
"""


class Decision(Struct, frozen=True):
    """Whether to go on, and if not, in how many seconds to try again."""

    allowed: bool
    retry_after: int = 0


async def allow(
    redis: Redis, key: str, limit: int, period: timedelta, *, when_down: WhenDown = "allow"
) -> Decision:
    """Count one try against `key`: at most `limit` in any window of `period`.

    Args:
        key: from `procon.tenancy.keys.key`, so that it carries the tenant; see `subject`.
        when_down: what to say when Redis does not answer. Pages go on; where somebody could
            guess a secret, choose `refuse`.
    """
    microseconds = int(period.total_seconds() * 1_000_000)
    arguments = (str(limit), str(microseconds), secrets.token_hex(8))
    try:
        passed, wait = await redis.eval(_SCRIPT, 1, key, *arguments)  # type: ignore[misc]  # redis-py types sync and async as one
    except (RedisError, OSError):
        return Decision(allowed=when_down == "allow", retry_after=30)
    return Decision(allowed=bool(passed), retry_after=math.ceil(wait / 1_000_000))


def subject(text: str) -> str:
    """A key part for an address or an e-mail: no colon, and no personal data in key names."""
    return hashlib.sha256(text.lower().encode()).hexdigest()[:32]
