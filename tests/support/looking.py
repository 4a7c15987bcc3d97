"""A page in a real Chromium, answered in this process: axe, 320 px, console."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import httpx
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, Route

from procon.auth.actor import Actor
from support.cities import City
from support.web import Web

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Set it to a folder to keep pictures of the pages, for a look.
PICTURES = os.environ.get("PROCON_TEST_PICTURES", "")


async def faults(page: Page) -> list[Any]:
    """What axe finds wrong on the page."""
    found = (await Axe().run(page, options={"runOnly": TAGS})).response
    return [
        (rule["id"], [node["html"][:160] for node in rule["nodes"]]) for rule in found["violations"]
    ]


async def look(browser: Any, web: Web, city: City, what: tuple[str, str, Actor, str]) -> list[Any]:
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
