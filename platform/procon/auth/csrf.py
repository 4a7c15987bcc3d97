"""Protection against forged requests: a token bound to the session, and where the call is from.

Litestar's stock CSRF token is bound to nothing, so an attacker's own token works for a victim
whose cookie was tossed from a sibling sub-domain. Ours is an HMAC over host and session.
"""

from __future__ import annotations

import hmac
import re
import secrets
from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.datastructures import Cookie

from procon.kernel.errors import Forbidden

FIELD = "_csrf"
HEADER = "x-csrf-token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

_VISITOR = re.compile(r"[A-Za-z0-9_-]{22}\Z")
_EXPIRED = (
    "Esta página ficou aberta tempo demais ou foi aberta em outro endereço. "
    "Recarregue a página e envie de novo."
)


def visitor_cookie_name(secure: bool) -> str:
    """Cookie that gives a form of somebody not signed in something to be bound to."""
    return "__Host-procon-v" if secure else "procon-v"


def new_visitor() -> str:
    """A fresh visitor id: 128 random bits."""
    return secrets.token_urlsafe(16)


def is_visitor(value: str) -> bool:
    """Whether a cookie's value has the form of a visitor id."""
    return bool(_VISITOR.match(value))


def visitor_cookie(value: str, *, secure: bool) -> Cookie:
    """The cookie that keeps a visitor id until the browser is closed."""
    return Cookie(
        key=visitor_cookie_name(secure),
        value=value,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def csrf_token(secret: str, host: str, binding: str) -> str:
    """The token for forms shown on `host` to the session (or visitor) named by `binding`."""
    message = f"csrf\0{host}\0{binding}".encode()
    return hmac.digest(secret.encode(), message, "sha256").hex()


async def check(request: Request[Any, Any, Any]) -> None:
    """Refuse an unsafe request that did not start on one of our own pages.

    Reads `request.state.csrf_token` (what the middleware expects for this session) and compares
    it with the form field `_csrf` or the header `X-CSRF-Token`.

    Raises:
        Forbidden: the request comes from elsewhere, or its token is missing or another's.
    """
    if request.method in SAFE_METHODS:
        return
    host = request.headers.get("host", "")
    scheme: str = request.app.state.settings.public_scheme
    if not is_same_origin(
        site=request.headers.get("sec-fetch-site"),
        origin=request.headers.get("origin"),
        referer=request.headers.get("referer"),
        expected=f"{scheme}://{host}".lower(),
    ):
        raise Forbidden(_EXPIRED, code="csrf-origin")
    given = request.headers.get(HEADER) or str((await request.form()).get(FIELD, ""))
    expected: str = getattr(request.state, "csrf_token", "")
    if not expected or not hmac.compare_digest(given.encode(), expected.encode()):
        raise Forbidden(_EXPIRED, code="csrf-token")


def is_same_origin(
    *, site: str | None, origin: str | None, referer: str | None, expected: str
) -> bool:
    """Whether the browser says that the request was started by a page of `expected`.

    Sec-Fetch-Site decides where the browser sends it (a page cannot set it); else Origin, else
    Referer. Without any of the three the answer is no.
    """
    if site is not None:
        return site in {"same-origin", "none"}
    if origin is not None:
        return origin.lower() == expected
    if referer is not None:
        parts = urlsplit(referer)
        return f"{parts.scheme}://{parts.netloc}".lower() == expected
    return False
