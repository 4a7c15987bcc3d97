"""The process as its people live it: hearing, agreement, proposal, decision and appeal.

In the first city, whose clock is moved to the hearing's hour: what comes later lives in that time.
"""

from __future__ import annotations

import asyncio
import re
import time
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Browser, FilePayload

from e2e import story
from e2e.person import Person
from e2e.stack import Stack
from procon.demo.files import pdf, photo
from procon.embedded.idp import find

pytestmark = pytest.mark.browser
CITY = "campinas"
ZONE = ZoneInfo("America/Sao_Paulo")
SIX = re.compile(r"(?<![\d.])(\d{6})(?![\d-])")
ANSWER = "A geladeira foi entregue intacta. Ainda assim, a empresa aceita conversar."
WISHED = "Tenho médico nesse dia."
CLAUSE = "A empresa devolve R$ 900,00 à consumidora em três parcelas de R$ 300,00, por Pix."
HOUR = re.compile(r"(\d\d)/(\d\d)/(\d{4}) às (\d\d)h(\d\d)")


async def _enter(
    stack: Stack, chromium: Browser, persona: str, *, width: int, script: bool = True
) -> Person:
    one = await Person.enter(stack, chromium, CITY, width=width, script=script)
    staff = persona in {"analyst", "conciliator", "authority", "cityadmin"}
    door = "equipe" if staff else "govbr"
    await one.open(f"/entrar/{door}?persona={persona}&voltar=/verificar")
    await one.page.wait_for_url("**/verificar")
    return one


async def _done(*people: Person) -> None:
    assert [fault for one in people for fault in one.faults] == []
    for one in people:
        await one.leave()


async def _act(one: Person, title: str, label: str, text: str, *, outcome: str = "") -> None:
    """An act of the case at hand: once with nothing written, then for good."""
    await one.press(title)
    asks = await one.page.get_by_role("button", name="Continuar").count()
    await one.press("Continuar" if asks else title)
    await one.refused()
    await one.look(f"p-ato-{title}-erro")
    if outcome:
        await one.choose(outcome)
    await one.fill(label, text)
    await one.press("Continuar" if asks else title)
    if asks:
        await one.reads("Confira antes de continuar", text, "Quem será avisado", "Marina Duarte")
        await one.look(f"p-ato-{title}-conferir")
        await one.press(f"Confirmar: {title.lower()}")
    await one.reads("Feito: ")


async def _code(stack: Stack, persona: str) -> str:
    """The code for the minutes that was just sent to this persona."""
    known = find(None, persona)
    assert known is not None
    end = time.monotonic() + story.MAIL_SECONDS
    while time.monotonic() < end:
        for message in stack.mail.find(to=known.email, limit=20):
            found = SIX.search(message.text)
            if "aceitar o termo" in message.text and found:
                return found.group(1)
        await asyncio.sleep(0.1)
    raise AssertionError("no e-mail with a code for the minutes")


async def test_hearing_and_agreement(stack: Stack, chromium: Browser) -> None:
    number = stack.scenes[CITY].unsolved
    analyst = await _enter(stack, chromium, "analyst", width=1280)
    await analyst.open(f"/equipe/processos/{number}")
    await _act(analyst, "Abrir a reclamação", "Por que a reclamação é aberta", "Há indícios.")
    await _act(
        analyst, "Notificar para defesa", "O que a empresa precisa esclarecer", "Prove a entrega."
    )
    lawyer = await _lawyer_comes(stack, chromium, analyst, number)
    await _act(lawyer, "Apresentar defesa", "Sua defesa", ANSWER)
    await lawyer.look("p-advogado-defendido")
    await _hours_are_made(stack, chromium)
    await analyst.open(f"/equipe/processos/{number}")
    await analyst.reads(ANSWER)
    await analyst.press("Marcar audiência")
    await analyst.look("p-marcar")
    await analyst.press("Marcar e convidar as partes")
    await analyst.reads("Remarcar")
    consumer = await _enter(stack, chromium, "consumer", width=360)
    await _consumer_moves(consumer, number)
    await _hearing(stack, chromium, consumer, number)
    await consumer.open(f"/processos/{number}")
    await consumer.press("Ver o acordo")
    await consumer.reads(CLAUSE, "R$ 300,00")
    await consumer.look("p-acordo")
    await _done(analyst, lawyer, consumer)


