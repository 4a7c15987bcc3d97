"""The shell's own pages: style and script files, preferences, accessibility, privacy."""

from __future__ import annotations

from typing import Any

from litestar import Request, get, post
from litestar.datastructures import Cookie
from litestar.handlers import HTTPRouteHandler
from litestar.response import Response
from msgspec import Struct

from procon.kernel.errors import NotFound
from procon.portal.render import is_local, page, portal_of, redirect
from procon.portal.shell import CONTRAST_COOKIE, FONT_COOKIE

PUBLIC = {"permission": "public"}
YEAR = 365 * 24 * 3600
_CHOICES = {
    "contraste": (CONTRAST_COOKIE, frozenset({"alto", "normal"})),
    "fonte": (FONT_COOKIE, frozenset({"0", "1", "2"})),
}
Incoming = Request[Any, Any, Any]


class Plain(Struct, frozen=True):
    """A page that says the same to everybody."""


@get("/t/{name:str}", opt=PUBLIC, sync_to_thread=False)
def static(request: Incoming) -> Response[bytes]:
    """A style sheet, script or picture under the URL that names its bytes; never changes."""
    file = portal_of(request).file_at(request.scope["path"])
    if file is None:
        raise NotFound
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "ETag": file.etag,
        "Vary": "Accept-Encoding",
    }
    if request.headers.get("If-None-Match") == file.etag:
        return Response(b"", status_code=304, media_type=file.media_type, headers=headers)
    body = file.body
    if file.zipped is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
        body, headers["Content-Encoding"] = file.zipped, "gzip"
    return Response(body, media_type=file.media_type, headers=headers)


@post("/preferencias", opt=PUBLIC)
async def preferences(request: Incoming) -> Response[str]:
    """Remember contrast or letter size on this device and go back to the page."""
    form = await request.form()
    back = str(form.get("voltar", "/"))
    response = redirect(request, back if is_local(back) else "/")
    for field, (cookie, values) in _CHOICES.items():
        value = str(form.get(field, ""))
        if value in values:
            response.set_cookie(_lasting(cookie, value, request.scope["scheme"] == "https"))
    return response


def _lasting(name: str, value: str, secure: bool) -> Cookie:
    return Cookie(key=name, value=value, max_age=YEAR, httponly=True, samesite="lax", secure=secure)


@get("/acessibilidade", opt=PUBLIC, sync_to_thread=False)
def accessibility(request: Incoming) -> Response[str]:
    """What was done for accessibility, and where to tell about a barrier."""
    return page(request, "shell/accessibility.html", Plain())


@get("/privacidade", opt=PUBLIC, sync_to_thread=False)
def privacy(request: Incoming) -> Response[str]:
    """What is kept about a person, who sees it, and their rights."""
    return page(request, "shell/privacy.html", Plain())


def handlers() -> list[HTTPRouteHandler]:
    """Route handlers of the shell, for the application."""
    return [static, preferences, accessibility, privacy]
