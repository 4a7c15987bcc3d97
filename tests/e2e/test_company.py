"""A company's people at work: inbox, members, models, the spreadsheet, more time."""

from __future__ import annotations

import io

import openpyxl
import pytest
from playwright.async_api import Browser, FilePayload, expect

from e2e import story
from e2e.person import Person
from e2e.stack import Stack

pytestmark = pytest.mark.browser
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def enter(one: Person, persona: str) -> None:
    """Sign in with gov.br from the company's door."""
    await one.open("/entrar/govbr?voltar=/fornecedor")
    await story.choose_persona(one, persona)
    await one.page.wait_for_url("**/fornecedor")


@pytest.mark.parametrize("script", [True, False], ids=["javascript", "no-javascript"])
async def test_the_certificates_holder_runs_the_company(
    stack: Stack, chromium: Browser, script: bool
) -> None:
    one = await Person.enter(stack, chromium, "campinas", width=1280, script=script)
    await enter(one, "supplier")
    await one.reads("Processos da empresa")
    await one.look("e1-lista")
    await one.page.locator('th a[href^="/fornecedor/processos/"]').first.click()
    await one.look("e1-processo")
    await one.press("Pedir mais prazo")
    await one.press("Pedir mais prazo")
    await one.refused("Escreva quantos dias, como 5.")
    await one.look("e1-prazo-erro")
    await one.open("/fornecedor")
    await one.press("Pessoas da empresa")
    await one.look("e2-pessoas")
    await one.press("Convidar")
    await one.refused("Digite um e-mail completo, como nome@exemplo.com.br.")
    await one.look("e2-pessoas-erro")
    await one.fill("Nome", "Lia Prado")
    await one.fill("E-mail", f"lia{script}@empresa.test".lower())
    await one.choose("Responde")
    await one.press("Convidar")
    await one.reads("Convite enviado")
    await one.page.get_by_role("link", name="Mudar ou retirar Lia Prado").first.click()
    await one.look("e3-pessoa")
    await one.open("/fornecedor/vincular")
    await one.look("e4-vincular")
    await one.open("/fornecedor/modelos")
    await one.fill("Nome do modelo", "Padrão")
    await one.fill("Texto", "Olá, {{nome}}.")
    await one.press("Guardar o modelo")
    await one.refused()
    await one.look("e5-modelos-erro")
    await one.fill("Texto", "Olá, {{consumidor}}. Vamos resolver.")
    await one.press("Guardar o modelo")
    await one.reads("Modelo guardado.")
    await one.look("e5-modelos")
    assert one.faults == []
    await one.leave()


async def test_a_partner_answers_from_a_sheet_and_asks_for_time(
    stack: Stack, chromium: Browser
) -> None:
    one = await Person.enter(stack, chromium, "contagem", width=360)
    await enter(one, "partner")
    await one.look("e6-porta")
    await one.press("Abrir os processos da empresa")
    await one.reads("Processos da empresa")
    await one.look("e6-lista")
    await one.open("/fornecedor/avisos")
    await one.look("e7-avisos")
    await one.open("/fornecedor/planilha")
    await one.look("e8-planilha")
    async with one.page.expect_download() as waiting:
        await one.press("Planilha (XLSX)")
    path = await (await waiting.value).path()
    book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()))
    sheet = book.worksheets[0]
    number = str(sheet.cell(2, 1).value)
    sheet.cell(2, 9).value = "Vamos devolver o dinheiro."
    sheet.append(["2026.999999-9", *[""] * 7, "Não existe."])
    kept = io.BytesIO()
    book.save(kept)
    await one.page.get_by_label("Planilha preenchida").set_input_files(
        FilePayload(name="respostas.xlsx", mimeType=XLSX, buffer=kept.getvalue())
    )
    await one.press("Conferir a planilha")
    await one.reads("Nada foi enviado ainda.", "Processo não encontrado.")
    await one.look("e9-conferida")
    await one.press("Enviar 1 resposta")
    # The worker does it; the page looks by itself every few seconds.
    await expect(one.page.get_by_text("Terminada")).to_be_visible(timeout=30_000)
    await one.look("e9-enviada")
    await one.open(f"/fornecedor/processos/{number}")
    await one.reads("Vamos devolver o dinheiro.", "Só para a empresa")
    await one.look("e10-processo")
    assert one.faults == []
    await one.leave()
