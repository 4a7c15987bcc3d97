"""The only way to the database: one transaction, one tenant, one PostgreSQL role.

`BEGIN`, the role and the search path travel in one message. SET LOCAL ends with the
transaction, so nothing of a tenant stays on a pooled connection; outside a scope the login
role sees no table at all.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from types import MappingProxyType, TracebackType
from typing import Any

import asyncpg
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction

from procon.kernel.clock import Clock, Shift, no_shift, system_clock
from procon.tenancy.keys import checked_slug, schema_name
from procon.tenancy.manifest import Tenant

_NOTHING: Mapping[str, Any] = MappingProxyType({})
SILENCE = 30.0  # seconds
WEB_SETTINGS = {
    "search_path": "pg_catalog",
    "statement_timeout": "5000",
    "idle_in_transaction_session_timeout": "10000",
    "application_name": "procon",
    "TimeZone": "UTC",
}


class OutsideScope(RuntimeError):
    """A query was made where no tenant is chosen, or after its scope had ended."""


class ScopedEngine(PostgresEngine):
    """Piccolo's engine, stripped of every way to a connection except the current scope."""

    def __init__(self) -> None:
        super().__init__(config={}, extensions=())

    async def check_version(self) -> None:
        """Nothing: Piccolo would connect at import."""

    async def get_new_connection(self) -> Any:
        """Raises OutsideScope: Piccolo falls back to this when no transaction is open."""
        raise OutsideScope("no tenant scope is open")


# Piccolo's tables look their engine up by module (see procon.piccolo_conf); it holds no state
# but the context variable that names the current transaction.
ENGINE = ScopedEngine()


class _PlainConnection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
    """Without the session reset: a scope leaves nothing behind but SET LOCAL."""

    def get_reset_query(self) -> str:
        return ""


class Database:
    """A bounded pool of connections for one login role.

    Args:
        dsn: address with the login role.
        size: most connections that this process opens.
        clock: gives `Tx.now`, so that tests can move time.
        shift: how far one city's clock is ahead of it, in a demonstration.
        extensions: what the composition root hands to commands (plugins' guards, procedures).
        settings: PostgreSQL session settings.
    """

    def __init__(
        self,
        dsn: str,
        *,
        size: int = 4,
        clock: Clock = system_clock,
        shift: Shift = no_shift,
        extensions: Mapping[str, Any] = _NOTHING,
        settings: dict[str, str] | None = None,
    ) -> None:
        self.dsn = dsn
        self.size = size
        self.clock = clock
        self.shift = shift
        self.extensions = extensions
        self._settings = WEB_SETTINGS if settings is None else settings
        self.pool: Any = None

    async def open(self) -> Database:
        """Open the pool; the first connection is made at once, so a wrong address shows here."""
        self.pool = await asyncpg.create_pool(
            self.dsn,
            min_size=1,
            max_size=self.size,
            connection_class=_PlainConnection,
            server_settings=self._settings,
            # One backend that has visited very many tenants holds their whole catalogue in memory.
            max_inactive_connection_lifetime=300,
            max_queries=20_000,
            # Each city has statements of its own here, see Tx.
            statement_cache_size=200,
            # No command_timeout: it is a timer for each statement, see ScopedTransaction.
            timeout=10,
        )
        return self

    async def close(self) -> None:
        """Wait for running scopes, then close every connection."""
        await self.pool.close()


