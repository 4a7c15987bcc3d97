"""The whole first story in real browsers, with and without JavaScript."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser

from e2e import story
from e2e.person import Person
from e2e.stack import Stack

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("city", "script", "errors"),
    [("campinas", True, False), ("contagem", True, True), ("contagem", False, True)],
    ids=["first-city", "second-city-errors", "no-javascript-errors"],
)
async def test_first_story(
    stack: Stack, chromium: Browser, city: str, script: bool, errors: bool
) -> None:
    citizen, staff, supplier = [
        await Person.enter(stack, chromium, city, width=width, script=script)
        for width in (360, 1440, 1280)
    ]
    number = await story.file_complaint(citizen, errors=errors)
    await story.issue_cip(staff, number, errors=errors)
    await story.answer(supplier, number, errors=errors)
    # The bad rating leads on to the process.
    await story.rate(citizen, number, errors=errors, solved=script)
    assert [*citizen.faults, *staff.faults, *supplier.faults] == []
    for one in (citizen, staff, supplier):
        await one.leave()


async def test_a_bad_page_would_be_noticed(person: Person) -> None:
    await person.open("/")
    await person.page.evaluate(
        """() => {
            const bad = document.createElement("p");
            bad.textContent = "texto sem contraste e largo demais";
            bad.className = "govuk-body pg-bad";
            document.querySelector("main").append(bad);
            const sheet = new CSSStyleSheet();
            sheet.replaceSync(".pg-bad{color:#777;background:#888;width:500px}");
            document.adoptedStyleSheets = [sheet];
            const script = document.createElement("script");
            script.textContent = "1";
            document.body.append(script);
        }"""
    )
    await person.look("estragada")
    words = " ".join(person.faults)
    seen = [word in words for word in ("of 320 px", "color-contrast", "Content Security Policy")]
    assert seen == [True, True, True]
