"""Files that a browser may keep for a few minutes.

Not `public`: the answer may carry a visitor's cookie, which a shared cache would hand to others.
"""

from __future__ import annotations

import hashlib
from typing import Any

from litestar import Request, Response

SECONDS = 300


def download(
    request: Request[Any, Any, Any], body: bytes, media_type: str, name: str
) -> Response[bytes]:
    """The file, or 304 when the client has it already. Other sites' scripts may read it."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {
        "ETag": tag,
        "Cache-Control": f"private, max-age={SECONDS}",
        "Access-Control-Allow-Origin": "*",
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    if tag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers, media_type=media_type)
    return Response(body, headers=headers, media_type=media_type)