class ScopedTransaction(PostgresTransaction):
    """Piccolo's transaction, repaired: it never keeps a connection and never half-ends.

    The stock one leaks its connection when COMMIT fails or a task is cancelled twice, and then
    runs the task's next "transaction" in autocommit.

    Args:
        silence: seconds after which a connection is cut when nothing was asked of it since (its
            server is not there any more; a living one ends statements and idleness sooner).
    """

    __slots__ = ("_asked", "_connection", "_loop", "_opening", "_pool", "_silence", "_timer")

    def __init__(self, pool: Any, opening: str, *, silence: float = math.inf) -> None:
        super().__init__(ENGINE, allow_nested=False)
        self._pool = pool
        self._opening = opening
        self._connection: Any = None
        self._silence = silence
        self._loop = asyncio.get_running_loop()
        self._asked = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def connection(self) -> Any:
        """The scope's connection.

        Raises:
            OutsideScope: the scope has ended (a task outlived it), so the connection is another's.
        """
        if self._connection is None:
            raise OutsideScope("the tenant scope has ended")
        self._asked = self._loop.time()
        return self._connection

    async def __aenter__(self) -> ScopedTransaction:
        connection = await self._pool.acquire()
        self._asked = self._loop.time()
        self._watch(connection)
        try:
            await connection.execute(self._opening)
        except BaseException:
            await self._give_back(connection)
            raise
        self._connection = connection
        self.context = self.engine.current_transaction.set(self)
        return self

    async def commit(self) -> None:
        await self.connection.execute("COMMIT")
        self._committed = True

    async def rollback(self) -> None:
        await self.connection.execute("ROLLBACK")
        self._rolled_back = True

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        connection = self.connection
        try:
            if error is not None:
                if not connection.is_closed():
                    await self.rollback()
            else:
                await self.commit()
        finally:
            # The context first: whatever fails below, this task is out of the scope.
            self.engine.current_transaction.reset(self.context)
            self._connection = None
            await self._give_back(connection)
        return False

    def _watch(self, connection: Any) -> None:
        left = self._asked + self._silence - self._loop.time()
        if left <= 0:
            connection.terminate()
        elif left < math.inf:
            self._timer = self._loop.call_later(left, self._watch, connection)

    async def _give_back(self, connection: Any) -> None:
        if self._timer is not None:
            self._timer.cancel()
        try:
            await self._pool.release(connection)  # shields itself from a cancellation
        except BaseException:
            if not connection.is_closed():
                connection.terminate()
            raise


class Tx:
    """An open scope, handed to every command and query as its first argument.

    Attributes:
        tenant: the city whose rows are visible.
        extensions: as the database has them; each slice knows its own key.
        now: UTC instant at which the scope was opened; the same for the whole transaction.
        put_out: work was put into the outbox, so the worker is to be woken after the commit.
    """

    __slots__ = ("_mark", "_transaction", "extensions", "now", "put_out", "tenant")

    def __init__(
        self,
        transaction: ScopedTransaction,
        tenant: Tenant,
        now: datetime,
        extensions: Mapping[str, Any] = _NOTHING,
    ) -> None:
        self._transaction = transaction
        self.extensions = extensions
        # asyncpg prepares one statement for one text. While cities stand at different migrations
        # one text has different shapes, and the second city would get InvalidCachedStatementError.
        self._mark = f"/*{checked_slug(tenant.slug)}*/ "
        self.tenant = tenant
        self.now = now
        self.put_out = False

    async def fetch(self, sql: str, *args: Any) -> list[Any]:
        """Rows of a query with `$1…` parameters."""
        rows: list[Any] = await self._transaction.connection.fetch(self._mark + sql, *args)
        return rows

    async def fetchrow(self, sql: str, *args: Any) -> Any:
        """First row, or None."""
        return await self._transaction.connection.fetchrow(self._mark + sql, *args)

    async def fetchval(self, sql: str, *args: Any) -> Any:
        """First column of the first row, or None."""
        return await self._transaction.connection.fetchval(self._mark + sql, *args)

    async def execute(self, sql: str, *args: Any) -> str:
        """Run one statement; returns PostgreSQL's command tag."""
        tag: str = await self._transaction.connection.execute(self._mark + sql, *args)
        return tag

    async def executemany(self, sql: str, rows: list[tuple[Any, ...]]) -> None:
        """Run one statement for many rows in one batch."""
        await self._transaction.connection.executemany(self._mark + sql, rows)


@asynccontextmanager
async def tenant_scope(db: Database, tenant: Tenant) -> AsyncIterator[Tx]:
    """Open the tenant's transaction: commit on leaving, roll back on any exception.

    Raises:
        piccolo TransactionError: a scope is already open in this task.
    """
    name = schema_name(tenant.slug)
    opening = (
        f'BEGIN; SET LOCAL ROLE "{name}"; SET LOCAL search_path TO "{name}", extensions, pg_catalog'
    )
    async with ScopedTransaction(db.pool, opening, silence=SILENCE) as transaction:
        yield Tx(transaction, tenant, db.clock() + db.shift(tenant.slug), db.extensions)


@asynccontextmanager
async def raw_scope(db: Database, opening: str = "BEGIN") -> AsyncIterator[Any]:
    """A repaired transaction of the login role itself, for `control` and for provisioning.

    Yields the asyncpg connection.
    """
    async with ScopedTransaction(db.pool, opening) as transaction:
        yield transaction.connection
