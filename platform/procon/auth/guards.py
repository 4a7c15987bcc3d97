"""The app-level guard: no handler without a permission, no permission without a role."""

from __future__ import annotations

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from procon.auth.http import actor_of
from procon.auth.permissions import PERMISSIONS, allowed
from procon.kernel.errors import Forbidden, LoginNeeded


async def require_permission(connection: ASGIConnection, handler: BaseRouteHandler) -> None:  # type: ignore[type-arg]  # Litestar's generics add nothing here
    """Deny any handler that names no known permission, and any actor who lacks it.

    A coroutine although it awaits nothing: Litestar sends plain functions to a thread.

    Raises:
        LoginNeeded: nobody is signed in and the page is not public.
        Forbidden: somebody is, with other roles.
    """
    permission = str(handler.opt.get("permission", ""))
    actor = actor_of(connection)
    if permission not in PERMISSIONS:
        raise Forbidden("Esta página não está disponível.", code="no_permission_declared")
    if allowed(actor, permission):
        return
    if actor.kind == "anonymous":
        raise LoginNeeded("Entre na sua conta para ver esta página.", code=permission)
    raise Forbidden("Sua conta não tem acesso a esta página.", code=permission)
