"""Redis and a provider for the tests of signing in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from auth.auth_support import Scene
from procon.embedded.services import Services


@pytest.fixture(scope="session")
def redis_url(services: Services) -> str:
    """A database of its own beside the application's, so that it may be emptied."""
    return services.redis.url.rsplit("/", 1)[0] + "/5"


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """An empty Redis."""
    client = Redis.from_url(redis_url)
    await client.flushdb()
    yield client
    await client.aclose()


@pytest.fixture
async def dead_redis() -> AsyncIterator[Redis]:
    """A client whose server is not there (port 9 of the loopback is never served)."""
    client = Redis(host="127.0.0.1", port=9, socket_connect_timeout=0.2)
    yield client
    await client.aclose()


@pytest.fixture
async def scene(tmp_path: Path, redis: Redis) -> AsyncIterator[Scene]:
    """One site and its provider, without HTTP in front."""
    made = Scene(tmp_path / "idp", redis)
    yield made
    await made.gateway.close()