async def _lawyer_comes(stack: Stack, chromium: Browser, analyst: Person, number: str) -> Person:
    """Registers, is checked by the analyst, and files the company's procuração."""
    one = await _enter(stack, chromium, "lawyer", width=360)
    await one.open("/advogado")
    await one.press("Fazer o cadastro")
    await one.fill("Número da OAB", "123.456")
    await one.press("Enviar cadastro")
    await one.refused("Escolha o tipo de inscrição.")
    assert await one.page.get_by_label("Número da OAB", exact=True).input_value() == "123.456"
    await one.look("p-cadastro-erro")
    await one.choose("Inscrição principal")
    await one.page.get_by_label("Estado da inscrição", exact=True).select_option("SP")
    await one.page.set_input_files(
        "input[name=carteira]",
        FilePayload(name="carteira.jpg", mimeType="image/jpeg", buffer=photo("OAB 123456")),
    )
    await one.press("Enviar cadastro")
    await one.reads("Cadastro recebido.")
    await analyst.open("/equipe/advogados")
    await analyst.look("p-advogados")
    await analyst.press("Conferido: Otávio Siqueira Brandão")
    await one.open("/advogado")
    await one.press("Juntar uma procuração")
    await one.fill("Número do processo", number)
    await one.choose("A empresa")
    await one.choose("Só este processo (simples)")
    await one.fill("CPF ou CNPJ do cliente", _cnpj())
    for name, value in (("Dia", "31"), ("Mês", "2"), ("Ano", "2028")):
        await one.fill(name, value)
    paper = FilePayload(
        name="procuracao.pdf", mimeType="application/pdf", buffer=pdf("Procuração", (number,))
    )
    await one.page.set_input_files("input[name=procuracao]", paper)
    await one.press("Juntar procuração")
    await one.refused("Esta data não existe.")
    assert await one.page.get_by_label("Dia", exact=True).input_value() == "31"
    await one.look("p-procuracao-erro")
    await one.fill("Dia", "28")
    await one.page.set_input_files("input[name=procuracao]", paper)
    await one.press("Juntar procuração")
    await one.reads("Procuração juntada.")
    await one.look("p-advogado-processo")
    return one


def _cnpj() -> str:
    company = find(None, "supplier")
    assert company is not None
    return company.cnpj


async def _hours_are_made(stack: Stack, chromium: Browser) -> None:
    one = await _enter(stack, chromium, "cityadmin", width=1280)
    await one.open("/equipe/audiencias/salas")
    await one.fill("Endereço", "Rua Um, 10")
    await one.press("Criar sala")
    await one.refused()
    assert await one.page.get_by_label("Endereço", exact=True).input_value() == "Rua Um, 10"
    await one.look("p-sala-erro")
    await one.fill("Nome da sala", "Sala azul")
    await one.choose("Presencial")
    await one.press("Criar sala")
    await one.reads("Sala Sala azul criada.")
    await one.press("Horários das salas")
    room = one.page.get_by_label("Sala", exact=True)
    ours = await room.locator("option", has_text="Sala azul").get_attribute("value")
    await room.select_option(ours)
    today = stack.now(CITY).astimezone(ZONE).date()
    await one.fill("Do dia", (today + timedelta(days=15)).isoformat())
    await one.fill("Até o dia", (today + timedelta(days=5)).isoformat())
    await one.press("Criar horários")
    await one.refused()
    await one.look("p-horarios-erro")
    await one.fill("Até o dia", (today + timedelta(days=45)).isoformat())
    await one.fill("Das", "09:00")
    await one.fill("Até as", "11:00")
    await one.press("Criar horários")
    await one.reads("horários criados")
    await _done(one)


