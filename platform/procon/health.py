"""Is this process alive, and can it serve?"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

from litestar import Request, Response, get

from procon.tenancy.scope import raw_scope

CHECK_SECONDS = 3.0


@get("/health/live", opt={"permission": "public"})
async def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@get("/health/ready", opt={"permission": "public"})
async def ready(request: Request[Any, Any, Any]) -> Response[dict[str, str]]:
    """Database, Redis and evidence store answer: 200, else 503 with the one that does not."""
    state = request.app.state
    checks = {
        "database": _database(state),
        "redis": state.redis.ping(),
        "evidence": state.store.check(),
    }
    found = {name: await _tried(check) for name, check in checks.items()}
    status = 200 if set(found.values()) == {"ok"} else 503
    return Response(found, status_code=status, headers={"Cache-Control": "no-store"})


async def _tried(check: Awaitable[Any]) -> str:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await check
    except Exception:
        return "down"
    return "ok"


async def _database(state: Any) -> None:
    async with raw_scope(state.db) as connection:
        await connection.fetchval("SELECT version FROM control.directory")


HANDLERS = (live, ready)
