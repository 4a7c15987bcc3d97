"""One installation and one Chromium for all tests of this folder."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Playwright, async_playwright

from e2e.person import Person
from e2e.stack import Stack, running

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "google-chrome", "chromium-browser"))), None
)
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Where Chromium is; skips the test where there is none."""
    if CHROMIUM is None:
        pytest.skip("Chromium não está nesta máquina")
    return CHROMIUM


@pytest.fixture(scope="session")
async def stack(chromium_path: str) -> AsyncIterator[Stack]:
    """The running installation."""
    async with running() as started:
        yield started


@pytest.fixture(scope="session")
async def chromium(chromium_path: str) -> AsyncIterator[Browser]:
    """The browser; each person has a context of their own in it."""
    async with async_playwright() as playwright:
        browser = await _launch(playwright, chromium_path)
        yield browser
        await browser.close()


@pytest.fixture
async def remembering(chromium_path: str) -> AsyncIterator[Browser]:
    """A browser that keeps left pages whole in memory, as those of people do."""
    async with async_playwright() as playwright:
        browser = await _launch(
            playwright, chromium_path, ignore_default_args=["--disable-back-forward-cache"]
        )
        yield browser
        await browser.close()


async def _launch(playwright: Playwright, path: str, **more: Any) -> Browser:
    return await playwright.chromium.launch(
        executable_path=path,
        args=list(ARGUMENTS),
        **more,
    )


@pytest.fixture
async def person(stack: Stack, chromium: Browser) -> AsyncIterator[Person]:
    """Somebody with a phone in the first city."""
    one = await Person.enter(stack, chromium, "campinas", width=360)
    yield one
    await one.leave()
