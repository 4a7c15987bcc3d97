"""The upload script in a real Chromium, against the real store, under the real CSP."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from playwright.async_api import Page, Route, async_playwright, expect

from evidence.evidence_support import PART, Browser, photo, sha256
from procon.evidence.content import WRONG_TYPE
from procon.evidence.queries import Owner, files_of_owner
from support.cities import City
from support.web import Web

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]
BODY = photo(900) + b"\0" * (2 * PART)
AXE = Path(__import__("axe_playwright_python").__file__).parent / "axe.min.js"


class Screen:
    """A browser page whose requests to the city are answered by the application in process."""

    def __init__(self, page: Page, web: Web, city: City) -> None:
        self.page, self.web, self.city = page, web, city
        self.owner = Owner("draft", uuid4())
        self.complaints: list[str] = []
        self.checking = True
        page.on("console", lambda m: m.type == "error" and self.complaints.append(m.text))
        page.on("pageerror", lambda e: self.complaints.append(str(e)))

    async def answer(self, route: Route) -> None:
        request, client = (
            route.request,
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app=self.web.app),  # type: ignore[arg-type]
                base_url=f"http://{self.city.host}",
            ),
        )
        headers = await request.all_headers()
        headers["host"] = self.city.host
        found = await client.request(
            request.method, request.url, headers=headers, content=request.post_data_buffer
        )
        if self.checking and request.url.endswith("/concluir"):
            await self.worker().check(UUID(found.json()["id"]))
        sent = {k: v for k, v in found.headers.items() if k != "content-encoding"}
        await route.fulfill(status=found.status_code, headers=sent, body=found.content)

    def worker(self) -> Browser:
        return Browser(httpx.AsyncClient(), self.web, self.city, self.owner)

    async def open(self) -> None:
        """The page with the upload box, for a new draft of this visitor."""
        await self.page.goto(f"http://{self.city.host}/verificar")
        token = await self.page.locator("input[name=_csrf]").first.get_attribute("value")
        client = httpx.AsyncClient(headers={"X-CSRF-Token": token or ""})
        ticket = Browser(client, self.web, self.city, self.owner).ticket
        field = {"ficha": ticket, "voltar": "/verificar"}
        await self.page.evaluate(
            """(fields) => {
                const form = document.querySelector("form[method=post]");
                for (const [name, value] of Object.entries(fields)) {
                    const input = document.createElement("input");
                    Object.assign(input, { type: "hidden", name, value });
                    form.append(input);
                }
                form.action = "/arquivos/enviar";
                form.submit();
            }""",
            field,
        )
        await self.page.wait_for_url("**/arquivos/enviar")
        await expect(self.page.locator("[data-envio]")).to_have_count(1)

    async def choose(self, name: str, body: bytes) -> None:
        await self.page.set_input_files(
            "#arquivo", {"name": name, "mimeType": "application/octet-stream", "buffer": body}
        )


@pytest.fixture
async def screen(web: Web, city: City) -> AsyncIterator[Screen]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            # The answers made here have no address, so Chromium would take the page for a public
            # one that reaches for this machine. A served page is on the loopback, as the store is.
            args=["--no-sandbox", "--disable-features=LocalNetworkAccessChecks"],
        )
        page = await chromium.new_page(viewport={"width": 320, "height": 640})
        shown = Screen(page, web, city)
        await page.route(f"http://{city.host}/**", shown.answer)
        yield shown
        await chromium.close()


async def test_sends_in_parts_and_lists_the_file(screen: Screen) -> None:
    await screen.open()
    screen.complaints.clear()  # Chromium notes the 422 of the page itself
    await expect(screen.page.get_by_role("button", name="Enviar arquivos")).to_be_hidden()
    await screen.choose("foto da nota.jpg", BODY)
    link = screen.page.get_by_role("link", name="foto da nota.jpg")
    await expect(link).to_be_visible(timeout=15_000)
    await expect(screen.page.locator("progress")).to_have_count(0)
    await expect(screen.page.locator("[data-envio-lista] .pg-codigo")).to_contain_text(sha256(BODY))
    async with screen.city.scope() as tx:
        (file,) = await files_of_owner(tx, screen.owner)
    assert (file.state, file.sha256, sorted(file.parts)) == ("kept", sha256(BODY), [1, 2, 3])
    picture = screen.page.locator("img.pg-miniatura")
    await picture.scroll_into_view_if_needed()
    await expect(picture).to_have_js_property("complete", True)
    assert await picture.evaluate("node => node.decode().then(() => node.naturalWidth)") == 320
    assert screen.complaints == []


async def test_goes_on_after_a_reload(screen: Screen) -> None:
    await screen.open()
    puts: list[str] = []
    store = screen.web.app.state.settings.s3_public

    async def cut(route: Route) -> None:
        if route.request.method == "PUT":
            number = httpx.URL(route.request.url).params["partNumber"]
            puts.append(number)
            if number == "2" and puts.count("2") == 1:
                await route.abort()
                await screen.page.goto(f"http://{screen.city.host}/verificar")
                return
        await route.continue_()

    await screen.page.route(f"{store}/**", cut)
    screen.page.on("dialog", lambda dialog: dialog.accept())
    await screen.choose("queda.jpg", BODY)
    await screen.page.wait_for_url("**/verificar")
    await screen.open()
    await expect(screen.page.locator("[data-envio-lista]")).to_contain_text("O envio parou no meio")
    remembered = await screen.page.evaluate("Object.keys(localStorage).length")
    assert remembered == 1
    # The same file again: Playwright gives it another date, so say what the browser would.
    await screen.page.evaluate(
        """() => { const [key] = Object.keys(localStorage);
            const stamp = Number(key.split(":").pop());
            Object.defineProperty(File.prototype, "lastModified", { get: () => stamp }); }"""
    )
    await screen.choose("queda.jpg", BODY)
    await expect(screen.page.get_by_role("link", name="queda.jpg")).to_be_visible(timeout=15_000)
    assert puts == ["1", "2", "2", "3"]


async def test_says_why_a_file_is_refused(screen: Screen) -> None:
    await screen.open()
    await screen.choose("nota.pdf", b"MZ" + b"\0" * 100)
    message = screen.page.locator("[data-envio-andamento] .govuk-error-message")
    await expect(message).to_have_text(f"nota.pdf: {WRONG_TYPE}", timeout=15_000)


async def test_nothing_for_axe_to_find(screen: Screen) -> None:
    await screen.open()
    await screen.choose("foto.jpg", photo())
    await expect(screen.page.get_by_role("link", name="foto.jpg")).to_be_visible(timeout=15_000)
    result: Any = await screen.page.evaluate(
        f"(() => {{ {AXE.read_text('utf-8')}; return axe.run(); }})()"
    )
    found = [(v["id"], [n["html"] for n in v["nodes"]]) for v in result["violations"]]
    undecided = [v["id"] for v in result["incomplete"] if v["id"] == "color-contrast"]
    assert (found, undecided) == ([], []), json.dumps(found, indent=1)
    wide = await screen.page.evaluate("document.documentElement.scrollWidth")
    assert wide == 320
