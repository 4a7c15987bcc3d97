"""What every visitor may count on: light pages, a keyboard that works, nothing left behind."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page, expect

from e2e import story
from e2e.person import Person
from e2e.stack import Stack

pytestmark = pytest.mark.browser
KILO = 1024


class Weight:
    """Bytes that came over the wire, headers included, until they are asked for."""

    def __init__(self) -> None:
        self.total = 0

    @classmethod
    async def of(cls, page: Page) -> Weight:
        """Counts for this page from now on."""
        found = cls()
        session = await page.context.new_cdp_session(page)
        await session.send("Network.enable")
        session.on("Network.loadingFinished", found._add)
        return found

    def _add(self, event: dict[str, float]) -> None:
        self.total += int(event["encodedDataLength"])

    def take(self) -> int:
        """The sum so far, which starts again at 0."""
        found, self.total = self.total, 0
        return found


@pytest.mark.parametrize("city", ["campinas", "contagem"])
async def test_light_pages(stack: Stack, chromium: Browser, city: str) -> None:
    one = await Person.enter(stack, chromium, city, width=360)
    weight = await Weight.of(one.page)
    await one.open("/")
    await one.page.wait_for_load_state("networkidle")
    first = weight.take()
    await one.open("/reclamar")
    await one.press("Começar agora")
    await one.page.wait_for_url("**/o-que-houve")
    await one.page.wait_for_load_state("networkidle")
    weight.take()
    await one.page.reload()
    await one.page.wait_for_load_state("networkidle")
    question = weight.take()
    assert (0 < first <= 60 * KILO, 0 < question <= 25 * KILO) == (True, True), (first, question)
    await one.leave()


async def test_nothing_personal_after_logout_and_back(stack: Stack, remembering: Browser) -> None:
    person = await Person.enter(stack, remembering, "campinas", width=360)
    await person.open("/entrar/govbr?persona=consumer&voltar=/minha-conta")
    await person.reads("Minhas reclamações", "Marina Dua")
    number = person.page.locator("main a[href^='/processos/']").first
    await number.click()
    await person.page.wait_for_url("**/processos/*")
    address = person.page.url
    await person.press("Sair")
    await person.page.wait_for_url("**/")
    await expect(person.page.get_by_role("link", name="Entrar", exact=True)).to_be_visible()
    for _ in range(2):
        await person.page.go_back(wait_until="commit")  # a kept page never loads again
        await expect(person.page.get_by_role("link", name="Entrar", exact=True)).to_be_visible()
        assert "Marina" not in await person.page.content()
    await person.page.goto(address)
    assert "Marina" not in await person.page.content()
    await person.leave()


async def test_keyboard_alone(person: Person) -> None:
    await person.open("/reclamar")
    focused = person.page.locator(":focus")
    await person.page.keyboard.press("Tab")
    await expect(focused).to_have_text("Ir para o conteúdo 1")
    await expect(focused).to_be_in_viewport()
    await person.page.keyboard.press("Enter")
    assert await person.page.evaluate("document.activeElement.id") == "conteudo"
    await person.page.keyboard.press("Tab")
    await expect(focused).to_have_text("Começar agora")
    await person.page.keyboard.press("Enter")
    await person.page.wait_for_url("**/o-que-houve")
    keys = await person.page.eval_on_selector_all(
        "[accesskey]", "links => links.map(e => [e.accessKey, e.getAttribute('href')])"
    )
    assert keys == [["1", "#conteudo"], ["2", "#menu"], ["4", "#rodape"]]
    for _, target in keys:
        assert await person.page.locator(target).count() == 1
    while await person.page.evaluate("document.activeElement.id") != "relato":
        await person.page.keyboard.press("Tab")
    await person.page.keyboard.type(story.TOLD)
    await person.page.keyboard.press("Tab")
    await expect(focused).to_have_text("Continuar")
    await person.page.keyboard.press("Enter")
    await person.page.wait_for_url("**/empresa")
    assert person.faults == []


async def test_the_city_remembers_contrast_and_letter_size(person: Person) -> None:
    await person.open("/")
    await person.press("Alto contraste")
    await person.press("Aumentar a letra")
    await person.open("/reclamar")
    classes = await person.page.locator("html").get_attribute("class")
    assert (classes or "").split() == ["alto-contraste", "fonte-1", "com-js"]
    await person.look("alto-contraste")
    assert person.faults == []


@pytest.mark.parametrize("city", ["campinas", "contagem"])
@pytest.mark.parametrize(
    "path",
    [
        "/acessibilidade",
        "/privacidade",
        "/verificar",
        "/entrar",
        "/equipe/entrar",
        "/nao/existe",
        "/processos/2026.000001-4",
    ],
)
async def test_other_pages(stack: Stack, chromium: Browser, city: str, path: str) -> None:
    one = await Person.enter(stack, chromium, city, width=360)
    await one.open(path)
    await one.look(path.strip("/").replace("/", "-"))
    gone = "the server responded with a status of 404"
    assert [fault for fault in one.faults if gone not in fault] == []
    await one.leave()
