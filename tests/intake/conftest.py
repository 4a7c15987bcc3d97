"""Every test starts drafts from the same address: the limit starts anew with each."""

from __future__ import annotations

import pytest

from procon.tenancy.keys import key
from support.web import Web


@pytest.fixture
async def web(web: Web) -> Web:
    """The application, no drafts counted yet."""
    redis = web.app.state.redis
    for slug in ("campinas", "contagem"):
        counters = [name async for name in redis.scan_iter(match=key(slug, "drafts", "*"))]
        if counters:
            await redis.delete(*counters)
    return web
