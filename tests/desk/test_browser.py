"""The desk in a real Chromium: keys, ready texts, axe at 320 and 1440 pixels."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, Route, async_playwright, expect

from desk.desk_support import indexed
from procon.auth.actor import Actor
from procon.auth.sessions import cookie_name
from procon.desk.texts.commands import save_module
from procon.desk.texts.forms import ModuleForm
from support.cities import CNPJ, City, filed, staff
from support.web import Web

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="não há Chromium nesta máquina"),
]


@pytest.fixture
async def page(web: Web, city: City) -> AsyncIterator[Page]:
    """A browser in which an analyst who also runs the city is signed in."""
    me: Actor = staff("analyst", "cityadmin")
    client = await web.client(city, me)
    token = client.cookies[cookie_name(False)]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        context = await browser.new_context(viewport={"width": 320, "height": 640})
        await context.add_cookies(
            [{"name": cookie_name(False), "value": token, "url": f"http://{city.host}"}]
        )
        plain = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=web.app),  # type: ignore[arg-type]  # Litestar is an ASGI app
            base_url=f"http://{city.host}",
        )

        async def reply(route: Route) -> None:
            request = route.request
            headers = {**await request.all_headers(), "host": city.host}
            found = await plain.request(
                request.method, request.url, headers=headers, content=request.post_data_buffer
            )
            sent = {k: v for k, v in found.headers.items() if k != "content-encoding"}
            await route.fulfill(status=found.status_code, headers=sent, body=found.content)

        await context.route("**/*", reply)
        opened = await context.new_page()
        opened.set_default_timeout(10_000)
        yield opened
        await plain.aclose()
        await browser.close()
    await client.aclose()


async def faults(page: Page) -> list[Any]:
    found = (await Axe().run(page, options={"runOnly": TAGS})).response
    return [
        (rule["id"], [node["html"][:160] for node in rule["nodes"]]) for rule in found["violations"]
    ]


async def test_keys_walk_tick_and_choose(page: Page, city: City) -> None:
    cases = [await filed(city) for _ in range(3)]
    await page.goto(f"http://{city.host}/equipe/processos?ordem=aberto")
    focused = "document.activeElement.textContent.trim()"
    await page.keyboard.press("j")
    assert await page.evaluate(focused) == cases[2].number
    await page.keyboard.press("j")
    await page.keyboard.press("x")
    await page.keyboard.press("k")
    assert await page.evaluate(focused) == cases[2].number
    ticked = page.locator("input[name=caso]:checked")
    await expect(ticked).to_have_count(1)
    await expect(ticked).to_have_value(str(cases[1].id))
    await page.keyboard.press("a")
    assert await page.evaluate("document.activeElement.name") == "acao"
    await page.locator("tbody a").first.focus()
    await page.keyboard.press("?")
    await expect(page.locator("dialog")).to_be_visible()
    await page.locator("[data-teclas-ligadas]").uncheck()
    await page.keyboard.press("Escape")
    await page.locator("tbody a").first.focus()
    await page.keyboard.press("j")
    assert await page.evaluate(focused) == cases[2].number
    await page.locator("summary", has_text="Filtrar").click()
    await page.locator("#texto").fill("jxa?")
    await expect(page.locator("#texto")).to_have_value("jxa?")


async def test_a_ready_text_is_inserted_in_place(page: Page, city: City) -> None:
    case = await filed(city)
    async with city.scope() as tx:
        module = ModuleForm("Nota", "Envie a nota.")
        await save_module(tx, actor=staff(), module=module, module_id=None)
    await page.goto(f"http://{city.host}/equipe/processos/{case.number}")
    await page.locator("summary", has_text="Escrever uma nota interna").click()
    await page.locator("#nota").fill("Olá.")
    await page.locator("#modulo-nota").select_option(label="Nota")
    await page.locator("[data-textos=nota] button").click()
    await expect(page.locator("#nota")).to_have_value("Olá.\n\nEnvie a nota.")


async def test_every_page_of_the_desk_is_accessible(page: Page, city: City) -> None:
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    case = await filed(city)
    await filed(city, supplier_name="Loja Exemplo Ltda", cnpj=None)
    await indexed(city)
    async with city.scope() as tx:
        kept: UUID = await tx.fetchval("SELECT id FROM supplier WHERE cnpj = $1", CNPJ)
        loose: UUID = await tx.fetchval("SELECT id FROM supplier WHERE cnpj IS NULL")
    for path in (
        "/equipe/processos",
        "/equipe/processos?texto=geladeira&estado=triage",
        "/equipe/busca?q=geladeiras",
        "/equipe/busca?q=geladera",
        f"/equipe/processos/{case.number}",
        "/equipe/empresas?q=loja",
        f"/equipe/empresas/{kept}",
        f"/equipe/empresas/{kept}/unir/{loose}",
        "/equipe/coletivos",
        "/equipe/orientacoes",
        "/equipe/orientacoes/nova",
        "/equipe/configuracoes/macros",
        "/equipe/configuracoes/textos",
        "/equipe/configuracoes/distribuicao",
    ):
        for width in (320, 1440):
            await page.set_viewport_size({"width": width, "height": 900})
            await page.goto(f"http://{city.host}{path}")
            assert (path, width, await faults(page)) == (path, width, [])
            wide = await page.evaluate("document.documentElement.scrollWidth")
            assert (path, wide) == (path, width)
    await page.goto(f"http://{city.host}/equipe/processos")
    await page.locator("input[name=caso]").first.check()
    await page.locator("#acao").select_option("note")
    await page.get_by_role("button", name="Ver antes de fazer").click()
    await page.locator("#nota").fill("Ligar.")
    await page.get_by_role("button", name="Conferir").click()
    assert await faults(page) == []
    await page.get_by_role("button", name="Fazer em 1 processo").click()
    await expect(page.get_by_role("button", name="Desfazer")).to_be_visible()
    assert await faults(page) == []
    assert complaints == []
