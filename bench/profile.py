"""Where the product's time goes: the three pages in this process, under cProfile.

`.venv/bin/python -m bench.profile` prints the functions with the most time of their own and in all.
"""

from __future__ import annotations

import asyncio
import cProfile
import pstats

import httpx

from bench.stack import Page, prepare, running
from procon.app import create_app
from procon.settings import load

COUNT = 150
LINES = 45


def main() -> None:
    """Profile and print."""
    with running() as env:
        asyncio.run(_profile(env))


async def _profile(env: dict[str, str]) -> None:
    pages = await prepare(env)
    app = create_app(load(env))
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]  # httpx types its own ASGI
    async with (
        app.lifespan(),
        httpx.AsyncClient(transport=transport, base_url="http://bench") as client,
    ):
        for page in pages:
            await _ask(client, page, 10)
            profile = cProfile.Profile()
            profile.enable()
            await _ask(client, page, COUNT)
            profile.disable()
            print(f"== {page.name}: {COUNT} pedidos")
            pstats.Stats(profile).sort_stats("cumulative").print_stats(LINES)
            pstats.Stats(profile).sort_stats("tottime").print_stats(LINES)


async def _ask(client: httpx.AsyncClient, page: Page, count: int) -> None:
    for _ in range(count):
        await client.get(page.request.path, headers=page.request.headers)


if __name__ == "__main__":
    main()
