"""Who else has a case open. Kept in Redis for seconds only; without Redis nobody is shown."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from msgspec import Struct
from redis.exceptions import RedisError

from procon.auth.actor import Actor
from procon.tenancy.keys import key

# The page asks every 15 s; who missed two questions has gone.
GONE = timedelta(seconds=40)


class PresencePage(Struct, frozen=True, forbid_unknown_fields=True):
    """Colleagues with this case open, by name."""

    number: str
    others: tuple[str, ...]


async def others_here(
    redis: Any, *, slug: str, case_id: UUID, actor: Actor, now: datetime
) -> tuple[str, ...]:
    """Say that the actor is here; returns the names of the others."""
    name = key(slug, "presence", str(case_id))
    own = str(actor.account_id)
    try:
        async with redis.pipeline(transaction=True) as pipe:
            pipe.zremrangebyscore(name, "-inf", (now - GONE).timestamp())
            pipe.zadd(name, {f"{own}|{actor.name}": now.timestamp()})
            pipe.expire(name, GONE * 2)
            pipe.zrange(name, 0, -1)
            found = (await pipe.execute())[-1]
    except RedisError:
        structlog.get_logger().warning("presence_unavailable")
        return ()
    people = (member.decode().partition("|") for member in found)
    return tuple(sorted({who for account, _, who in people if account != own and who}))
