"""The worker: a sweeper that needs only PostgreSQL; Redis makes it quick, never sure."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from arq import create_pool, func
from arq.connections import RedisSettings
from arq.worker import Worker

from jobs.conftest import Inbox
from procon.app import sweeps
from procon.jobs import worker
from procon.jobs.outbox import Handler, Work, put_out
from procon.jobs.worker import Waker, run_worker, sweep_once
from procon.settings import Settings
from procon.tenancy.directory import Directory
from procon.tenancy.manifest import Tenant
from procon.tenancy.scope import Database
from support.cities import City, filed
from support.web import Web

WORK = "probe/work"


async def promise(city: City, *keys: str) -> None:
    async with city.scope() as tx:
        for key in keys:
            await put_out(tx, topic=WORK, payload=key, effect_key=key)


async def test_redis_emptied_the_sweeper_still_delivers(
    web: Web,
    city: City,
    directory: Directory,
    handlers: dict[str, Handler],
    inbox: Inbox,
) -> None:
    db, opened = web.app.state.db, await filed(city)
    settings = web.app.state.settings
    await web.app.state.wake(city.slug)
    await web.app.state.redis.flushall()
    await sweep_once(db, directory, handlers, sweeps(db, settings))
    assert inbox.letters() == [(("ana@example.com",), f"Recebemos sua reclamação {opened.number}")]


async def test_redis_gone_the_worker_still_delivers(
    city: City, db: Database, directory: Directory
) -> None:
    done = asyncio.Event()

    async def handle(_: Work) -> None:
        done.set()

    await promise(city, "one")
    task = asyncio.create_task(run_worker(db, directory, {WORK: handle}, "redis://127.0.0.1:1/0"))
    await asyncio.wait_for(done.wait(), 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_wake_up_is_heard_at_once(
    cities: tuple[City, City], db: Database, directory: Directory, settings: Settings
) -> None:
    """The only sweep is over before the work is put out, so nothing but the wake-up finds it."""
    city, last = cities
    swept, done = asyncio.Event(), asyncio.Event()

    async def look(tenant: Tenant) -> None:
        if tenant.slug == last.slug:
            swept.set()

    async def handle(_: Work) -> None:
        done.set()

    task = asyncio.create_task(
        run_worker(db, directory, {WORK: handle}, settings.redis_url, (look,))
    )
    await asyncio.wait_for(swept.wait(), 10)
    await promise(city, "woken")
    wake = Waker(settings.redis_url)
    await wake(city.slug)
    await asyncio.wait_for(done.wait(), worker.SWEEP_SECONDS / 2)
    await wake.close()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_waking_a_dead_redis_neither_raises_nor_waits() -> None:
    wake = Waker("redis://127.0.0.1:1/0")
    began = time.monotonic()
    await wake("campinas")
    await wake.close()
    assert time.monotonic() - began < 2


@asynccontextmanager
async def deaf_server() -> AsyncIterator[int]:
    """Accepts connections and never answers, as a stopped Redis does; yields its port."""
    ended = asyncio.Event()

    async def hold(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await ended.wait()
        writer.close()

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    yield int(server.sockets[0].getsockname()[1])
    ended.set()
    server.close()
    await server.wait_closed()


async def test_waking_a_redis_that_hangs_neither_raises_nor_waits() -> None:
    async with deaf_server() as port:
        wake = Waker(f"redis://127.0.0.1:{port}/0")
        began = time.monotonic()
        await wake("campinas")
        took = time.monotonic() - began
        await wake.close()
    assert took < 2


async def test_a_sweep_that_fails_stops_neither_the_mail_nor_the_other_city(
    cities: tuple[City, City], db: Database, directory: Directory
) -> None:
    done: list[str] = []

    async def fail(tenant: Tenant) -> None:
        raise ZeroDivisionError(tenant.slug)

    async def handle(work: Work) -> None:
        done.append(work.tenant.slug)

    for city in cities:
        await promise(city, "one")
    assert await sweep_once(db, directory, {WORK: handle}, (fail,)) == 2
    assert done == [city.slug for city in cities]


async def test_a_city_with_much_to_do_gives_the_next_one_its_turn(
    cities: tuple[City, City], db: Database, directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    async def handle(work: Work) -> None:
        done.append(work.tenant.slug)

    monkeypatch.setattr(worker, "MOST_IN_A_ROUND", 20)
    await promise(cities[0], *(f"k{n}" for n in range(50)))
    await promise(cities[1], "one")
    assert await sweep_once(db, directory, {WORK: handle}) == 21
    assert done == [cities[0].slug] * 20 + [cities[1].slug]


async def test_arq_alone_loses_a_job_that_raises(settings: Settings) -> None:
    """Why the outbox is there. If this fails, arq has begun to retry what raises."""
    calls: list[int] = []

    async def boom(_: dict[str, object]) -> None:
        calls.append(1)
        raise OSError("no route")

    queue = "procon:probe:stock"
    address = RedisSettings.from_dsn(settings.redis_url)
    pool = await create_pool(address, default_queue_name=queue)
    await pool.enqueue_job("boom")
    for _ in range(2):
        stock = Worker(
            functions=[func(boom, name="boom")],  # type: ignore[arg-type]  # arq wants **kwargs
            redis_pool=pool,
            queue_name=queue,
            burst=True,
            handle_signals=False,
            poll_delay=0.01,
        )
        await stock.async_run()
    await pool.aclose()
    assert calls == [1]
