"""`make bench`: three pages against a floor that does the same I/O, in one run.

Product and floor are each served by one granian worker, measured in turns on the same machine,
so the ratio does not depend on how fast the machine is. The floor knows neither sessions nor
templates nor permissions: what is missing to 1 is what those cost.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from msgspec import Struct

from bench.client import rate
from bench.floor import FILE
from bench.recording import save
from bench.stack import Page, prepare, running
from procon.settings import REPOSITORY

ROUNDS = 15
COUNT = 200
WARM_UP = 100
TARGET = 0.5
READY_SECONDS = 30
PAGE_SECONDS = 15  # then no further round is begun, so that a busy machine ends in time too


class Result(Struct, frozen=True):
    """One page: requests per second of each round, product and floor in turns."""

    name: str
    queries: int
    size: int
    product: tuple[float, ...]
    floor: tuple[float, ...]

    @property
    def ratios(self) -> tuple[float, ...]:
        """Product to floor, round by round."""
        return tuple(a / b for a, b in zip(self.product, self.floor, strict=True))


def measure(*, rounds: int = ROUNDS, count: int = COUNT) -> list[Result]:
    """Start everything, measure each page and stop everything.

    Args:
        count: requests of one round, for the product and for the floor alike. At most WARM_UP
            more come before the first round and are not counted.
    """
    with running() as env, ExitStack() as stack:
        pages = asyncio.run(prepare(env))
        file = Path(env["PROCON_EMBEDDED_DIR"]) / "recording"
        save(tuple(page.recorded for page in pages), file)
        web_env = {**os.environ, **env, FILE: str(file)}
        product = stack.enter_context(_served("procon.app:create_app", web_env))
        floor = stack.enter_context(_served("bench.floor:create_app", web_env))
        return asyncio.run(_rounds(pages, (product, floor), rounds, count, min(count, WARM_UP)))


def report(results: list[Result]) -> str:
    """The table that is printed."""
    lines = [f"{'página':<24}{'SQL':>4}{'kB':>7}{'produto/s':>11}{'piso/s':>9}  razão (mín.-máx.)"]
    for one in results:
        ratio = statistics.median(one.ratios)
        lines.append(
            f"{one.name:<24}{one.queries:>4}{one.size / 1000:>7.1f}"
            f"{statistics.median(one.product):>11.0f}{statistics.median(one.floor):>9.0f}"
            f"  {ratio:.2f} ({min(one.ratios):.2f}-{max(one.ratios):.2f})"
        )
    slow = [one.name for one in results if statistics.median(one.ratios) < TARGET]
    lines.append(f"Meta de {TARGET}: " + (f"falta em {', '.join(slow)}." if slow else "alcançada."))
    return "\n".join(lines)


async def _rounds(
    pages: tuple[Page, ...], ports: tuple[int, int], rounds: int, count: int, warm_up: int
) -> list[Result]:
    results = []
    for page in pages:
        for port in ports:
            await rate(port, page.request, count=warm_up)
        pairs: list[list[float]] = []
        end = time.monotonic() + PAGE_SECONDS
        while not pairs or (len(pairs) < rounds and time.monotonic() < end):
            pairs.append([await rate(port, page.request, count=count) for port in ports])
        product, floor = zip(*pairs, strict=True)
        recorded = page.recorded
        size = len(recorded.body)
        results.append(Result(page.name, recorded.queries, size, product, floor))
    return results


@contextmanager
def _served(target: str, env: dict[str, str]) -> Iterator[int]:
    """One granian worker on a free port of 127.0.0.1, ended with its child on leaving."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = (
        *(sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--no-ws"),
        *("--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
        *("--workers-kill-timeout", "3", "--log-level", "warning", target),
    )
    child = subprocess.Popen(command, env=env, cwd=REPOSITORY)  # noqa: S603 - our own command
    try:
        _wait(port, child)
        yield port
    finally:
        child.terminate()
        try:
            child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _wait(port: int, child: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not _answers(port):
        if child.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the server on port {port} did not start")
        time.sleep(0.1)


def _answers(port: int) -> bool:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        link.request("GET", "/health/ready")
        return link.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        link.close()


def main() -> int:
    """Measure and print. A ratio below the target is said, and is no error."""
    options = argparse.ArgumentParser(description="Velocidade em relação a um piso")
    options.add_argument("--pedidos", type=int, default=COUNT, help="por rodada")
    options.add_argument("--rodadas", type=int, default=ROUNDS)
    given = options.parse_args()
    start = time.monotonic()
    results = measure(rounds=given.rodadas, count=given.pedidos)
    print(report(results))
    print(f"Levou {time.monotonic() - start:.0f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
