"""A scope whose server says nothing any more ends, and leaves the pool whole."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from procon.settings import Settings
from procon.tenancy.scope import Database, ScopedTransaction, tenant_scope
from support.cities import City

SILENCE = 0.2
CUT = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)


async def test_a_silent_server_is_cut_off(city: City, settings: Settings) -> None:
    one = await Database(settings.database_url, size=1).open()
    for _ in range(2):
        with pytest.raises(CUT):
            async with (
                asyncio.timeout(5),
                ScopedTransaction(one.pool, "BEGIN", silence=SILENCE) as at,
            ):
                await at.connection.execute("SELECT pg_sleep(10)")
    async with tenant_scope(one, city.tenant) as tx:
        assert await tx.fetchval("SELECT 1") == 1
    await asyncio.wait_for(one.close(), 5)


async def test_a_scope_in_which_something_is_asked_lives_on(city: City, settings: Settings) -> None:
    """Five statements, each shorter than the silence, all together longer."""
    one = await Database(settings.database_url, size=1).open()
    async with ScopedTransaction(one.pool, "BEGIN", silence=1.0) as at:
        for _ in range(5):
            await at.connection.execute("SELECT pg_sleep(0.25)")
        assert await at.connection.fetchval("SELECT 1") == 1
    await asyncio.wait_for(one.close(), 5)
