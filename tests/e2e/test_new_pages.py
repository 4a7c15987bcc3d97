"""Every page of the process, as the person who uses it sees it on their screen.

Each answers, has a title, fits, passes axe in both contrasts without an undecided colour, logs no
error, and says nothing in English.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass

import pytest
from playwright.async_api import Browser, expect

from e2e.person import Person
from e2e.stack import WHOLE, Stack

pytestmark = pytest.mark.browser
# "path > part": open the path, then the first link there whose address has this part.
ENGLISH = re.compile(
    r"\b(?:the|and|with|your|you|is|this|submit|save|search|next|previous|back|loading|none|true"
    r"|false|null|undefined|nan|consumer|supplier|hearing|pending|verified|unsolved|triage|draft"
    r"|decided|appealed|closed|open|staff|analyst|[a-z]+_[a-z_]+)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Visit:
    """Somebody who opens these pages one after the other."""

    name: str
    persona: str
    door: str
    width: int
    paths: tuple[str, ...]
    city: str = WHOLE


LISTS = (
    "/equipe",
    "/equipe/processos",
    "/equipe/processos?estado=answered&estado=unsolved&ordem=prazo",
    "/equipe/busca?q=geladera riscada",
    "/equipe/busca?q=xyzxyz",
    "/equipe/avisos",
    "/equipe/advogados",
    "/equipe/acordos",
    "/equipe/mais-prazo",
    "/equipe/empresas",
    "/equipe/empresas?q=sabia",
    "/equipe/empresas?q=sabia > /equipe/empresas/0",
    "/equipe/empresas/pedidos",
    "/equipe/coletivos",
    "/equipe/orientacoes",
    "/equipe/orientacoes/nova",
    "/equipe/cartas/lotes",
    "/equipe/audiencias",
    "/equipe/audiencias?ver=semana",
    "/equipe/audiencias/horarios",
    "/equipe/balcao",
)
CASES = (
    "/equipe/processos/{unsolved}",
    "/equipe/processos/{unsolved}/atos/open_complaint",
    "/equipe/processos/{unsolved}/atos/close_unfounded",
    "/equipe/processos/{offered}",
    "/equipe/processos/{meeting}",
    "/equipe/processos/{meeting}/audiencia",
    "/equipe/processos/{agreed}",
    "/equipe/processos/{agreed}/acordo",
    "/equipe/processos/{decided}",
    "/equipe/processos/{decided}/avisos",
    "/equipe/processos/{decided}/partes",
    "/equipe/processos/{decided}/verificar",
    "/processos/{decided}/acessos",
    "/processos/{decided}/autos",
    "/equipe/audiencias/{hearing}",
)
SETTINGS = (
    "/equipe/configuracoes",
    "/equipe/configuracoes/prazos",
    "/equipe/configuracoes/prazos > /prazos/cip",
    "/equipe/configuracoes/calendario",
    "/equipe/configuracoes/calendario/importar",
    "/equipe/configuracoes/calendario/fora-do-ar",
    "/equipe/configuracoes/postos",
    "/equipe/configuracoes/postos/novo",
    "/equipe/configuracoes/postos > /postos/0",
    "/equipe/configuracoes/modelos",
    "/equipe/configuracoes/modelos > /modelos/",
    "/equipe/configuracoes/macros",
    "/equipe/configuracoes/textos",
    "/equipe/configuracoes/distribuicao",
    "/equipe/audiencias/salas",
    "/equipe/audiencias/salas > /salas/0",
)
CONSUMER = (
    "/minha-conta",
    "/minha-conta/avisos",
    "/minha-conta/agenda",
    "/minha-conta/representantes",
    "/processos/{answered}",
    "/processos/{unsolved}",
    "/processos/{unsolved} > /atos/withdraw",
    "/processos/{offered}",
    "/processos/{offered}/proposta",
    "/processos/{offered}/proposta/aceitar",
    "/processos/{offered}/proposta/recusar",
    "/processos/{offered}/proposta/contraproposta",
    "/processos/{agreed}",
    "/processos/{agreed}/acordo",
    "/processos/{agreed}/acordo > nao-cumpriu",
    "/processos/{meeting}",
    "/processos/{meeting}/audiencia",
    "/audiencias/{hearing}",
    "/processos/{decided}",
    "/processos/{decided}/avisos",
    "/processos/{decided}/acessos",
    "/processos/{decided}/autos",
    "/processos/{decided}/atos/appeal",
)
SUPPLIER = (
    "/fornecedor",
    "/fornecedor/planilha",
    "/fornecedor/empresa",
    "/fornecedor/empresa/convidar",
    "/fornecedor/vincular",
    "/fornecedor/avisos",
    "/fornecedor/modelos",
    "/fornecedor/representantes",
    "/minha-conta/avisos",
    "/minha-conta/agenda",
    "/fornecedor/processos/{unsolved}",
    "/fornecedor/processos/{offered}",
    "/fornecedor/processos/{offered}/proposta",
    "/fornecedor/processos/{unsolved}/proposta",
    "/fornecedor/processos/{agreed}",
    "/fornecedor/processos/{agreed}/acordo",
    "/fornecedor/processos/{meeting}",
    "/fornecedor/processos/{meeting}/audiencia",
    "/fornecedor/processos/{decided}",
    "/fornecedor/processos/{decided}/avisos",
    "/fornecedor/processos/{decided}/atos/appeal",
    "/audiencias/{hearing}",
)
LAWYER = (
    "/advogado",
    "/advogado/procuracoes",
    "/advogado/procuracoes > /substabelecer",
    "/advogado/procuracoes/nova",
    "/advogado/processos/{decided}",
    "/advogado/processos/{decided}/atos/appeal",
    "/processos/{decided}/acessos",
)
PUBLIC = (
    "/prazos",
    "/prazos?regra=cip&dia=25&mes=11&ano=2026",
    "/fornecedor",
    "/fornecedor/vincular",
    "/verificar",
    "/entrar",
)
# The other city has another theme, and nobody there has a hearing or a lawyer yet.
OTHER = (
    "/equipe",
    "/equipe/processos",
    "/equipe/busca?q=geladeira",
    "/equipe/processos/{unsolved}",
    "/equipe/processos/{for_decision}",
    "/equipe/audiencias",
    "/equipe/audiencias/horarios",
    "/equipe/audiencias/salas",
    "/equipe/acordos",
    "/equipe/advogados",
)
OTHER_CONSUMER = (
    "/minha-conta",
    "/processos/{answered}",
    "/processos/{offered}",
    "/processos/{offered}/proposta/aceitar",
    "/processos/{for_decision}",
    "/processos/{unsolved}/audiencia",
    "/prazos",
)
VISITS = (
    Visit("lists", "analyst", "equipe", 1280, LISTS),
    Visit("cases", "analyst", "equipe", 1280, CASES),
    Visit("settings", "cityadmin", "equipe", 1280, SETTINGS),
    Visit("hearing", "conciliator", "equipe", 1280, ("/equipe/audiencias/{hearing}",)),
    Visit(
        "decision", "authority", "equipe", 1280, ("/equipe/processos/{for_decision}/atos/decide",)
    ),
    Visit("consumer", "consumer", "govbr", 360, CONSUMER),
    Visit("supplier", "supplier", "govbr", 360, SUPPLIER),
    Visit("supplier-desk", "supplier", "govbr", 1280, ("/fornecedor", "/fornecedor/planilha")),
    Visit("lawyer", "lawyer", "govbr", 360, LAWYER),
    Visit("public", "", "", 320, PUBLIC),
    Visit("other-staff", "analyst", "equipe", 1280, OTHER, "campinas"),
    Visit("other-consumer", "consumer", "govbr", 360, OTHER_CONSUMER, "campinas"),
    Visit("other-lawyer", "lawyer", "govbr", 360, ("/advogado", "/advogado/cadastro"), "campinas"),
)


@pytest.mark.parametrize("visit", VISITS, ids=[visit.name for visit in VISITS])
async def test_pages(stack: Stack, chromium: Browser, visit: Visit) -> None:
    one = await Person.enter(stack, chromium, visit.city, width=visit.width)
    if visit.persona:
        await one.open(f"/entrar/{visit.door}?persona={visit.persona}&voltar=/verificar")
        await one.page.wait_for_url("**/verificar")
    names = asdict(stack.scenes[visit.city])
    for path in visit.paths:
        await _check(one, path.format(**names), f"{visit.name} {path}")
    assert one.faults == []
    await one.leave()


async def _check(one: Person, path: str, name: str) -> None:
    path, _, part = path.partition(" > ")
    answer = await one.page.goto(one.stack.url(one.city, path))
    if part:
        link = await one.page.locator(f'main a[href*="{part}"]').first.get_attribute("href")
        answer = await one.page.goto(one.stack.url(one.city, link or ""))
    assert answer is not None
    if answer.status != 200:
        one.faults.append(f"{name}: {answer.status}")
    title, _, body = (await one.page.title()).rpartition(" – ")
    if not (title and body.startswith("Procon ")):
        one.faults.append(f"{name}: titled {title!r} – {body!r}")
    # What is to be typed as it stands is no word.
    text = re.sub(r"\{[\w.]+\}", "", await one.page.inner_text("body"))
    words = ENGLISH.findall(text)
    if words:
        one.faults.append(f"{name}: English words {words}")
    await one.look(re.sub(r"\W+", "-", name))


async def test_many_cases_at_once(stack: Stack, chromium: Browser) -> None:
    """The preview names who changes, the act can be taken back, and the list's keys work."""
    one = await Person.enter(stack, chromium, "campinas", width=1280)
    await one.open("/entrar/equipe?persona=analyst&voltar=/equipe/processos?estado=closed")
    await one.reads("Processos encontrados")
    await one.page.keyboard.press("j")
    await one.page.keyboard.press("x")
    await one.page.keyboard.press("j")
    await one.page.keyboard.press("x")
    assert await one.page.locator("input[name=caso]:checked").count() == 2
    await one.page.get_by_label("O que fazer", exact=True).select_option("tag")
    await one.press("Ver antes de fazer")
    await one.look("lote")
    await one.press("Conferir")
    await one.refused()
    await one.look("lote-erro")
    await one.fill("Etiqueta", "mutirão")
    await one.press("Conferir")
    await one.reads("2 processos vão mudar")
    await one.look("lote-conferir")
    await one.press("Fazer em 2 processos")
    await one.page.wait_for_url("**/equipe/lote/*")
    await one.look("lote-feito")
    await one.press("Desfazer")
    await expect(one.page.get_by_text("Desfeito em 2 processos.")).to_be_visible()
    await one.look("lote-desfeito")
    assert one.faults == []
    await one.leave()
