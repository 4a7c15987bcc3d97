"""The live page in a real Chromium, served by the real server: each sentence arrives by itself."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from hearings.hearings_support import CONCILIATOR, booked
from hearings.test_live import ENDS, PAYS, Table
from procon.auth.actor import Actor
from procon.auth.sessions import cookie_name
from procon.settings import Settings
from procon.tenancy.manifest import Tenant
from support.cities import City, MovingClock, citizen
from support.web import Web

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]
AXE = Path(__import__("axe_playwright_python").__file__).parent / "axe.min.js"


@pytest.fixture(scope="module")
async def port(settings: Settings, tenants: tuple[Tenant, ...]) -> AsyncIterator[int]:
    """The port of a granian that serves the whole application."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        chosen = int(probe.getsockname()[1])
    environment = {
        f"PROCON_{name.upper()}": str(getattr(settings, name))
        for name in settings.__struct_fields__
    }
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "granian", "--interface", "asgi", "--factory"),
        *("--host", "127.0.0.1", "--port", str(chosen), "procon.app:create_app"),
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(60), httpx.AsyncClient() as client:
            while not await _answers(client, chosen):
                assert server.returncode is None, "the server ended"
                await asyncio.sleep(0.1)  # a listening port gives no other sign
        yield chosen
    finally:
        server.terminate()
        await server.wait()


async def _answers(client: httpx.AsyncClient, port: int) -> bool:
    try:
        return (await client.get(f"http://127.0.0.1:{port}/health/live")).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        await browser.close()


@pytest.fixture
async def hearing_id(city: City, clock: MovingClock) -> UUID:
    """A hearing that begins now by the real clock, which the served application has."""
    _, found = await booked(city)
    clock.reset()
    async with city.scope() as tx:
        await tx.execute(
            "UPDATE hearing_slot SET starts_at = $1 WHERE id = (SELECT slot_id FROM"
            " hearing WHERE id = $2)",
            tx.now,
            found,
        )
    return found


class Screen:
    """A Chromium before the served application, for one hearing."""

    def __init__(self, web: Web, city: City, browser: Browser, port: int, hearing_id: UUID) -> None:
        self.table = Table(web, city, hearing_id)
        self._web, self._city, self._browser, self._port = web, city, browser, port

    async def open(self, actor: Actor, path: str, *, width: int = 320) -> Page:
        """A page as somebody who is signed in sees it."""
        address = f"http://{self._city.host}:{self._port}{path}"
        async with await self._web.client(self._city, actor) as client:
            token = client.cookies[cookie_name(False)]
        context = await self._browser.new_context(viewport={"width": width, "height": 700})
        await context.add_cookies([{"name": cookie_name(False), "value": token, "url": address}])
        page = await context.new_page()
        await page.goto(address)
        return page


@pytest.fixture
def screen(web: Web, city: City, chromium: Browser, port: int, hearing_id: UUID) -> Screen:
    return Screen(web, city, chromium, port, hearing_id)


@pytest.mark.parametrize("events", [True, False], ids=["events", "polling"])
async def test_each_sentence_arrives_by_itself(screen: Screen, events: bool) -> None:
    table = screen.table
    page = await screen.open(citizen(), table.own)
    looks: list[str] = []
    page.on("request", lambda one: "/ao-vivo" in one.url and looks.append(one.url))
    if not events:
        await page.route("**/fluxo", lambda route: route.abort())
        await page.reload()
    await expect(page.get_by_text("Nada foi escrito ainda.")).to_be_visible()
    first = await table.write(PAYS)
    await expect(page.get_by_text(PAYS, exact=False).first).to_be_visible(timeout=8_000)
    await expect(page.locator("#ao-vivo-recado")).to_contain_text(f"A última: {PAYS}")
    # The focus stays where it was when the part is drawn anew.
    button = page.locator(f"form[action$='/clausulas/{first}/aceitar'] button")
    await button.focus()
    await table.write(ENDS)
    await expect(page.get_by_text(ENDS, exact=False).first).to_be_visible(timeout=8_000)
    await expect(button).to_be_focused()
    if events:
        assert len(looks) <= 3
    await table.came("consumer", "Ana Souza")
    await table.came("supplier", "Edu Reis")
    assert (await table.close("no_agreement"))[0] == 303
    await expect(page.get_by_text("Encerrada: Sem acordo")).to_be_visible(timeout=8_000)


async def test_the_pages_are_accessible_on_a_phone_and_on_a_desk(
    screen: Screen, web: Web, city: City
) -> None:
    table = screen.table
    await table.came("consumer", "Ana Souza")
    clause = await table.write(PAYS)
    await table.object(citizen(), clause, "Quero à vista.")
    desk = await web.get(city, table.desk, actor=CONCILIATOR)
    number = desk.text.split('href="/equipe/processos/')[1].split('"')[0]
    faults: dict[str, list[object]] = {}
    for actor, path, width in (
        (citizen(), table.own, 320),
        (citizen(), f"{table.own}/clausulas/{clause}/objetar", 320),
        (citizen(), f"{table.own}/aceitar", 320),
        (citizen(), f"/processos/{number}/audiencia", 320),
        (CONCILIATOR, table.desk, 1280),
        (CONCILIATOR, f"{table.desk}/clausulas/{clause}", 1280),
        (CONCILIATOR, f"/equipe/processos/{number}/audiencia", 1280),
        (CONCILIATOR, "/equipe/audiencias?de=todos", 1280),
        (CONCILIATOR, "/equipe/audiencias/salas", 1280),
        (CONCILIATOR, "/equipe/audiencias/horarios", 1280),
    ):
        page = await screen.open(actor, path, width=width)
        result = await page.evaluate(f"(() => {{ {AXE.read_text('utf-8')}; return axe.run(); }})()")
        found = [(v["id"], [n["html"][:200] for n in v["nodes"]]) for v in result["violations"]]
        wide = await page.evaluate("document.documentElement.scrollWidth")
        if found or wide > width:
            faults[path] = [*found, wide]
        await page.context.close()
    assert faults == {}, json.dumps(faults, indent=1)
