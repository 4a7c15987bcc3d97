"""Takes the README's pictures from a running demonstration: `python docs/screenshots.py --port N`.

The demonstration must have its example data (`make demo`). Needs Chromium and the development
requirements. Pictures go to docs/img, small enough for a repository.
"""

from __future__ import annotations

import argparse
import io
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

FOLDER = Path(__file__).parent / "img"
PHONE, DESK = (360, 740), (1440, 900)
LIMIT_BYTES = 150_000


def main() -> None:
    """Take all pictures; raises when one of them would be too large."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--port", type=int, default=8000)
    port = reader.parse_args().port
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"),
            args=["--no-sandbox", "--disable-gpu"],
        )
        home(chromium, port)
        question(chromium, port)
        day(chromium, port)
        case(chromium, port)
        staff_case(chromium, port)
        simulator(chromium, port)
        chromium.close()


def home(chromium: Browser, port: int) -> None:
    """The first page of one city, on a desk."""
    page = opened(chromium, DESK)
    page.goto(f"http://campinas.localhost:{port}/")
    keep(page, "inicio")


def question(chromium: Browser, port: int) -> None:
    """A question of the wizard, on a phone."""
    page = opened(chromium, PHONE)
    page.goto(f"http://contagem.localhost:{port}/reclamar")
    page.get_by_role("button", name="Começar agora").click()
    page.get_by_label("O que aconteceu?").fill(
        "Comprei uma geladeira em 3 de novembro. A loja prometeu entregar em uma semana, "
        "e até hoje ela não chegou."
    )
    keep(page, "pergunta")


def day(chromium: Browser, port: int) -> None:
    """The analyst's queue."""
    page = opened(chromium, DESK)
    page.goto(f"http://campinas.localhost:{port}/entrar/equipe?persona=analyst&voltar=/equipe")
    keep(page, "meu-dia")


def case(chromium: Browser, port: int) -> None:
    """A case as the consumer follows it, on a phone."""
    page = opened(chromium, PHONE)
    page.goto(f"http://contagem.localhost:{port}/entrar/govbr?persona=consumer&voltar=/minha-conta")
    page.locator("main a[href^='/processos/']").first.click()
    page.wait_for_url("**/processos/*")
    keep(page, "processo")


def staff_case(chromium: Browser, port: int) -> None:
    """A process that waits for its decision, as the authority sees it."""
    page = opened(chromium, DESK)
    path = "/equipe/processos?estado=for_decision"
    host = f"http://campinas.localhost:{port}"
    page.goto(f"{host}/entrar/equipe?persona=authority&voltar=/equipe")
    page.goto(f"{host}{path}")
    page.locator("main a[href^='/equipe/processos/2']").first.click()
    page.wait_for_url("**/equipe/processos/2*")
    keep(page, "decisao")


def simulator(chromium: Browser, port: int) -> None:
    """The public page that counts a deadline, on a phone."""
    page = opened(chromium, PHONE)
    page.goto(f"http://contagem.localhost:{port}/prazos")
    keep(page, "prazos")


def opened(chromium: Browser, size: tuple[int, int]) -> Page:
    """A page of a fresh browser."""
    width, height = size
    context = chromium.new_context(viewport={"width": width, "height": height}, locale="pt-BR")
    return context.new_page()


def keep(page: Page, name: str) -> None:
    """Save what the window shows, with 128 colours."""
    page.wait_for_load_state("networkidle")
    shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    file = FOLDER / f"{name}.png"
    shot.quantize(128).save(file, optimize=True)
    if file.stat().st_size > LIMIT_BYTES:
        raise SystemExit(f"{file.name} is larger than {LIMIT_BYTES} bytes")


if __name__ == "__main__":
    main()
