"""The demo's one web application: by host the mail page, the imitated gov.br or the product."""

import os
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

from procon.embedded.mail import MailStore, mail_app

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MAIL_HOST = "correio.localhost"
IDP_HOST = "govbr.localhost"


def create_app() -> App:
    """What granian serves in the demo.

    Reads PROCON_EMBEDDED_DIR, which `procon demo` sets, besides the settings of the product.
    """
    from procon.app import create_app as create_product  # noqa: PLC0415 - heavy, and only here
    from procon.embedded.idp import create_idp  # noqa: PLC0415

    root = Path(os.environ["PROCON_EMBEDDED_DIR"])
    product: Any = create_product()
    idp: Any = create_idp(root / "idp")
    return dispatch(product, {MAIL_HOST: mail_app(MailStore(root / "mail")), IDP_HOST: idp})


def dispatch(product: App, others: dict[str, App]) -> App:
    """Sends each request to the application of its host; start and stop belong to `product`."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        chosen = product if scope["type"] == "lifespan" else others.get(host_of(scope), product)
        await chosen(scope, receive, send)

    return app


def host_of(scope: Scope) -> str:
    """The Host header without its port, lower case; empty when there is none."""
    for name, value in scope.get("headers", ()):
        if name == b"host":
            return str(value.decode("latin-1")).lower().partition(":")[0]
    return ""
