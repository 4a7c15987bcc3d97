"""Each form of the process answered wrong: the sentence appears, and what was typed stays."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import pytest
from playwright.async_api import Browser, FilePayload, expect

from e2e.person import Person
from e2e.stack import WHOLE, Stack

pytestmark = pytest.mark.browser


@dataclass(frozen=True)
class Slip:
    """A form, what is typed into it, and the sentence that says what is wrong.

    `typed` are labels of one field each, in the order of the page; a file is {label: (name, text)}.
    """

    path: str
    button: str
    sentence: str
    typed: Mapping[str, str] = field(default_factory=dict)
    upload: tuple[str, str, str] = ("", "", "")


SETTINGS = (
    Slip(
        "/equipe/configuracoes/calendario",
        "Ver o que muda",
        "não existe",
        {"Dia": "31", "Mês": "2", "Ano": "2027", "Nome": "Festa da cidade"},
    ),
    Slip(
        "/equipe/configuracoes/calendario/importar",
        "Ver o que muda",
        "Linha 3",
        upload=("Arquivo CSV", "dias.csv", "data;nome\n08/12/2027;Padroeira\n31/02/2027;Festa\n"),
    ),
    Slip(
        "/equipe/configuracoes/calendario/fora-do-ar",
        "Ver quais prazos mudam",
        "não existe",
        {"Dia": "31", "Mês": "2", "Ano": "2026", "Hora em que saiu do ar": "25:99"},
    ),
    Slip(
        "/equipe/configuracoes/prazos/cip_answer",
        "Ver o que muda",
        "30",
        {"Quantidade": "999"},
    ),
    Slip(
        "/equipe/configuracoes/postos/novo",
        "Guardar",
        "nome",
        {"Endereço": "Rua Um, 10"},
    ),
    Slip(
        "/equipe/configuracoes/modelos/TAB",
        "Salvar texto",
        "processo.inventado",
        {"Texto": "Este campo não existe: {{processo.inventado}}."},
    ),
    Slip(
        "/equipe/configuracoes/macros",
        "Guardar a macro",
        "nome",
        {"Nota interna": "Conferir o endereço."},
    ),
    Slip(
        "/equipe/configuracoes/textos",
        "Guardar o texto",
        "nome",
        {"Texto": "Bom dia."},
    ),
    Slip("/equipe/configuracoes/distribuicao", "Guardar a regra", "pessoa"),
)
DESK = (
    Slip(
        "/equipe/orientacoes/nova",
        "Registrar",
        "Escolha",
        {"O que foi orientado": "Direito de arrependimento.", "Quantos minutos durou": "dez"},
    ),
    Slip(
        "/equipe/cartas/lotes",
        "Conferir a lista",
        "Escolha",
        {"Números dos processos": "2026.999999-9"},
    ),
    Slip("/equipe/processos/{meeting}/audiencia", "Remarcar e avisar as partes", "motivo"),
)
CONSUMER = (
    Slip(
        "/minha-conta/representantes",
        "Dar procuração",
        "OAB",
        {"Número da OAB do advogado": "abc", "Dia": "31", "Mês": "2", "Ano": "2028"},
    ),
    Slip("/processos/{decided}/atos/appeal", "Recorrer", "Escreva"),
)
SUPPLIER = (
    Slip(
        "/fornecedor/processos/{unsolved}/proposta",
        "Conferir antes de enviar",
        "31/02/2027",
        {
            "O que será feito?": "Troca na loja.",
            "Valor total em reais": "mil",
            "Data da primeira parcela, ou do cumprimento": "31/02/2027",
        },
    ),
    Slip(
        "/fornecedor/processos/{agreed}/acordo",
        "Enviar o comprovante",
        "Escolha",
        {"Como e quando a empresa cumpriu": "Pix de ontem."},
    ),
)
LAWYER = (
    Slip(
        "/advogado/procuracoes/nova",
        "Juntar procuração",
        "cliente",
        {"Número do processo": "2026.999999-9", "CPF ou CNPJ do cliente": "111"},
    ),
)
PUBLIC = (
    Slip(
        "/prazos",
        "Contar o prazo",
        "não existe",
        {"Dia": "31", "Mês": "2", "Ano": "2027"},
    ),
)
ROUNDS = {
    "settings": ("cityadmin", 1280, True, SETTINGS),
    "desk": ("analyst", 1280, True, DESK),
    "consumer": ("consumer", 360, True, CONSUMER),
    "supplier": ("supplier", 360, False, SUPPLIER),
    "lawyer": ("lawyer", 360, False, LAWYER),
    "public": ("", 320, True, PUBLIC),
}


@pytest.mark.parametrize("name", list(ROUNDS))
async def test_says_what_is_wrong_and_keeps_the_rest(
    stack: Stack, chromium: Browser, name: str
) -> None:
    persona, width, script, slips = ROUNDS[name]
    one = await Person.enter(stack, chromium, WHOLE, width=width, script=script)
    if persona:
        door = "equipe" if persona in {"cityadmin", "analyst"} else "govbr"
        await one.open(f"/entrar/{door}?persona={persona}&voltar=/verificar")
        await one.page.wait_for_url("**/verificar")
    numbers = asdict(stack.scenes[WHOLE])
    for slip in slips:
        await _slip(one, slip, slip.path.format(**numbers))
    assert one.faults == []
    await one.leave()


async def _slip(one: Person, slip: Slip, path: str) -> None:
    await one.open(path)
    for label, text in slip.typed.items():
        await one.fill(label, text)
    label, name, body = slip.upload
    if label:
        file = FilePayload(name=name, mimeType="text/csv", buffer=body.encode())
        await one.page.get_by_label(label, exact=True).set_input_files(file)
    await one.page.locator("main").get_by_role("button", name=slip.button, exact=True).click()
    await one.refused()
    summary = one.page.locator(".govuk-error-summary")
    await expect(summary).to_contain_text(re.compile(re.escape(slip.sentence), re.IGNORECASE))
    kept = {
        label: await one.page.get_by_label(label, exact=True).first.input_value()
        for label in slip.typed
    }
    assert kept == dict(slip.typed), path
    # Each line of the summary leads to a field of the page.
    targets = await summary.locator("a").evaluate_all(
        "links => links.map(link => document.querySelectorAll(link.getAttribute('href')).length)"
    )
    assert targets == [1] * len(targets) != [], path
    await one.look("erro" + re.sub(r"\W+", "-", slip.path))
