"""Who is behind a request: the session's actor, the CSRF token, the visitor cookie."""

from __future__ import annotations

from typing import Any

import structlog
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie, MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from procon.auth.actor import ANONYMOUS, Actor
from procon.auth.csrf import (
    csrf_token,
    is_visitor,
    new_visitor,
    visitor_cookie,
    visitor_cookie_name,
)
from procon.auth.sessions import (
    Session,
    SessionsUnavailable,
    cookie_name,
    load_session,
    touch,
)

# Hosts without a city keep their sessions under these names; no tenant may be called so.
SITE_SLUGS = {"vendor": "plataforma", "suppliers": "fornecedores"}


def actor_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Actor:
    """The signed-in person, or ANONYMOUS."""
    actor = connection.scope["state"].get("actor")
    return actor if isinstance(actor, Actor) else ANONYMOUS


def session_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Session | None:
    """The session behind the request, or None."""
    session = connection.scope["state"].get("session")
    return session if isinstance(session, Session) else None


class SessionMiddleware:
    """Loads the session and prepares the CSRF token.

    Without Redis nobody is recognised: public pages go on, `sessions_down` tells the others.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or "host" not in scope.get("state", {}):
            await self._app(scope, receive, send)
            return
        request: Request[Any, Any, Any] = Request(scope)
        app_state = scope["litestar_app"].state
        secure = app_state.settings.public_scheme == "https"
        state = scope["state"]
        state["actor"], state["session"], state["sessions_down"] = ANONYMOUS, None, False
        await _recognise(request, app_state, state, secure)
        session: Session | None = state["session"]
        visitor = request.cookies.get(visitor_cookie_name(secure), "")
        fresh: Cookie | None = None
        if session is None and not is_visitor(visitor):
            visitor = new_visitor()
            fresh = visitor_cookie(visitor, secure=secure)
        binding = session.id if session else visitor
        state["csrf_token"] = csrf_token(app_state.settings.secret_key, state["host"], binding)
        await self._app(scope, receive, _with_cookie(send, fresh) if fresh else send)


async def _recognise(
    request: Request[Any, Any, Any], app_state: Any, state: Any, secure: bool
) -> None:
    token = request.cookies.get(cookie_name(secure), "")
    if not token:
        return
    now = app_state.db.clock()
    try:
        session = await load_session(
            app_state.get("sessions", app_state.redis),
            slug=site_slug(request),
            host=state["host"],
            token=token,
            now=now,
        )
        if session is not None:
            session = await touch(app_state.redis, session, now)
            state["actor"], state["session"] = session.actor, session
    except SessionsUnavailable:
        state["sessions_down"] = True
        structlog.get_logger().warning("sessions_unavailable")


def site_slug(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Under which name this host's sessions are kept: the tenant's slug or the site's."""
    tenant = connection.scope["state"].get("tenant")
    if tenant is not None:
        return str(tenant.slug)
    settings = connection.app.state.settings
    host = connection.scope["state"].get("host")
    return SITE_SLUGS["vendor" if host == settings.vendor_host else "suppliers"]


def _with_cookie(send: Send, cookie: Cookie) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableScopeHeaders.from_message(message)
            headers.add("Set-Cookie", cookie.to_header(header=""))
        await send(message)

    return sending
