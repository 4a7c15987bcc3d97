"""Somebody at a browser: what they press, read and type, and what every page must stand."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, expect

from e2e.stack import Stack

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa")
# Another contrast changes only colours and sizes, so only these rules can find something new.
LOOKS = ("color-contrast", "link-in-text-block", "target-size")
CONTRASTS = {
    "contraste-normal": {"type": "tag", "values": TAGS},
    "alto-contraste": {"type": "rule", "values": LOOKS},
}
# Where to keep a picture of every page; "" keeps none.
PICTURES = os.environ.get("PROCON_E2E_PICTURES", "")
REFUSED = re.compile("the server responded with a status of (409|422)")
_AXE = Axe()


@dataclass
class Person:
    """One browser context. `faults` gathers what pages did wrong, to be compared with []."""

    stack: Stack
    city: str
    width: int
    script: bool
    context: BrowserContext
    page: Page
    faults: list[str] = field(default_factory=list)
    pictures: int = 0

    @classmethod
    async def enter(
        cls, stack: Stack, chromium: Browser, city: str, *, width: int, script: bool = True
    ) -> Person:
        """A fresh browser, `width` CSS pixels wide, with or without JavaScript."""
        context = await chromium.new_context(
            viewport={"width": width, "height": 800 if width > 600 else 740},
            java_script_enabled=script,
            locale="pt-BR",
        )
        context.set_default_timeout(15_000)
        page = await context.new_page()
        one = cls(stack, city, width, script, context, page)
        page.on("console", lambda said: one._heard(said.type, said.text, said.location["url"]))
        page.on("pageerror", lambda error: one.faults.append(f"{page.url}: {error}"))
        return one

    def _heard(self, kind: str, text: str, source: str) -> None:
        # Chromium notes the page of a refused form itself as an error.
        if kind in {"error", "warning"} and not REFUSED.search(text):
            self.faults.append(f"{self.page.url}: {text} ({source})")

    async def leave(self) -> None:
        """Close the browser."""
        await self.context.close()

    async def open(self, path: str, city: str = "") -> None:
        """Type an address."""
        await self.page.goto(self.stack.url(city or self.city, path))

    async def press(self, name: str) -> None:
        """The button or link with this text."""
        found = self.page.get_by_role("button", name=name, exact=True).or_(
            self.page.get_by_role("link", name=name, exact=True)
        )
        await found.first.click()

    async def fill(self, label: str, text: str) -> None:
        """Type into the field with this label."""
        await self.page.get_by_label(label, exact=True).first.fill(text)

    async def choose(self, label: str) -> None:
        """The radio or checkbox with this label."""
        await self.page.get_by_label(label, exact=True).first.check()

    async def reads(self, *sentences: str) -> None:
        """Each sentence is on the page, somewhere visible."""
        for sentence in sentences:
            await expect(self.page.get_by_text(sentence).first).to_be_visible()

    async def refused(self, *sentences: str) -> None:
        """The form came back with an error: in the title, in a summary, and as a sentence."""
        await expect(self.page.locator(".govuk-error-summary")).to_be_visible()
        assert (await self.page.title()).startswith("Erro: ")
        await self.reads(*sentences)

    async def look(self, name: str, *, axe: bool = True) -> None:
        """Check the page at hand: this width and 320 px, and axe in both contrasts.

        Its picture is taken if asked for.
        """
        if PICTURES:
            await self._picture(name)
        await self._narrow(name)
        if not (axe and self.script):  # axe is a script
            return
        html = self.page.locator("html")
        before = await html.get_attribute("class") or ""
        for contrast, rules in CONTRASTS.items():
            kept = " ".join(word for word in before.split() if word not in CONTRASTS)
            await html.evaluate("(e, c) => { e.className = c; }", f"{kept} {contrast}")
            self.faults += [f"{name} ({contrast}): {fault}" for fault in await self._axe(rules)]
        await html.evaluate("(e, c) => { e.className = c; }", before)

    async def _narrow(self, name: str) -> None:
        size = self.page.viewport_size
        assert size is not None
        await self._fits(name, self.width)
        await self.page.set_viewport_size({"width": 320, "height": 640})
        await self._fits(name, 320)
        await self.page.set_viewport_size(size)

    async def _fits(self, name: str, width: int) -> None:
        wide = await self.page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            self.faults.append(f"{name}: {wide} px wide on a screen of {width} px")

    async def _axe(self, rules: Mapping[str, object]) -> list[str]:
        answer: dict[str, Any] = (await _AXE.run(self.page, options={"runOnly": rules})).response
        undecided = [rule for rule in answer["incomplete"] if rule["id"] == "color-contrast"]
        return [
            f"{rule['id']} {node['target']} {node['html'][:120]} "
            f"{[check['message'] for check in node['any']]}"
            for rule in (*answer["violations"], *undecided)
            for node in rule["nodes"]
        ]

    async def _picture(self, name: str) -> None:
        self.pictures += 1
        mode = "" if self.script else "-sem-js"
        file = f"{self.city}{mode}-{self.width}-{name}.png"
        await self.page.screenshot(path=Path(PICTURES) / file, full_page=True)
