"""A product that is small enough for a test of the demo: ready at once, tells its pid."""

import os
from collections.abc import Awaitable, Callable
from typing import Any


def create_app() -> Callable[[Any, Any, Any], Awaitable[None]]:
    async def app(scope: Any, _receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = f"{os.getpid()} {os.environ['PROCON_ENVIRONMENT']} {os.environ['STEP_SAID']}"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body.encode()})

    return app
