"""Parts that the tests of signing in share."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from redis.asyncio import Redis

from procon.auth.oidc import Client, Gateway
from procon.embedded.idp import client_secret, create_idp

HOST = "alfa.localhost"
ORIGIN = "http://alfa.localhost:8000"
PROVIDER = "http://govbr.localhost:8000"
NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)


class MovingClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now


class Switch(httpx.AsyncBaseTransport):
    """A provider that can be cut off, or answer something else; counts its calls."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner = inner
        self.down = False
        self.calls: list[str] = []
        self.answers: dict[str, httpx.Response] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(request.url.path)
        if self.down:
            raise httpx.ConnectTimeout("cut off", request=request)
        if request.url.path in self.answers:
            return self.answers[request.url.path]
        return await self.inner.handle_async_request(request)


class Scene:
    """One site with its provider, without HTTP in front."""

    def __init__(self, directory: Path, redis: Redis) -> None:
        self.redis = redis
        self.clock = MovingClock()
        self.idp = create_idp(directory, environment="test", clock=self.clock)
        self.wire = Switch(httpx.ASGITransport(self.idp))
        self.seconds = 1000.0
        self.gateway = Gateway(local=True, transport=self.wire, monotonic=lambda: self.seconds)
        self.secret = client_secret(directory)

    def client(self, provider: str = "govbr", **changes: Any) -> Client:
        people = provider == "govbr"
        values: dict[str, Any] = {
            "provider": provider,
            "label": "o gov.br" if people else "o acesso da prefeitura",
            "issuer": PROVIDER if people else f"{PROVIDER}/realms/alfa",
            "client_id": "procon-alfa",
            "client_secret": self.secret,
            "scope": "openid email profile govbr_confiabilidades govbr_confiabilidades_idtoken",
            "role_map": {"procon-analise": "analyst"},
        }
        return Client(**(values | changes))

    async def browse(self, address: str) -> dict[str, str]:
        """Open the provider's address as a browser does; the answer's query to the site."""
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self.idp)) as browser:
            response = await browser.get(address)
        assert response.status_code == 303, response.text
        location = response.headers["location"]
        assert location.startswith(f"{ORIGIN}/entrar/retorno?")
        return dict(parse_qsl(urlsplit(location).query))


def pkce(verifier: str) -> str:
    """The S256 challenge of a verifier."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def encoded(part: Any) -> str:
    """A JOSE part: JSON (or raw text) in base64url."""
    raw = part if isinstance(part, str) else json.dumps(part)
    return base64.urlsafe_b64encode(raw.encode()).rstrip(b"=").decode()


@contextmanager
def raises_code(kind: type[BaseException], code: str) -> Iterator[None]:
    """The block must raise exactly `kind` with this code."""
    try:
        yield
    except kind as error:
        assert type(error) is kind
        assert error.code == code  # type: ignore[attr-defined]
    else:
        raise AssertionError(f"nothing was refused; expected {code}")
