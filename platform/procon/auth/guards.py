"""The app-level guard: no handler without a permission, no permission without a role."""

from __future__ import annotations

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from procon.auth.http import actor_of
from procon.auth.permissions import CORE
from procon.kernel.errors import Forbidden, LoginNeeded


async def require_permission(connection: ASGIConnection, handler: BaseRouteHandler) -> None:  # type: ignore[type-arg]  # Litestar's generics add nothing here
    """Deny any handler that names no known permission, and any actor who lacks it.

    A coroutine although it awaits nothing: Litestar sends plain functions to a thread.

    Raises:
        LoginNeeded: nobody is signed in and the page is not public.
        Forbidden: somebody is, with other roles.
    """
    permission = str(handler.opt.get("permission", ""))
    actor, permissions = actor_of(connection), connection.app.state.get("permissions", CORE)
    if permission not in permissions.known:
        raise Forbidden("Esta página não está disponível.", code="no_permission_declared")
    if permissions.allowed(actor, permission):
        return
    if actor.kind == "anonymous":
        raise LoginNeeded("Entre na sua conta para ver esta página.", code=permission)
    raise Forbidden("Sua conta não tem acesso a esta página.", code=permission)
