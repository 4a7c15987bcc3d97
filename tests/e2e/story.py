"""The first story as three people live it in their browsers."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path

from playwright.async_api import FilePayload, expect

from e2e.person import Person
from procon.demo.files import pdf, photo

NUMBER = re.compile(r"\b\d{4}\.\d{6}-\d\b")
CODE = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}\b")
TOLD = "Comprei uma geladeira e ela não chegou. <b>Já passou</b> um mês."
TRIED = "Liguei três vezes e só prometeram."
WISH = "Receber a geladeira."
NOTE = "Conferir o pedido com a transportadora."
ANSWER = "Pedimos desculpas. A geladeira será entregue em três dias úteis, com o frete devolvido."
WHY = "Conferi tudo no mesmo dia."
MAIL_SECONDS = 30.0


async def file_complaint(one: Person, *, errors: bool) -> str:
    """From the first page to the receipt; returns the case number.

    Args:
        errors: answer every question wrong once first.
    """
    await one.open("/")
    await one.look("01-inicio")
    await one.press("Reclamar agora")
    await one.look("02-reclamar")
    await one.press("Começar agora")
    await _facts(one, errors)
    await _wishes(one, errors)
    await _files(one)
    await _contact(one, errors)
    await one.reads(TRIED, WISH)
    await one.look("12-conferir")
    await one.press("Entrar para enviar")
    await one.look("13-entrar")
    await one.press("Entrar com gov.br")
    await choose_persona(one, "consumer")
    await one.page.wait_for_url("**/reclamar/conferir")
    await one.press("Enviar a reclamação")
    await one.page.wait_for_url("**/reclamar/recibo/*")
    await one.look("14-recibo")
    found = NUMBER.search(await one.page.inner_text("main"))
    assert found is not None
    return found.group()


async def choose_persona(one: Person, key: str) -> None:
    """Pick somebody on the page of the imitated gov.br."""
    await one.look(f"govbr-{key}", axe=False)
    await one.page.locator(f'a.person[href*="{key}"]').first.click()


async def _facts(one: Person, errors: bool) -> None:
    await one.page.wait_for_url("**/o-que-houve")
    await one.look("03-o-que-houve")
    if errors:
        await one.fill("O que aconteceu?", "curto")
        await one.press("Continuar")
        await one.refused()
        assert await one.page.get_by_label("O que aconteceu?").input_value() == "curto"
        await one.look("03-o-que-houve-erro")
    await one.fill("O que aconteceu?", TOLD)
    await one.press("Continuar")

    await one.page.wait_for_url("**/empresa")
    await one.look("04-empresa")
    if errors:
        await one.fill("CNPJ (opcional)", "11.222.333/0001-00")
        await one.press("Continuar")
        await one.refused()
        cnpj = one.page.get_by_label("CNPJ (opcional)")
        assert await cnpj.input_value() == "11.222.333/0001-00"
        await one.look("04-empresa-erro")
    await one.page.locator("main input[type=search]").fill("sabia")
    await one.page.locator("main form[role=search] button, main .pg-busca button").first.click()
    await one.page.wait_for_url("**q=sabia*")
    await one.look("05-empresa-busca")
    await one.page.locator("input[name=empresa]").first.check()
    await one.press("Continuar")

    await one.page.wait_for_url("**/assunto")
    await one.look("06-assunto")
    if errors:
        await one.press("Continuar")
        await one.refused("Escolha o problema mais parecido com o seu.")
        await one.look("06-assunto-erro")
    await one.page.locator("input[name=assunto]").first.check()
    await one.page.locator("select[name=problema]").select_option("401")
    await one.press("Continuar")


async def _wishes(one: Person, errors: bool) -> None:
    await one.page.wait_for_url("**/quando")
    await one.look("07-quando")
    if errors:
        await one.fill("Dia", "31")
        await one.fill("Mês", "2")
        await one.fill("Ano", "2026")
        await one.press("Continuar")
        await one.refused("Esta data não existe. Confira o dia e o mês.")
        assert await one.page.get_by_label("Dia", exact=True).input_value() == "31"
        await one.look("07-quando-erro")
        await one.fill("Dia", "3")
    else:
        await one.choose("Não lembro a data")
    await one.press("Continuar")

    await one.page.wait_for_url("**/valor")
    await one.look("08-valor")
    if errors:
        await one.fill("Quanto dinheiro está envolvido?", "muito")
        await one.press("Continuar")
        await one.refused()
        await one.look("08-valor-erro")
    await one.fill("Quanto dinheiro está envolvido?", "2.499,00")
    await one.press("Continuar")

    await one.page.wait_for_url("**/tentativa")
    await one.look("09-tentativa")
    await one.choose("Sim")
    if errors:
        await one.press("Continuar")
        await one.refused("Conte o que você tentou e o que a empresa disse.")
        await one.look("09-tentativa-erro")
    await one.fill("Se sim, o que você tentou e o que ela disse?", TRIED)
    await one.fill("Número de protocolo do SAC (opcional)", "202611250001")
    await one.press("Continuar")

    await one.page.wait_for_url("**/pedido")
    await one.look("10-pedido")
    if errors:
        await one.press("Continuar")
        await one.refused("Diga o que você quer que a empresa faça.")
        await one.look("10-pedido-erro")
    await one.fill("O que você quer que a empresa faça?", WISH)
    await one.press("Continuar")


async def _files(one: Person) -> None:
    await one.page.wait_for_url("**/arquivos")
    await one.page.set_input_files(
        "input[type=file]",
        [
            FilePayload(name="nota.jpg", mimeType="image/jpeg", buffer=photo("NOTA FISCAL 4100")),
            FilePayload(name="pedido.pdf", mimeType="application/pdf", buffer=pdf("Pedido", ())),
        ],
    )
    if not one.script:
        await one.press("Enviar arquivos")
    for name in ("nota.jpg", "pedido.pdf"):
        await expect(one.page.get_by_role("link", name=name)).to_be_visible(timeout=20_000)
    await one.look("11-arquivos")
    await one.press("Continuar")


async def _contact(one: Person, errors: bool) -> None:
    await one.page.wait_for_url("**/contato")
    await one.look("12-contato")
    await one.fill("Nome completo", "Pessoa Exemplo")
    await one.fill("CPF", "529.982.247-24" if errors else "529.982.247-25")
    await one.fill("E-mail", "x@exemplo.example")
    if errors:
        await one.press("Continuar")
        await one.refused()
        assert await one.page.get_by_label("CPF", exact=True).input_value() == "529.982.247-24"
        assert await one.page.get_by_label("Nome completo").input_value() == "Pessoa Exemplo"
        await one.look("12-contato-erro")
        await one.fill("CPF", "529.982.247-25")
    await one.press("Continuar")
    await one.page.wait_for_url("**/conferir")


async def issue_cip(one: Person, number: str, *, errors: bool) -> None:
    """The analyst's part: day, case, note, CIP."""
    await one.open("/equipe/entrar")
    await one.look("20-equipe-entrar")
    await one.press("Entrar com a conta da prefeitura")
    await choose_persona(one, "analyst")
    await one.page.wait_for_url("**/equipe")
    await one.reads("Meu dia")
    await one.look("21-meu-dia")
    await one.open(f"/equipe/busca?q={number}")
    await one.look("22-busca")
    await one.open(f"/equipe/processos/{number}")
    await one.reads(number, TOLD)
    await one.look("23-processo")
    await one.press("Assumir este processo")
    summary = one.page.get_by_text("Escrever uma nota interna")
    await summary.click()
    if errors:
        await one.press("Guardar a nota")
        await one.refused()
        await one.look("24-nota-erro")
    await one.fill("Nota interna", NOTE)
    await one.press("Guardar a nota")
    await one.reads(NOTE)
    await one.press("Emitir a CIP")
    await one.look("25-cip")
    await one.press("Emitir a CIP agora")
    await one.page.wait_for_url(f"**/equipe/processos/{number}")
    await one.look("26-processo-cip")


