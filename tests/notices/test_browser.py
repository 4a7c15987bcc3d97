"""The pages of notices in a real Chromium: axe, 320 px, console. Answered in this process."""

from __future__ import annotations

import shutil
from typing import Any

import pytest
from playwright.async_api import async_playwright

from notices.notices_support import ANALYST, BOUNCING, notices, told, with_cip, worked
from procon.auth.actor import Actor
from procon.settings import Settings
from support.cities import City, citizen, supplier
from support.looking import look
from support.web import Web

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="não há Chromium nesta máquina"),
]


async def test_every_page_is_accessible_and_fits_a_phone(
    web: Web, city: City, settings: Settings
) -> None:
    case = await with_cip(city, settings, email=BOUNCING)
    await told(city, case.id, "A audiência foi marcada.", act="Designação de audiência")
    await worked(city, settings)
    [mail, letter, *_] = await notices(city, case.id, "supplier")
    desk = f"/equipe/processos/{case.number}/avisos"
    pages: list[tuple[str, Actor, str]] = [
        ("/equipe/avisos", ANALYST, ""),
        ("/equipe/avisos?fila=devolvidos", ANALYST, ""),
        (desk, ANALYST, ""),
        (f"{desk}/{mail.id}", ANALYST, ""),
        (f"{desk}/{letter.id}/ar", ANALYST, "Continuar"),
        (f"{desk}/{mail.id}/reenviar", ANALYST, "Continuar"),
        (f"{desk}/{letter.id}/postagem", ANALYST, "Registrar a postagem"),
        (f"{desk}/{letter.id}/retorno", ANALYST, "Registrar o retorno"),
        (f"{desk}/{mail.id}/pessoal", ANALYST, "Registrar a notificação"),
        (f"{desk}/{mail.id}/comparecimento", ANALYST, "Registrar o comparecimento"),
        (f"{desk}/{mail.id}/edital", ANALYST, "Continuar"),
        (f"/processos/{case.number}/avisos", citizen(), ""),
        (f"/fornecedor/processos/{case.number}/avisos", supplier(), ""),
        ("/minha-conta/avisos", citizen(), ""),
    ]
    wrong: list[Any] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        for number, (address, actor, submit) in enumerate(pages):
            wrong += await look(browser, web, city, (f"{number:02d}", address, actor, submit))
        await browser.close()
    assert wrong == [], wrong
