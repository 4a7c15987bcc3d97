"""A request's city: found by the exact host name, before anything else happens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from procon.kernel.errors import NotFound
from procon.tenancy.directory import Directory, normalise_host
from procon.tenancy.manifest import Tenant
from procon.tenancy.scope import Tx, tenant_scope

Connection = ASGIConnection[Any, Any, Any, Any]


def host_of(scope: Scope) -> str:
    """Normalised host name; "" when the request has none, more than one or a malformed one.

    X-Forwarded-Host is never read.
    """
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    if len(hosts) != 1:
        return ""
    return normalise_host(hosts[0].decode("latin-1"))


def tenant_of(connection: Connection) -> Tenant:
    """The city that this request is for.

    Raises:
        NotFound: the host belongs to no city (the vendor's or the suppliers'), so the page is not
            there.
    """
    tenant = connection.scope["state"].get("tenant")
    if not isinstance(tenant, Tenant):
        raise NotFound("Esta página só existe no endereço de cada cidade.")
    return tenant


@asynccontextmanager
async def request_scope(connection: Connection) -> AsyncIterator[Tx]:
    """The request's transaction; wakes the worker after the commit if work was put out."""
    state = connection.app.state
    async with tenant_scope(state.db, tenant_of(connection)) as tx:
        yield tx
    if tx.put_out:
        await state.wake(tx.tenant.slug)


class TenantMiddleware:
    """Puts the tenant into the request's state, or answers 404 (unknown) or 503 (suspended).

    Args:
        app: what comes next.
        directory: host → tenant.
        other_hosts: hosts that are served without a tenant (vendor, suppliers).
        unknown, suspended: ASGI apps for the two refusals.
    """

    def __init__(
        self,
        app: ASGIApp,
        directory: Directory,
        other_hosts: frozenset[str],
        unknown: ASGIApp,
        suspended: ASGIApp,
    ) -> None:
        self._app = app
        self._directory = directory
        self._other_hosts = other_hosts
        self._unknown = unknown
        self._suspended = suspended

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["path"].startswith("/health/"):
            await self._app(scope, receive, send)
            return
        host = host_of(scope)
        state = scope.setdefault("state", {})
        state["host"] = host
        state["tenant"] = None
        entry = self._directory.find(host)
        if entry is not None:
            state["tenant"] = entry.tenant
            await (self._app if entry.active else self._suspended)(scope, receive, send)
        elif host in self._other_hosts:
            await self._app(scope, receive, send)
        else:
            await self._unknown(scope, receive, send)
