"""The floor: asyncpg and ASGI, nothing else. The same SQL, the same bytes."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import asyncpg

from bench.recording import Recorded, restore

FILE = "BENCH_RECORDING"
DSN = "PROCON_DATABASE_URL"
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class _Plain(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
    """As the product: no reset query, so that the floor is not slowed by a round trip."""

    def get_reset_query(self) -> str:
        return ""


def create_app() -> Callable[[Message, Receive, Send], Awaitable[None]]:
    """The ASGI application that granian serves; reads the recording named by BENCH_RECORDING."""
    pages = {page.path: page for page in restore(Path(os.environ[FILE]))}
    pool: Any = None

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        nonlocal pool
        if scope["type"] == "lifespan":
            # A pool belongs to the loop in which it is made, and there is one only now.
            pool = asyncpg.create_pool(
                os.environ[DSN], min_size=1, max_size=4, connection_class=_Plain
            )
            await _live(pool, receive, send)
            return
        page = pages.get(scope["path"])
        if page is None:  # the readiness probe
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await _query(pool, page)
        await send({"type": "http.response.start", "status": 200, "headers": page.headers})
        await send({"type": "http.response.body", "body": page.body})

    return app


async def _query(pool: Any, page: Recorded) -> None:
    opening, *queries, closing = page.statements
    async with pool.acquire() as connection:
        await connection.execute(opening.sql)
        for statement in queries:
            await connection.fetch(statement.sql, *statement.args)
        await connection.execute(closing.sql)


async def _live(pool: Any, receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await pool
            await send({"type": "lifespan.startup.complete"})
        else:
            await pool.close()
            await send({"type": "lifespan.shutdown.complete"})
            return