async def _consumer_moves(one: Person, number: str) -> None:
    await one.open(f"/processos/{number}")
    await one.reads("Compareçam à audiência")
    await one.look("p-processo-audiencia")
    await one.press("Ver o link, o que levar e como remarcar")
    hour = one.page.locator("input[name=horario]").last
    await hour.check()
    chosen = await hour.get_attribute("value")
    await one.press("Remarcar a audiência")
    await one.refused("Conte o motivo.")
    kept = one.page.locator("input[name=horario]:checked")
    assert await kept.get_attribute("value") == chosen
    await one.look("p-remarcar-erro")
    await one.fill("Por que precisa mudar?", WISHED)
    await one.press("Remarcar a audiência")
    await one.reads(WISHED)
    await one.look("p-remarcada")


async def _hearing(stack: Stack, chromium: Browser, consumer: Person, number: str) -> None:
    when = HOUR.search(await consumer.page.inner_text("main"))
    assert when is not None
    day, month, year, hour, minute = map(int, when.groups())
    begin = (
        stack.now(CITY)
        .astimezone(ZONE)
        .replace(year=year, month=month, day=day, hour=hour, minute=minute)
    )
    stack.move_clock(CITY, begin)
    consumer.page.set_default_timeout(15_000)
    await consumer.open(f"/entrar/govbr?persona=consumer&voltar=/processos/{number}/audiencia")
    await consumer.press("Abrir a página da audiência")
    await consumer.press("Estou na audiência")
    await consumer.page.evaluate("window.mesmaPagina = true")
    address = consumer.page.url.split(f".localhost:{stack.port}")[1].partition("?")[0]
    conciliator = await _enter(stack, chromium, "conciliator", width=1280)
    await conciliator.open(f"/equipe{address}")
    # The company's person has no JavaScript.
    company = await _enter(stack, chromium, "supplier", width=1280, script=False)
    await company.open(address)
    await company.press("Estou na audiência")
    await conciliator.press("Escrever no termo")
    await conciliator.refused("Escreva a cláusula.")
    await conciliator.fill("Cláusula", CLAUSE)
    await conciliator.press("Escrever no termo")
    await conciliator.look("p-audiencia-conduzir")
    # The sentence comes to the consumer by itself, and to the company with a click.
    await consumer.reads(CLAUSE)
    assert await consumer.page.evaluate("window.mesmaPagina") is True
    await consumer.look("p-audiencia-parte")
    assert CLAUSE not in await company.page.inner_text("main")
    await company.press("Atualizar")
    await company.reads(CLAUSE)
    await company.look("p-audiencia-empresa")
    await _objects(company, conciliator)
    await _signs(stack, consumer, "consumer")
    await _signs(stack, company, "supplier")
    await _closes(conciliator, stack)
    await consumer.reads("Acordo")
    await _done(conciliator, company)


async def _objects(company: Person, conciliator: Person) -> None:
    await company.press("Não aceito a cláusula 1")
    await company.press("Registrar a objeção")
    await company.refused("Diga o que precisa mudar nesta cláusula.")
    await company.fill("O que precisa mudar?", "O prazo é curto.")
    await company.press("Registrar a objeção")
    await conciliator.reads("O prazo é curto.")
    await company.press("Aceito a cláusula 1")


async def _signs(stack: Stack, one: Person, persona: str) -> None:
    await one.press("Ler e aceitar o termo")
    await one.press("Enviar o código")
    code = await _code(stack, persona)
    wrong = "000000" if code != "000000" else "111111"
    await one.fill("Código", wrong)
    await one.press("Aceito o termo inteiro")
    await one.reads("código")
    assert await one.page.get_by_label("Código", exact=True).input_value() == wrong
    await one.look(f"p-aceite-{persona}-erro")
    await one.fill("Código", code)
    await one.press("Aceito o termo inteiro")
    await one.reads("Seu aceite do termo foi registrado.")