async def mailed_code(one: Person, number: str) -> str:
    """The access code that the supplier was sent for this case."""
    end = time.monotonic() + MAIL_SECONDS
    while time.monotonic() < end:
        for message in one.stack.mail.find(limit=200):
            # The other city may have a case of the same number.
            ours = number in message.subject and f"//{one.city}.localhost" in message.text
            if ours and (found := CODE.search(message.text)):
                return found.group()
        await asyncio.sleep(0.1)
    raise AssertionError(f"no e-mail with a code for {number} within {MAIL_SECONDS} s")


async def answer(one: Person, number: str, *, errors: bool) -> None:
    """The supplier's part: code, case, answer, receipt."""
    code = await mailed_code(one, number)
    await one.open("/fornecedor")
    await one.look("30-fornecedor")
    if errors:
        await one.fill("Código de acesso", "0000-0000-0000")
        await one.press("Abrir o processo")
        await one.refused()
        await one.look("30-fornecedor-erro")
    await one.fill("Código de acesso", code)
    await one.press("Abrir o processo")
    await one.reads(number, WISH)
    assert NOTE not in await one.page.content()
    await one.look("31-processo")
    if errors:
        await one.press("Enviar a resposta")
        await one.refused()
        await one.look("31-processo-erro")
    await one.fill("Resposta da empresa", ANSWER)
    await one.press("Enviar a resposta")
    await one.page.wait_for_url("**/recibo*")
    await one.look("32-recibo")


async def rate(one: Person, number: str, *, errors: bool, solved: bool = True) -> None:
    """The citizen again: reads the answer and says whether it helped."""
    await one.open("/minha-conta")
    await one.look("40-minha-conta")
    await one.open(f"/processos/{number}")
    await one.reads(ANSWER)
    await one.look("41-processo")
    if errors:
        await one.fill("Por quê?", WHY)
        await one.press("Enviar avaliação")
        await one.refused()
        assert await one.page.get_by_label("Por quê?").input_value() == WHY
        await one.look("41-processo-erro")
    await one.choose("Sim, foi resolvido" if solved else "Não, continua")
    await one.choose("5, muito bom" if solved else "1, muito ruim")
    await one.fill("Por quê?", WHY)
    await one.press("Enviar avaliação")
    await one.reads("Problema resolvido" if solved else "O Procon vai decidir se abre um processo")
    await one.look("42-avaliado")


def write_big(folder: Path, size: int) -> Path:
    """A JPEG padded to `size` bytes."""
    body = photo("FOTO GRANDE")
    file = folder / "grande.jpg"
    file.write_bytes(body + b"\0" * (size - len(body)))
    return file
