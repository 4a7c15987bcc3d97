"""CPU milliseconds of one request, product and floor in one process, and where they go.

`.venv/bin/python -m bench.cpu [--perfil]`. Wall clock says little while others use the machine;
the process's own CPU time says what a change has saved. The services are other processes, so
their work is not counted, and no HTTP server is in between.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import os
import pstats
import statistics
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from bench.floor import FILE
from bench.floor import create_app as create_floor
from bench.recording import save
from bench.stack import Page, prepare, running
from procon.app import create_app
from procon.settings import load

ROUNDS = 25
COUNT = 40
TOGETHER = 8  # as many at a time as bench.client has connections
App = Callable[[Any, Any, Any], Awaitable[None]]


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description="CPU por pedido")
    options.add_argument("--perfil", action="store_true", help="de que pacotes é o tempo")
    options.add_argument("--linhas", type=int, default=0, help="funções mostradas com --perfil")
    given = options.parse_args()
    with running() as env:
        asyncio.run(_measure(env, profile=given.perfil, lines=given.linhas))


async def _measure(env: dict[str, str], *, profile: bool, lines: int) -> None:
    pages = await prepare(env)
    file = Path(env["PROCON_EMBEDDED_DIR"]) / "recording"
    save(tuple(page.recorded for page in pages), file)
    os.environ[FILE] = str(file)
    product, floor = create_app(load(env)), create_floor()
    stop, running_floor = asyncio.Event(), asyncio.Event()
    lifespan = asyncio.create_task(_lifespan(floor, running_floor, stop))
    async with product.lifespan():
        await running_floor.wait()
        print(f"{'página':<24}{'SQL':>4}{'produto ms':>12}{'piso ms':>9}  razão")
        for page in pages:
            await _print_page(product, floor, page, profile=profile, lines=lines)
        stop.set()
        await lifespan


async def _print_page(product: App, floor: App, page: Page, *, profile: bool, lines: int) -> None:
    await _ask(product, page, COUNT)
    await _ask(floor, page, COUNT)
    pairs = [(await _cpu(product, page), await _cpu(floor, page)) for _ in range(ROUNDS)]
    ours, bare = (min(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(b / a for a, b in pairs)
    print(f"{page.name:<24}{page.recorded.queries:>4}{ours:>12.2f}{bare:>9.2f}  {ratio:.2f}")
    if profile:
        found = cProfile.Profile(time.thread_time)
        found.enable()
        await _ask(product, page, COUNT)
        found.disable()
        stats = pstats.Stats(found)
        _print_packages(stats)
        if lines:
            stats.sort_stats("tottime").print_stats(lines)
            stats.sort_stats("cumulative").print_stats(lines)


async def _cpu(app: App, page: Page) -> float:
    """Milliseconds of this process for one request."""
    start = time.process_time()
    await _ask(app, page, COUNT)
    return (time.process_time() - start) * 1000 / COUNT


async def _ask(app: App, page: Page, count: int) -> None:
    left = iter(range(count))

    async def work() -> None:
        for _ in left:
            await _one(app, page)

    await asyncio.gather(*(work() for _ in range(TOGETHER)))


async def _one(app: App, page: Page) -> None:
    request = page.request
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": request.path,
        "raw_path": request.path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(k.encode(), v.encode()) for k, v in request.headers.items()],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
    answer: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        answer.append(message)

    await app(scope, receive, send)
    if answer[0]["status"] != 200:
        raise RuntimeError(f"{request.path} answered {answer[0]['status']}")


async def _lifespan(app: App, running: asyncio.Event, stop: asyncio.Event) -> None:
    """Start the floor's pool in this loop, and end it when `stop` is set."""
    asked = False

    async def receive() -> dict[str, str]:
        nonlocal asked
        if asked:
            await stop.wait()
        asked = True
        return {"type": "lifespan.shutdown" if stop.is_set() else "lifespan.startup"}

    async def send(_message: Any) -> None:
        running.set()

    await app({"type": "lifespan"}, receive, send)


def _print_packages(stats: pstats.Stats) -> None:
    """Own time of each package, in milliseconds of one request (cProfile makes all slower)."""
    spent: Counter[str] = Counter()
    for (file, _line, name), row in stats.stats.items():  # type: ignore[attr-defined]  # pstats has no types for it
        spent[_package(file, name)] += row[2] * 1000 / COUNT
    for package, milliseconds in spent.most_common(24):
        print(f"    {milliseconds:7.3f}  {package}")


def _package(file: str, name: str) -> str:
    if file == "<template>" or file.endswith(".html"):
        return "templates"
    if "site-packages/" in file:
        return file.split("site-packages/")[1].partition("/")[0]
    if "/procon/" in file:
        return ".".join(["procon", *file.split("/procon/")[1].split("/")[:2]])
    if file == "~":
        return f"C: {name[:60]}" if "method" in name else f"C: {name[:40]}"
    return f"python: {Path(file).name}"


if __name__ == "__main__":
    main()
