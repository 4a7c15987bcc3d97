"""The pages of documents, batches and autos in a real Chromium: axe, 320 px, the live preview."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, Route, async_playwright, expect

from letters.documents_support import detail, opened, worked
from procon.auth.actor import Actor
from procon.letters.batch.commands import merge_letters
from procon.settings import Settings
from support.cities import City, citizen, staff
from support.web import Web

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SHOTS = os.environ.get("LETTERS_SHOTS", "")
MODEL = "/equipe/configuracoes/modelos/CERT"
ANALYST = staff("analyst", name="Bia Lima")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="não há Chromium nesta máquina"),
]


@asynccontextmanager
async def browsing(
    web: Web, city: City, actor: Actor, *, width: int = 1200, script: bool = True
) -> AsyncIterator[Page]:
    """A page of somebody signed in; every request is answered in this process."""
    async with await web.client(city, actor) as client, async_playwright() as playwright:
        client.headers.pop("X-CSRF-Token")

        async def reply(route: Route) -> None:
            request = route.request
            headers = {**await request.all_headers(), "accept-encoding": "identity"}
            answer = await client.request(
                request.method,
                request.url,
                headers=headers,
                content=request.post_data_buffer,
                follow_redirects=True,  # the browser would leave this process for them
            )
            await route.fulfill(
                status=answer.status_code, headers=dict(answer.headers), body=answer.content
            )

        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        page = await browser.new_page(
            viewport={"width": width, "height": 900},
            java_script_enabled=script,
            base_url=f"http://{city.host}",
            bypass_csp=False,
        )
        await page.route("**/*", reply)
        yield page
        await browser.close()


async def violations(page: Page) -> list[Any]:
    found = await Axe().run(page, options={"runOnly": TAGS})
    return [(one["id"], one["nodes"][0]["html"]) for one in found.response["violations"]]


async def check(page: Page, path: str) -> None:
    """No barrier, and nothing wider than a small phone."""
    await page.goto(path)
    if SHOTS:
        name = path.strip("/").replace("/", "-")
        await page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)
    assert await violations(page) == [], path
    await page.set_viewport_size({"width": 320, "height": 700})
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"{name}-320.png", full_page=True)
    wide = await page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 320, path
    await page.set_viewport_size({"width": 1200, "height": 900})


async def test_no_page_has_a_barrier(web: Web, city: City, settings: Settings) -> None:
    case_id = await opened(city)
    number = (await detail(city, case_id)).number
    async with city.scope() as tx:
        batch_id = await merge_letters(
            tx, actor=ANALYST, case_ids=[case_id], code="OFI", idempotency_key=uuid4().hex
        )
    async with browsing(web, city, ANALYST) as page:
        for path in (
            "/equipe/configuracoes/modelos",
            MODEL,
            f"{MODEL}/versoes/0",
            "/equipe/cartas/lotes",
            f"/equipe/cartas/lotes/{batch_id}",
            f"/processos/{number}/autos",
        ):
            await check(page, path)
        await worked(city, settings)
        await check(page, f"/equipe/cartas/lotes/{batch_id}")
        await page.goto("/equipe/cartas/lotes")
        await page.get_by_label("Documento", exact=True).select_option("OFI")
        await page.get_by_label("Números dos processos").fill(number)
        await page.get_by_role("button", name="Conferir a lista").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Confira antes de emitir")
        assert await violations(page) == []


async def test_the_preview_follows_the_typing(web: Web, city: City) -> None:
    async with browsing(web, city, ANALYST) as page:
        await page.goto(MODEL)
        field = page.get_by_label("Texto", exact=True)
        await field.fill("# Olá\n\nPara **{{consumidor.nome}}** e {{ninguem}}.")
        shown = page.locator("#previa")
        await expect(shown).to_contain_text("Para Maria Aparecida de Souza")
        await expect(shown).to_contain_text("não existe o campo {{ninguem}}")
        await expect(shown.locator("strong").last).to_have_text("Maria Aparecida de Souza")
        await field.fill("Bom texto.")
        await expect(shown).not_to_contain_text("Precisa de correção")
        await page.get_by_role("button", name="Salvar texto").click()
        await expect(page.get_by_text("Versão 1 salva.")).to_be_visible()


async def test_the_preview_works_without_javascript(web: Web, city: City) -> None:
    async with browsing(web, city, ANALYST, script=False) as page:
        await page.goto(MODEL)
        await page.get_by_label("Texto", exact=True).fill("Para {{consumidor.nome}}.")
        await page.get_by_role("button", name="Ver como fica").click()
        await expect(page.locator("#previa")).to_contain_text("Para Maria Aparecida de Souza.")


@pytest.mark.parametrize("script", [True, False])
async def test_the_autos_come_while_one_waits(
    web: Web, city: City, settings: Settings, script: bool
) -> None:
    case_id = await opened(city)
    await worked(city, settings)
    path = f"/processos/{(await detail(city, case_id)).number}/autos"
    async with browsing(web, city, citizen(), width=320, script=script) as page:
        await page.goto(path)
        await page.get_by_role("button", name="Montar o processo completo").click()
        await expect(page.get_by_text("Estamos montando o arquivo")).to_be_visible()
        await worked(city, settings)
        if not script:
            await page.get_by_role("link", name="Atualizar").click()
        ready = page.get_by_role("button", name="Baixar o processo completo")
        await expect(ready).to_be_visible()
        if script:
            await check(page, path)