async def _closes(one: Person, stack: Stack) -> None:
    today = stack.now(CITY).astimezone(ZONE).date()
    days = [today + timedelta(days=n) for n in (10, 40, 70)]
    lines = [f"{day:%d/%m/%Y}; 300,00; Pix" for day in days]
    await one.page.reload()
    await one.choose("Acordo")
    await one.fill("Se houve acordo em dinheiro: valor total", "1.000,00")
    await one.fill("O que será cumprido e até quando", "\n".join(lines))
    await one.press("Encerrar e assinar o termo")
    await one.refused()
    total = one.page.get_by_label("Se houve acordo em dinheiro: valor total", exact=True)
    assert await total.input_value() == "1.000,00"
    await one.fill("O que será cumprido e até quando", "31/02/2028; 900,00; Pix")
    await one.press("Encerrar e assinar o termo")
    await one.refused("31/02/2028")
    await one.look("p-encerrar-erro")
    await one.fill("Se houve acordo em dinheiro: valor total", "900,00")
    await one.fill("O que será cumprido e até quando", "\n".join(lines))
    await one.press("Encerrar e assinar o termo")
    await one.reads("Resultado:")
    await one.look("p-encerrada")


@pytest.mark.parametrize("script", [True, False], ids=["javascript", "no-javascript"])
async def test_a_proposal_is_answered_with_a_tap(
    stack: Stack, chromium: Browser, script: bool
) -> None:
    """With JavaScript the consumer looks and goes back; without it the consumer accepts."""
    number = stack.scenes[CITY].offered
    one = await _enter(stack, chromium, "consumer", width=360, script=script)
    await one.open(f"/processos/{number}")
    await one.press("Ler e responder")
    await one.reads("A proposta da empresa", "R$ 900,00")
    if script:
        await one.press("Fazer contraproposta")
        await one.fill("Uma linha para cada data", "31/02/2027; 900,00; Pix")
        await one.press("Conferir antes de enviar")
        await one.refused()
        lines = one.page.get_by_label("Uma linha para cada data", exact=True)
        assert await lines.input_value() == "31/02/2027; 900,00; Pix"
        await one.look("p-contraproposta-erro")
        await one.open(f"/processos/{number}/proposta")
    await one.press("Aceitar")
    await one.reads("Você aceita esta proposta?", "O que significa aceitar")
    if script:
        await one.press("Voltar sem aceitar")
    else:
        await one.press("Aceitar e fazer o acordo")
        await one.open(f"/processos/{number}/acordo")
        await one.reads("R$ 300,00")
        await one.look("p-proposta-aceita")
    await _done(one)


async def test_decision_and_appeal(stack: Stack, chromium: Browser) -> None:
    number = stack.scenes[CITY].for_decision
    authority = await _enter(stack, chromium, "authority", width=1280)
    await authority.open(f"/equipe/processos/{number}")
    reasons = "A empresa não provou a entrega."
    outcome = "Reclamação fundamentada não atendida"
    await _act(authority, "Decidir", "Relatório e razões da decisão", reasons, outcome=outcome)
    company = await _enter(stack, chromium, "supplier", width=360, script=False)
    await company.open(f"/fornecedor/processos/{number}")
    await company.reads(reasons)
    await _act(company, "Recorrer", "Por que a decisão deve mudar", "Há prova nova.")
    await authority.open(f"/equipe/processos/{number}")
    await authority.reads("Há prova nova.")
    await _act(authority, "Julgar o recurso", "Razões da decisão", reasons, outcome=outcome)
    consumer = await _enter(stack, chromium, "consumer", width=360)
    await consumer.open(f"/processos/{number}")
    await consumer.reads("Decisão do recurso")
    await consumer.look("p-decidido")
    await _done(authority, company, consumer)
