"""The worker process: a sweeper that needs only PostgreSQL, and arq, which only wakes it.

arq loses work by design and leaves when Redis does; nothing here depends on it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from arq import create_pool
from arq.connections import ArqRedis, RedisSettings
from arq.worker import Worker, func

from procon.jobs.outbox import Handlers, drain
from procon.tenancy.directory import Directory
from procon.tenancy.manifest import Tenant
from procon.tenancy.scope import Database

QUEUE = "procon:all:queue"
SWEEP_SECONDS = 15.0
# Rows of one city before the next city's turn.
MOST_IN_A_ROUND = 200
WAKE_TIMEOUT_SECONDS = 1.0

log = structlog.get_logger()
Sweep = Callable[[Tenant], Awaitable[object]]


class Waker:
    """Tells the worker that a tenant has new work. Best effort: the sweeper finds it anyway."""

    def __init__(self, redis_url: str) -> None:
        settings = RedisSettings.from_dsn(redis_url)
        settings.conn_retries, settings.conn_timeout = 0, 1
        self._settings = settings
        self._pool: ArqRedis | None = None

    async def __call__(self, slug: str) -> None:
        """Enqueue a wake-up for `slug`; a dead Redis is logged, never raised."""
        try:
            async with asyncio.timeout(WAKE_TIMEOUT_SECONDS):
                if self._pool is None:
                    self._pool = await create_pool(self._settings, default_queue_name=QUEUE)
                await self._pool.enqueue_job("wake", slug)
        except Exception:
            log.warning("wake_failed", tenant=slug)

    async def close(self) -> None:
        """Close the connection."""
        if self._pool is not None:
            await self._pool.aclose()


async def sweep_once(
    db: Database, directory: Directory, handlers: Handlers, sweeps: tuple[Sweep, ...] = ()
) -> int:
    """One round over all active tenants: what fell due, then the outbox."""
    done = 0
    for tenant in directory.active():
        for sweep in sweeps:
            try:
                await sweep(tenant)
            except Exception:
                log.error("sweep_failed", tenant=tenant.slug, exc_info=True)
        try:
            done += await drain(db, tenant, handlers, most=MOST_IN_A_ROUND)
        except Exception:
            log.error("drain_failed", tenant=tenant.slug, exc_info=True)
    return done


async def run_worker(
    db: Database,
    directory: Directory,
    handlers: Handlers,
    redis_url: str,
    sweeps: tuple[Sweep, ...] = (),
) -> None:
    """Work until cancelled."""
    async with asyncio.TaskGroup() as group:
        group.create_task(_sweep_for_ever(db, directory, handlers, sweeps))
        group.create_task(_listen_for_ever(db, directory, handlers, redis_url))


async def _sweep_for_ever(
    db: Database, directory: Directory, handlers: Handlers, sweeps: tuple[Sweep, ...]
) -> None:
    while True:
        done = await sweep_once(db, directory, handlers, sweeps)
        # With much left to do the next round starts at once.
        await asyncio.sleep(0 if done >= MOST_IN_A_ROUND else SWEEP_SECONDS)


async def _listen_for_ever(
    db: Database, directory: Directory, handlers: Handlers, redis_url: str
) -> None:
    async def wake(_: dict[str, Any], slug: str) -> None:
        for tenant in directory.active():
            if tenant.slug == slug:
                await drain(db, tenant, handlers)

    while True:
        try:
            pool = await create_pool(RedisSettings.from_dsn(redis_url), default_queue_name=QUEUE)
            async with pool:
                await _listen(pool, wake)
        except Exception:
            # Redis is away; the sweeper goes on.
            log.warning("wake_listener_restarts")
        await asyncio.sleep(2)


async def _listen(pool: ArqRedis, wake: Callable[..., Awaitable[None]]) -> None:
    worker = Worker(
        functions=[func(wake, name="wake")],  # type: ignore[arg-type]  # arq's protocol wants **kwargs
        redis_pool=pool,
        queue_name=QUEUE,
        handle_signals=False,
        keep_result=0,
        max_tries=1,
        poll_delay=0.2,
    )
    try:
        await worker.async_run()
    finally:
        # arq leaves its running jobs behind; their rows come back when the lease ends.
        for task in worker.tasks.values():
            task.cancel()
        await asyncio.gather(*worker.tasks.values(), return_exceptions=True)
