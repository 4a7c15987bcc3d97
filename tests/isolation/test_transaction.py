"""The repaired transaction: cases C, D, E, F and I, each beside what the stock part does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from piccolo.columns import Integer
from piccolo.engine.postgres import PostgresEngine
from piccolo.table import Table

from procon.settings import Settings
from procon.tenancy.scope import Database, OutsideScope, raw_scope, tenant_scope
from support.cities import City, filed

DEFERRED = """
CREATE TEMP TABLE parent (id int PRIMARY KEY);
CREATE TEMP TABLE child (id int REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED);
INSERT INTO child VALUES (1)
"""


@pytest.fixture
async def small(settings: Settings, cities: tuple[City, City]) -> AsyncIterator[Database]:
    """A pool of two, so that one leak shows."""
    database = await Database(settings.owner_database_url, size=2, settings={}).open()
    yield database
    await asyncio.wait_for(database.close(), 5)


async def whole(database: Database) -> bool:
    """Both connections of the pool can be had at once and are clean."""
    async with asyncio.timeout(5):
        async with database.pool.acquire() as one, database.pool.acquire() as two:
            return [c.is_in_transaction() for c in (one, two)] == [False, False]


async def test_c_a_refused_commit_gives_its_connection_back(small: Database) -> None:
    for _ in range(3):
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            async with raw_scope(small) as connection:
                await connection.execute(DEFERRED)
    assert await whole(small)


async def test_d_after_a_refused_commit_the_next_block_is_atomic(
    small: Database, settings: Settings
) -> None:
    async with raw_scope(small) as connection:
        await connection.execute("CREATE TABLE IF NOT EXISTS control.atomic_probe (id int)")
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        async with raw_scope(small) as connection:
            await connection.execute(DEFERRED)
    with pytest.raises(ZeroDivisionError):
        async with raw_scope(small) as connection:
            await connection.execute("INSERT INTO control.atomic_probe VALUES (1)")
            raise ZeroDivisionError
    async with raw_scope(small) as connection:
        rows = await connection.fetchval("SELECT count(*) FROM control.atomic_probe")
        await connection.execute("DROP TABLE control.atomic_probe")
    assert rows == 0


async def test_e_a_cancelled_query_gives_back_a_clean_connection(small: Database) -> None:
    async def slow() -> None:
        async with raw_scope(small) as connection:
            await connection.execute("SELECT pg_sleep(10)")

    for _ in range(3):
        task = asyncio.create_task(slow())
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await whole(small)


@pytest.mark.parametrize("gap", [0, 0.0005, 0.002])
async def test_f_two_cancels_leak_nothing(small: Database, gap: float) -> None:
    async def slow() -> None:
        async with raw_scope(small) as connection:
            await connection.execute("SELECT pg_sleep(10)")

    for _ in range(3):
        task = asyncio.create_task(slow())
        await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.sleep(gap)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await whole(small)


async def test_i_a_connection_killed_by_the_server_is_replaced(small: Database) -> None:
    for _ in range(4):
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            async with raw_scope(small) as connection:
                await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    assert await whole(small)


class _Child(Table, tablename="child"):
    id = Integer(primary_key=True)


async def test_the_stock_transaction_leaks_after_a_refused_commit(settings: Settings) -> None:
    """The hole that the repaired transaction closes; if this fails, Piccolo has mended it."""
    engine = PostgresEngine(config={"dsn": settings.owner_database_url}, extensions=())
    await engine.start_connection_pool(min_size=1, max_size=1)
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        async with engine.transaction() as transaction:
            await transaction.connection.execute(DEFERRED)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await engine.pool.acquire()  # type: ignore[union-attr]
    engine.pool.terminate()  # type: ignore[union-attr]


async def test_a_cancelled_request_leaves_no_tenant_behind(
    cities: tuple[City, City], settings: Settings
) -> None:
    one = await Database(settings.database_url, size=1).open()

    async def slow() -> None:
        async with tenant_scope(one, cities[0].tenant) as tx:
            await tx.execute("SELECT pg_sleep(10)")

    task = asyncio.create_task(slow())
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with one.pool.acquire() as connection:
        role = await connection.fetchval("SELECT current_user::text")
        path = await connection.fetchval("SHOW search_path")
    await one.close()
    assert (role, path) == ("procon_app", "pg_catalog")


async def test_a_task_that_outlives_its_scope_is_refused(city: City) -> None:
    await filed(city)
    async with city.scope() as tx:
        pass
    with pytest.raises(OutsideScope):
        await tx.fetch("SELECT 1 FROM case_file")
