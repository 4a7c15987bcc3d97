"""The real thing for the browser: own services, granian on a free port, the worker, small data."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from e2e.scene import Scene, set_scene
from procon.demo import load as demo_load
from procon.demo.up import _assets, _secrets
from procon.embedded.demo import wait_http, web_command
from procon.embedded.mail import MailStore
from procon.embedded.process import spawn, stop
from procon.embedded.services import Services, remove_all, start_all
from procon.evidence.storage import Store
from procon.kernel.clock import move_forward as forward
from procon.kernel.clock import shift_in
from procon.settings import REPOSITORY, load
from procon.tenancy.manifest import read
from procon.tenancy.scope import Database

SLUGS = ("campinas", "contagem")
# Where hours are booked and a lawyer is registered from the start.
WHOLE = "contagem"
CASES = 50
PROCON = (sys.executable, "-m", "procon.cli")


class Stack:
    """A running installation."""

    def __init__(
        self, services: Services, port: int, clocks: Path, scenes: dict[str, Scene]
    ) -> None:
        self.services, self.port = services, port
        self.mail: MailStore = services.mail
        self.scenes = scenes
        self._clocks = clocks

    def url(self, city: str, path: str = "/") -> str:
        """Address of `path` on the host of `city` (or of another of our labels)."""
        return f"http://{city}.localhost:{self.port}{path}"

    def now(self, city: str) -> datetime:
        """The hour in `city`, whose clock may be ahead."""
        return datetime.now(UTC) + shift_in(self._clocks)(city)

    def move_clock(self, city: str, to: datetime) -> None:
        """Make it `to` in `city`. All who use this city later live in that time."""
        forward(self._clocks, city, to - self.now(city))


@asynccontextmanager
async def running() -> AsyncIterator[Stack]:
    """Start everything with data for two cities; stop it and delete the data at the end."""
    root = _make_root()
    clocks = root / "clock"
    with start_all(root, durable=False) as services, ExitStack() as undo:
        port = _free_port()
        env = {
            **services.env(),
            "PROCON_ENVIRONMENT": "demo",
            "PROCON_CLOCK_DIR": str(clocks),
            "PROCON_PUBLIC_SCHEME": "http",
            "PROCON_PUBLIC_PORT": str(port),
        }
        env |= _assets(env)
        env |= _secrets(env)
        whole = {**os.environ, **env}
        _run([*PROCON, "tenant", "apply"], whole)
        scenes = await _fill(env)
        for name, command in (
            ("worker", [*PROCON, "worker"]),
            ("web", web_command(port, "procon.embedded.asgi:create_app")),
        ):
            child = spawn(name, command, place=services.place, env=whole, cwd=REPOSITORY)
            undo.callback(stop, child, patience=15)
        wait_http(port, "/health/ready", child)
        yield Stack(services, port, clocks, scenes)
    remove_all(root)


def _make_root() -> Path:
    root = Path(tempfile.mkdtemp(prefix="procon-e2e-"))
    root.chmod(0o711)  # the database's own user passes through
    return root


def _run(command: list[str], env: dict[str, str]) -> None:
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout + done.stderr


async def _fill(env: dict[str, str]) -> dict[str, Scene]:
    settings = load(env)
    store = Store(settings)
    await store.prepare()
    scenes = {}
    db = await Database(settings.database_url, size=2).open()
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(demo_load, "CASES", CASES)
            for slug in SLUGS:
                tenant = read(REPOSITORY / "tenants", slug)
                made = await demo_load.load_city(db, tenant, settings.secret_key, store)
                assert made == CASES
                whole = slug == WHOLE
                scenes[slug] = await set_scene(db, tenant, settings.secret_key, whole=whole)
    finally:
        await db.close()
    return scenes


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
