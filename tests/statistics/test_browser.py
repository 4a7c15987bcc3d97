"""The figures in a real Chromium: axe and the width of a small phone."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from axe_playwright_python.async_playwright import Axe
from msgspec.structs import replace
from playwright.async_api import Browser, Page, Route, async_playwright

from procon.auth.actor import Actor
from procon.auth.sessions import cookie_name
from procon.statistics.register.commands import freeze
from support.cities import City, staff, supplier
from support.planting import YEAR, Seed, plant
from support.web import Web

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="não há Chromium nesta máquina"),
]
CHIEF = staff("cityadmin", name="Vilma Rocha")


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        await browser.close()


async def opened(chromium: Browser, web: Web, city: City, actor: Actor | None) -> Page:
    """A page whose requests the application answers, signed in as `actor`."""
    client = await web.client(city, actor)
    context = await chromium.new_context()
    token = client.cookies.get(cookie_name(False))
    if token:
        await context.add_cookies(
            [{"name": cookie_name(False), "value": token, "url": f"http://{city.host}"}]
        )

    async def reply(route: Route) -> None:
        request = route.request
        headers = {**await request.all_headers(), "host": city.host}
        transport = httpx.ASGITransport(app=web.app)  # type: ignore[arg-type]  # an ASGI app
        async with httpx.AsyncClient(transport=transport) as plain:
            found = await plain.request(request.method, request.url, headers=headers)
        sent = {k: v for k, v in found.headers.items() if k != "content-encoding"}
        await route.fulfill(status=found.status_code, headers=sent, body=found.content)

    await context.route("**/*", reply)
    page = await context.new_page()
    page.set_default_timeout(20_000)
    return page


async def faults(page: Page) -> list[Any]:
    found = (await Axe().run(page, options={"runOnly": TAGS})).response
    return [
        (rule["id"], [node["html"][:160] for node in rule["nodes"]]) for rule in found["violations"]
    ]


async def test_every_page_is_accessible_and_fits_a_phone(
    chromium: Browser, web: Web, city: City
) -> None:
    days = timedelta(days=1)
    await plant(city, 60, Seed(solved=True, answered=4 * days, closed=20 * days))
    await plant(city, 25, Seed(solved=False, channel="post", subject="0101"))
    await plant(city, 15, Seed(outcome="SEM_AVALIACAO", at=datetime(YEAR, 7, 2, tzinfo=UTC)))
    await plant(city, 3, Seed(outcome="SEM_AVALIACAO", at=datetime(YEAR, 9, 2, tzinfo=UTC)))
    await plant(city, 2, Seed(status="triage", outcome="", cip_round=0))
    registered = Seed(outcome="FUND_NAO_ATENDIDA", registered_at=datetime(YEAR, 6, 2, tzinfo=UTC))
    case = (await plant(city, 2, replace(registered, solved=False)))[0]
    async with city.scope() as tx:
        await freeze(tx, actor=CHIEF, year=YEAR)
        number = await tx.fetchval("SELECT number FROM case_file WHERE id = $1", case)
    visits = (
        (None, f"/indicadores?ano={YEAR}"),
        (None, "/indicadores/metodo"),
        (None, f"/cadastro?ano={YEAR}"),
        (None, f"/empresas/11222333?ano={YEAR}"),
        (None, f"/dados-abertos?ano={YEAR}"),
        (CHIEF, f"/gestao?ano={YEAR}"),
        (CHIEF, "/gestao/cadastro"),
        (supplier(), "/fornecedor/cadastro"),
        (supplier(), f"/fornecedor/cadastro/{number}"),
    )
    found = []
    for actor, path in visits:
        page = await opened(chromium, web, city, actor)
        for width in (320, 1440):
            await page.set_viewport_size({"width": width, "height": 800})
            answer = await page.goto(f"http://{city.host}{path}")
            assert answer is not None and answer.status == 200, path
            wide = await page.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                found.append((path, width, f"{wide} pixels"))
            found += [(path, width, fault) for fault in await faults(page)]
        await page.context.close()
    assert found == []
