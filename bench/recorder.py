"""Records what a page of the product sends to PostgreSQL and what it answers."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
from litestar import Litestar

from bench.recording import Recorded, Statement
from procon.tenancy.scope import Database


class RecordingDatabase(Database):
    """The product's database on one connection, noting what goes over it."""

    def __init__(self, dsn: str) -> None:
        super().__init__(dsn, size=1)
        self.sent: list[Statement] = []

    async def open(self) -> Database:
        """Open the pool and listen on its only connection."""
        await super().open()
        async with self.pool.acquire() as connection:
            connection.add_query_logger(self._note)
        return self

    def _note(self, query: Any) -> None:
        self.sent.append(Statement(query.query, tuple(query.args or ())))


async def record(
    app: Litestar, db: RecordingDatabase, *, path: str, headers: dict[str, str]
) -> Recorded:
    """Ask for a page twice and keep the second: the first may write "read for the first time".

    Raises:
        RuntimeError: the page does not answer 200, or its SQL is not one transaction.
    """
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]  # httpx types its own ASGI
    async with httpx.AsyncClient(transport=transport, base_url="http://bench") as client:
        await client.get(path, headers=headers)
        await asyncio.sleep(0)  # asyncpg calls its query loggers one turn of the loop later
        db.sent.clear()
        answer = await client.get(path, headers=headers)
        await asyncio.sleep(0)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}")
    sent = tuple(db.sent)
    opened = [one.sql.startswith("BEGIN") for one in sent]
    if sum(opened) != 1 or not opened[0] or sent[-1].sql != "COMMIT":
        raise RuntimeError(f"{path} is not one transaction: {[one.sql[:40] for one in sent]}")
    return Recorded(path, tuple(answer.headers.raw), answer.content, sent)
