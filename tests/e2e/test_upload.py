"""Sending a large file from a real browser to the real store, with a broken line in between."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import pytest
from playwright.async_api import Browser, Request, Route, expect

from e2e import story
from e2e.person import Person
from e2e.stack import Stack

pytestmark = pytest.mark.browser
SIZE = 20 * 1024 * 1024


async def test_goes_on_after_a_reload(stack: Stack, chromium: Browser, tmp_path: Path) -> None:
    one = await Person.enter(stack, chromium, "campinas", width=360)
    big = story.write_big(tmp_path, SIZE)
    sent: list[str] = []
    cut, passed = asyncio.Event(), 0

    async def line(route: Route) -> None:
        nonlocal passed
        if passed == 2 and not cut.is_set():
            cut.set()  # the third part never leaves, as on a phone that loses its signal
            return
        passed += 1
        await route.continue_()

    def note(request: Request) -> None:
        if request.method == "PUT":
            sent.append(request.url.split("?")[1].split("partNumber=")[1].split("&")[0])

    await one.page.route(f"{stack.services.s3.endpoint}/**", line)
    await one.open("/reclamar")
    await one.press("Começar agora")
    await one.page.wait_for_url("**/o-que-houve")
    await one.open("/reclamar/arquivos")
    await one.page.set_input_files("input[type=file]", big)
    await asyncio.wait_for(cut.wait(), 30)
    bar = one.page.get_by_label("Envio de grande.jpg")
    await expect(bar).to_be_visible()
    share = float(await bar.evaluate("bar => bar.value"))
    assert 0 < share < 1

    one.page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
    one.page.on("requestfinished", note)
    await one.page.reload()
    await one.page.set_input_files("input[type=file]", big)
    link = one.page.get_by_role("link", name="grande.jpg")
    await expect(link).to_be_visible(timeout=40_000)
    digest = hashlib.sha256(big.read_bytes()).hexdigest()
    await expect(one.page.locator("[data-envio-lista]")).to_contain_text(digest)
    assert "1" not in sent
    assert "2" not in sent
    assert sent[:1] == ["3"]
    assert one.faults == []
    await one.leave()
