"""An HTTP client that behaves like a browser: cookies per host and actor, Origin, CSRF token."""

from __future__ import annotations

import re
from typing import Any

import httpx
from litestar import Litestar

from procon.auth.actor import Actor
from procon.auth.csrf import csrf_token
from procon.auth.sessions import cookie_name, open_session
from support.cities import City


class Web:
    """Requests against the real application, without a socket."""

    def __init__(self, app: Litestar) -> None:
        self.app = app
        self._clients: dict[tuple[str, str], httpx.AsyncClient] = {}

    async def client(self, city: City, actor: Actor | None = None) -> httpx.AsyncClient:
        """A browser on the city's host, signed in as `actor`; `.headers` carry Origin and token."""
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.app),  # type: ignore[arg-type]
            base_url=f"http://{city.host}",
            headers={"Origin": f"http://{city.host}"},
        )
        if actor is not None:
            state = self.app.state
            token, session = await open_session(
                state.redis,
                slug=city.slug,
                host=city.host,
                actor=actor,
                provider="govbr",
                user_agent="Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
                now=state.db.clock(),
            )
            client.cookies.set(cookie_name(False), token)
            secret = state.settings.secret_key
            client.headers["X-CSRF-Token"] = csrf_token(secret, city.host, session.id)
        return client

    async def get(
        self, city: City, path: str, *, actor: Actor | None = None, **more: Any
    ) -> httpx.Response:
        """GET as `actor` (None: nobody)."""
        async with await self.client(city, actor) as client:
            return await client.get(path, **more)

    async def post(
        self,
        city: City,
        path: str,
        data: dict[str, Any] | None = None,
        *,
        actor: Actor | None = None,
        **more: Any,
    ) -> httpx.Response:
        """POST a form as `actor`, with the token that the form would carry."""
        async with await self.client(city, actor) as client:
            if actor is None:
                page = await client.get("/verificar")
                client.headers["X-CSRF-Token"] = token_in(page.text)
            return await client.post(path, data=data or {}, **more)


def token_in(html: str) -> str:
    """The CSRF token of the first form on a page."""
    found = re.search(r'name="_csrf"[^>]*value="([0-9a-f]+)"', html)
    assert found, "no form with a token on this page"
    return found.group(1)
