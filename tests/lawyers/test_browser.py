"""The pages of mandates in a real Chromium: axe, 320 px, console. Answered in this process."""

from __future__ import annotations

import shutil
from typing import Any

import pytest
from playwright.async_api import async_playwright

from lawyers.lawyers_support import file, issued, lawyer, mandate_id, path, person
from procon.auth.actor import Actor
from procon.settings import Settings
from support.cities import CNPJ, City, citizen, filed, staff, supplier
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
            wrong += await look(browser, web, city, (f"{number:02d}", address, actor, submit))
        await browser.close()
    assert wrong == []
