"""The sample pages in a real Chromium: axe, 320 px, console, keyboard. No sockets: requests are
answered in this process."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import BrowserContext, Page, Route, async_playwright

from procon.portal.render import build_portal
from procon.settings import REPOSITORY
from procon.tenancy.manifest import Tenant

from .conftest import NAV, PAGES, SEARCH, application

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
NAMES = tuple(sorted(path.stem for path in PAGES.glob("*.html")))
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ORIGIN = "http://cidade.localhost"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="não há Chromium nesta máquina"),
]


@pytest.fixture(scope="module")
async def context(
    manifests: dict[str, Tenant],
) -> AsyncIterator[BrowserContext]:
    """A phone-sized browser whose every request the sample application answers."""
    portal = build_portal(
        themes_dir=REPOSITORY / "themes",
        template_dirs=[PAGES],
        assets_dir=REPOSITORY / "var" / "assets",
        secret_key="k" * 32,
        nav=NAV,
        search=SEARCH,
    )
    transport = httpx.ASGITransport(application(portal, manifests))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:

        async def reply(route: Route) -> None:
            request = route.request
            headers = {**await request.all_headers(), "accept-encoding": "identity"}
            answer = await client.request(
                request.method, request.url, headers=headers, content=request.post_data_buffer
            )
            await route.fulfill(
                status=answer.status_code, headers=dict(answer.headers), body=answer.content
            )

        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
            )
            made = await browser.new_context(viewport={"width": 320, "height": 640})
            await made.route("**/*", reply)
            yield made
            await browser.close()


async def opened(context: BrowserContext, name: str, headers: dict[str, str]) -> Page:
    page = await context.new_page()
    page.set_default_timeout(10_000)
    page.problems = []  # type: ignore[attr-defined]  # read by the test that opened it
    page.on("console", lambda m: page.problems.append(m.text) if m.type == "error" else None)  # type: ignore[attr-defined]  # as above
    await page.set_extra_http_headers(headers)
    await page.goto(f"{ORIGIN}/amostra/{name}")
    return page


async def axe_faults(page: Page) -> list[Any]:
    found = (await Axe().run(page, options={"runOnly": TAGS})).response
    undecided = [rule for rule in found["incomplete"] if rule["id"] == "color-contrast"]
    return [
        (
            rule["id"],
            [(node["html"][:160], [c["message"] for c in node["any"]]) for node in rule["nodes"]],
        )
        for rule in (*found["violations"], *undecided)
    ]


@pytest.mark.parametrize("contrast", ["normal", "alto"])
@pytest.mark.parametrize("city", ["campinas", "contagem"])
@pytest.mark.parametrize("name", NAMES)
async def test_accessible(context: BrowserContext, name: str, city: str, contrast: str) -> None:
    headers = {"x-city": city, "x-actor": "staff", "cookie": f"procon-contraste={contrast}"}
    page = await opened(context, name, headers)
    assert await axe_faults(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") == 320
    if contrast == "normal":
        await page.set_viewport_size({"width": 1440, "height": 900})
        assert await axe_faults(page) == []
    assert page.problems == []  # type: ignore[attr-defined]  # set in opened()
    await page.close()


async def test_refused_form(context: BrowserContext) -> None:
    headers = {"x-city": "campinas", "cookie": "procon-fonte=2"}
    page = await opened(context, "form?erros=1", headers)
    assert await page.evaluate("document.activeElement.id") == "erros"
    for field in ("cpf", "fato", "data", "como"):
        await page.click(f'.govuk-error-summary a[href="#{field}"]')
        assert await page.evaluate("document.activeElement.id") == field
    assert await axe_faults(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") == 320
    await page.close()


async def test_characters_left(context: BrowserContext) -> None:
    page = await opened(context, "form", {"x-city": "campinas"})
    await page.fill("#fato", "ç" * 3999)
    assert await page.text_content("#fato-info") == "Ainda cabe 1 caractere"
    await page.fill("#fato", "ç" * 4002)
    assert await page.text_content("#fato-info") == "Passou 2 caracteres do limite"
    await page.close()


async def test_a_form_is_sent_once(context: BrowserContext) -> None:
    page = await opened(context, "form", {"x-city": "campinas"})
    sent = await page.evaluate(
        """() => {
          const form = document.querySelector("main form");
          const results = [];
          for (let i = 0; i < 2; i += 1) {
            const event = new SubmitEvent("submit", {bubbles: true, cancelable: true});
            form.dispatchEvent(event);
            results.push(event.defaultPrevented);
          }
          return results;
        }"""
    )
    assert sent == [False, True]
    await page.close()
