"""The pages of mandates in a real Chromium: axe, 320 px, console. Answered in this process."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, Route, async_playwright

from lawyers.lawyers_support import file, issued, lawyer, mandate_id, path, person
from procon.auth.actor import Actor
from procon.settings import Settings
from support.cities import CNPJ, City, citizen, filed, staff, supplier
from support.web import Web

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Set it to a folder to keep pictures of the pages, for a look.
PICTURES = os.environ.get("PROCON_TEST_PICTURES", "")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="não há Chromium nesta máquina"),
]


async def faults(page: Page) -> list[Any]:
    found = (await Axe().run(page, options={"runOnly": TAGS})).response
    return [
        (rule["id"], [node["html"][:160] for node in rule["nodes"]]) for rule in found["violations"]
    ]


async def test_every_page_is_accessible_and_fits_a_phone(
    web: Web, city: City, settings: Settings
) -> None:
    case, second = await filed(city), await filed(city, supplier_name="Outra Loja", cnpj=None)
    await issued(city, case, settings)
    me, companys = await lawyer(city, 3001), await lawyer(city, 3002, name="Lia Prado")
    waiting, nobody = await lawyer(city, 3003, name="Rui", verified=False), person(30, "Nina")
    await file(web, city, me, case.number, scope="todos")
    await file(web, city, companys, case.number, side="supplier", document=CNPJ)
    given = await mandate_id(city, me)
    pages: list[tuple[str, Actor, str]] = [
        ("/advogado", nobody, ""),
        ("/advogado", waiting, ""),
        ("/advogado", me, ""),
        ("/advogado/cadastro", nobody, "Enviar cadastro"),
        ("/advogado/procuracoes", me, ""),
        ("/advogado/procuracoes/nova", me, "Juntar procuração"),
        (f"/advogado/procuracoes/{given}/substabelecer", me, "Substabelecer"),
        (path(case.number), me, ""),
        (path(case.number), companys, "Enviar a resposta"),
        (f"{path(case.number)}/atos/withdraw", me, "Continuar"),
        (f"/processos/{second.number}", me, ""),
        ("/minha-conta/representantes", citizen(), "Dar procuração"),
        ("/fornecedor/representantes", supplier(), "Dar procuração"),
        (f"/processos/{case.number}/acessos", citizen(), ""),
        ("/equipe/advogados", staff("analyst"), ""),
        (f"/equipe/processos/{case.number}/partes", staff("analyst"), "Incluir empresa"),
    ]
    wrong: list[Any] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        for number, (address, actor, submit) in enumerate(pages):
            wrong += await _look(browser, web, city, (f"{number:02d}", address, actor, submit))
        await browser.close()
    assert wrong == []


async def _look(browser: Any, web: Web, city: City, what: tuple[str, str, Actor, str]) -> list[Any]:
    """What is wrong with one page, as it opens and after its form was sent empty."""
    name, address, actor, submit = what
    wrong: list[Any] = []
    async with await web.client(city, actor) as client:
        context = await browser.new_context(viewport={"width": 320, "height": 640})

        async def reply(route: Route) -> None:
            answer = await _answer(client, route)
            sent = {k: v for k, v in answer.headers.items() if k != "content-encoding"}
            await route.fulfill(status=answer.status_code, headers=sent, body=answer.content)

        await context.route("**/*", reply)
        page = await context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: wrong.append((address, str(error))))
        await page.goto(f"http://{city.host}{address}")
        for step in ("", "sent") if submit else ("",):
            if step:
                await page.get_by_role("button", name=submit, exact=True).click()
                await page.wait_for_selector(".govuk-error-summary")
                await page.wait_for_load_state("load")
            wrong += [(address, step, fault) for fault in await faults(page)]
            width = await page.evaluate("document.documentElement.scrollWidth")
            wrong += [(address, step, width)] if width != 320 else []
            if PICTURES:
                target = Path(PICTURES) / f"{name}{step}.png"
                await page.screenshot(path=target, full_page=True)
        if PICTURES:
            await page.set_viewport_size({"width": 1280, "height": 900})
            await page.screenshot(path=Path(PICTURES) / f"{name}w.png", full_page=True)
        await context.close()
    return wrong


async def _answer(client: httpx.AsyncClient, route: Route) -> httpx.Response:
    request = route.request
    headers = {
        k: v
        for k, v in (await request.all_headers()).items()
        if k in {"content-type", "accept", "origin", "sec-fetch-site"}
    }
    headers["origin"] = client.headers["Origin"]
    return await client.request(
        request.method, request.url, headers=headers, content=request.post_data_buffer
    )
