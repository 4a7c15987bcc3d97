"""Reads from Redis that are asked for at the same time travel together."""

from __future__ import annotations

import asyncio
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

_Wish = tuple[str, asyncio.Future[bytes | None]]

# Enough for every request in flight, and short enough not to hold Redis up.
MOST = 100


class Together:
    """Has Redis's `get`. What is asked for while an answer is on its way goes in the next MGET.

    Every key is still read after it was asked for, so a session that was revoked is gone at once;
    only the trips are fewer, and a trip costs more than the rest of a session's loading.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._wanted: list[_Wish] = []
        self._trip: asyncio.Task[None] | None = None

    async def get(self, key: str) -> bytes | None:
        """The value of a key, or None.

        Raises:
            ConnectionError: Redis does not answer.
        """
        future: asyncio.Future[bytes | None] = asyncio.get_running_loop().create_future()
        self._wanted.append((key, future))
        if self._trip is None:
            self._trip = asyncio.create_task(self._travel())
        return await future

    async def _travel(self) -> None:
        batch: list[_Wish] = []
        try:
            while self._wanted:
                batch, self._wanted = self._wanted[:MOST], self._wanted[MOST:]
                try:
                    found: list[Any] = await self._redis.mget([key for key, _ in batch])
                except (RedisError, OSError) as error:
                    _refuse(batch, str(error))
                else:
                    _hand_out(batch, found)
        finally:
            self._trip = None
            # Nothing is left unless this task was cancelled, as at the end of the process.
            _refuse([*batch, *self._wanted], "the reading was ended")


def _hand_out(batch: list[_Wish], values: list[bytes | None]) -> None:
    for (_, future), value in zip(batch, values, strict=True):
        if not future.done():  # its request may have been cancelled
            future.set_result(value)


def _refuse(batch: list[_Wish], why: str) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(ConnectionError(why))
