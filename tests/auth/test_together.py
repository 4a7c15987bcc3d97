"""Sessions that are read at the same time travel together, and nobody gets another's."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from redis.asyncio import Redis

from auth.test_sessions import loaded, opened
from procon.auth.sessions import SessionsUnavailable, revoke
from procon.auth.together import Together


class Counting:
    """Redis, noting how many keys each trip asked for."""

    def __init__(self, redis: Redis) -> None:
        self.redis, self.trips = redis, list[int]()

    async def mget(self, keys: list[str]) -> Any:
        self.trips.append(len(keys))
        return await self.redis.mget(keys)


async def test_everybody_gets_their_own(redis: Redis) -> None:
    await redis.mset({f"k{n}": str(n) for n in range(250)})
    counting = Counting(redis)
    together = Together(counting)  # type: ignore[arg-type]  # it is only asked for mget
    found = await asyncio.gather(*(together.get(f"k{n}") for n in range(300)))
    assert found == [str(n).encode() for n in range(250)] + [None] * 50
    assert counting.trips == [100, 100, 100]


async def test_one_alone_travels_at_once(redis: Redis) -> None:
    counting = Counting(redis)
    together = Together(counting)  # type: ignore[arg-type]  # it is only asked for mget
    await redis.set("a", "1")
    assert [await together.get("a"), await together.get("b"), counting.trips] == [
        b"1",
        None,
        [1, 1],
    ]


async def test_a_revoked_session_is_gone_at_once(redis: Redis) -> None:
    together = Together(redis)
    token, session = await opened(redis)
    assert await loaded(together, token) == session
    await revoke(redis, session)
    assert await loaded(together, token) is None


async def test_who_is_cancelled_spoils_nothing_for_the_others(redis: Redis) -> None:
    await redis.mset({"a": "1", "b": "2"})
    together = Together(redis)
    leaving, staying = (asyncio.create_task(together.get(key)) for key in ("a", "b"))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == b"2"
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert await together.get("a") == b"1"


async def test_without_redis_each_is_told_and_the_next_one_tries_again(dead_redis: Redis) -> None:
    together = Together(dead_redis)
    for _ in range(2):
        tries = (loaded(together, f"token{n}") for n in range(3))
        failed = await asyncio.gather(*tries, return_exceptions=True)
        assert [type(one) for one in failed] == [SessionsUnavailable] * 3
