"""The application's routes as a table. `python tests/contract/table.py` writes routes.txt anew."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

FILE = Path(__file__).with_name("routes.txt")
SAFE = frozenset({"GET", "HEAD"})
# They send the browser on to a login provider; without one in the tests 503 is the truth.
PROVIDERS = frozenset({"/entrar/govbr", "/entrar/equipe"})
_VALUES = {"str": "x", "uuid": str(UUID(int=7)), "int": "7", "path": "nada/aqui"}


class Line(NamedTuple):
    """One method on one path, and the permission that it names ("" for none)."""

    method: str
    path: str
    permission: str

    @property
    def address(self) -> str:
        """The path with a value in each place."""
        parts = self.path.split("/")
        return "/".join(
            _VALUES[part.strip("{}").partition(":")[2]] if part.startswith("{") else part
            for part in parts
        )

    def __str__(self) -> str:
        return f"{self.method:<6} {self.path} {self.permission or '(nenhuma)'}"


def lines_of(app: Litestar) -> list[Line]:
    """Every route, sorted. OPTIONS, which Litestar adds by itself and the guard denies, is out."""
    return sorted(_lines(app), key=lambda line: (line.path, line.method))


def handlers_of(app: Litestar) -> Iterator[tuple[str, HTTPRouteHandler]]:
    """(path, handler) of every HTTP route."""
    for route in app.routes:
        assert isinstance(route, HTTPRoute), f"{route.path} is not HTTP"
        for handler in route.route_handlers:
            yield route.path, handler


def _lines(app: Litestar) -> Iterator[Line]:
    for path, handler in handlers_of(app):
        for method in handler.http_methods:
            # A plugin's pages are in no city of these tests; tests/plugins has them.
            if method != "OPTIONS" and not path.startswith("/p/"):
                yield Line(str(method), path, str(handler.opt.get("permission") or ""))


def _application() -> Litestar:
    from procon.app import create_app  # noqa: PLC0415 - only when run by hand
    from procon.settings import load  # noqa: PLC0415

    nowhere = "http://127.0.0.1:1"
    names = ("DATABASE_URL", "OWNER_DATABASE_URL", "S3_ENDPOINT")
    more = ("SECRET_KEY", "S3_ACCESS_KEY", "S3_SECRET_KEY")
    return create_app(
        load(
            {f"PROCON_{name}": nowhere for name in names}
            | {f"PROCON_{name}": "x" * 32 for name in more}
            | {"PROCON_REDIS_URL": "redis://127.0.0.1:1/0", "PROCON_ASSETS": "local"}
        )
    )


if __name__ == "__main__":
    FILE.write_text("\n".join(str(line) for line in lines_of(_application())) + "\n")
    sys.stdout.write(f"{FILE.name} escrito\n")
