"""The staff's search: by number, document or name, in this city only."""

from __future__ import annotations

import pytest

from cases.cases_support import answered, issued
from desk.desk_support import indexed, numbers, words
from procon.cases.commands import write_note
from procon.settings import Settings
from support.cities import CPF_OTHER, City, citizen, filed, staff
from support.web import Web


async def test_a_number_opens_the_case(web: Web, city: City) -> None:
    case = await filed(city)
    typed = case.number.replace(".", " ").replace("-", "/")
    found = await web.get(city, "/equipe/busca", params={"q": typed}, actor=staff())
    assert found.status_code == 303
    assert found.headers["Location"] == f"/equipe/processos/{case.number}"


async def test_a_number_of_the_other_city_is_not_found(web: Web, city: City, other: City) -> None:
    foreign = await filed(other)
    found = await web.get(city, "/equipe/busca", params={"q": foreign.number}, actor=staff())
    assert found.status_code == 200
    assert f"Nenhum processo com “{foreign.number}”." in words(found.text)


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        ("529.982.247-25", [0]),
        ("11222333000181", [0]),
        ("café ideal", [1]),
        ("CAFE", [1]),
        ("José", [1]),
        ("%", []),
        ("_", []),
        ("' OR 1=1 --", []),
        ("", []),
    ],
)
async def test_by_document_or_name(
    web: Web, city: City, other: City, text: str, hits: list[int]
) -> None:
    cases = [
        await filed(city),
        await filed(
            city,
            actor=citizen(CPF_OTHER, "José Dias"),
            supplier_name="Café Ideal",
            cnpj=None,
        ),
    ]
    await filed(other)
    await indexed(city, other)
    found = await web.get(city, "/equipe/busca", params={"q": text}, actor=staff())
    assert found.status_code == 200
    assert numbers(found.text) == [cases[hit].number for hit in hits]


async def test_what_was_typed_is_text(web: Web, city: City) -> None:
    found = await web.get(city, "/equipe/busca", params={"q": '"><script>'}, actor=staff())
    assert "&#34;&gt;&lt;script&gt;" in found.text
    assert "<script>" not in found.text


async def test_only_the_staff(web: Web, city: City) -> None:
    found = await web.get(city, "/equipe/busca", params={"q": "x"}, actor=citizen())
    assert found.status_code == 403


PAIRS = (
    ("cobranca indevida", "Fizeram uma cobrança indevida no meu cartão."),
    ("cobranças indevidas", "Fizeram uma cobrança indevida no meu cartão."),
    ("solicitação", "Mandei três solicitações e ninguém respondeu."),
    ("solicitacoes", "Mandei uma solicitação e ninguém respondeu."),
    ("pão", "Os pães vieram mofados."),
    ("anel", "Comprei dois anéis."),
    ("viagem", "As viagens foram canceladas."),
    ("colchoes", "O colchão veio rasgado."),
    ("entregaram", "Não entregou a mesa."),
    ("cartao", "Os cartões chegaram trocados."),
    ("açúcar", "O acucar veio com inseto."),
    ("luz", "Duas luzes vieram queimadas."),
    ("gelad", "A geladeira não gela."),
)


@pytest.mark.parametrize(("asked", "told"), PAIRS)
async def test_accents_plurals_and_beginnings(
    web: Web, city: City, other: City, asked: str, told: str
) -> None:
    case = await filed(city, narrative=told)
    await filed(other, narrative=told)
    await indexed(city, other)
    found = await web.get(city, "/equipe/busca", params={"q": asked}, actor=staff())
    assert numbers(found.text) == [case.number]
    assert "Você quis dizer" not in found.text


async def test_what_was_found_is_marked(web: Web, city: City) -> None:
    await filed(city, narrative="Paguei a <b>fatura</b> e veio outra cobrança.\nAinda espero.")
    await indexed(city)
    found = await web.get(city, "/equipe/busca", params={"q": "faturas cobrancas"}, actor=staff())
    assert (
        "Paguei a &lt;b&gt;<mark>fatura</mark>&lt;/b&gt; e veio outra <mark>cobrança</mark>."
        in (found.text)
    )


async def test_a_typing_error_is_guessed(web: Web, city: City, other: City) -> None:
    case = await filed(city, narrative="O liquidificador queimou.")
    await filed(other, narrative="O televisor queimou.")
    await indexed(city, other)
    found = await web.get(city, "/equipe/busca", params={"q": "liquidifcador"}, actor=staff())
    assert numbers(found.text) == [case.number]
    assert "Você quis dizer liquidificador ?" in words(found.text)
    # A word that only the other city knows is not offered here.
    foreign = await web.get(city, "/equipe/busca", params={"q": "televisr"}, actor=staff())
    assert "televisor" not in foreign.text
    assert numbers(foreign.text) == []


async def test_answers_and_notes_are_searched_and_a_state_narrows(
    web: Web, city: City, settings: Settings
) -> None:
    first, second = await filed(city), await filed(city)
    await issued(city, first, settings)
    await answered(city, first, "O estorno foi feito ontem.")
    async with city.scope() as tx:
        await write_note(tx, actor=staff(), case_id=second.id, text="Pedir o estorno por telefone.")
    await indexed(city)
    both = await web.get(city, "/equipe/busca", params={"q": "estornos"}, actor=staff())
    assert numbers(both.text) == [second.number, first.number]
    one = await web.get(
        city, "/equipe/busca", params={"q": "estornos", "estado": "answered"}, actor=staff()
    )
    assert numbers(one.text) == [first.number]


@pytest.mark.parametrize("text", ["& | !", "a:* & b", "\\", "de para com", "\x00 <->", "👩‍💻 !!"])
async def test_odd_input_finds_nothing_and_breaks_nothing(web: Web, city: City, text: str) -> None:
    await filed(city)
    await indexed(city)
    found = await web.get(city, "/equipe/busca", params={"q": text}, actor=staff())
    assert found.status_code == 200
