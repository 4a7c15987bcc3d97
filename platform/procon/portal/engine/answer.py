"""A page as an answer: Litestar's `Response` without what only other kinds of content need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Response
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

_MORE = ("background", "cookies", "headers", "encoded_headers", "is_head_response")
_HTML = (b"content-type", b"text/html; charset=utf-8")


class PageResponse(Response[str]):
    """HTML with a status, headers and cookies.

    Whatever else the handler or an exception handler asks of it is done by Litestar's own code.
    """

    def __init__(self, html: str, *, status_code: int, headers: Mapping[str, str]) -> None:
        self.content = html
        self.status_code = status_code
        self.headers = dict(headers)
        self.cookies = []
        self.background = None
        self.encoding = "utf-8"
        self.media_type = "text/html"
        self.response_type_encoders = {}

    def to_asgi_response(self, app: Any, request: Any, **asked: Any) -> ASGIResponse | _Sent:  # type: ignore[override]  # any ASGI app will do
        """The answer in bytes."""
        if any(asked.get(name) for name in _MORE):
            return super().to_asgi_response(app, request, **asked)
        body, pairs = self.content.encode(), self.headers.items()
        headers = [
            *[(name.lower().encode(), value.encode("latin-1")) for name, value in pairs],
            _HTML,
            (b"content-length", b"%d" % len(body)),
            *(cookie.to_encoded_header() for cookie in self.cookies),
        ]
        return _Sent(self.status_code or 200, headers, body)


class _Sent:
    """An ASGI application that sends what it was made with."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        head: Any = {
            "type": "http.response.start",
            "status": self.status,
            "headers": self.headers,
        }
        body: Any = {"type": "http.response.body", "body": self.body, "more_body": False}
        await send(head)
        await send(body)
