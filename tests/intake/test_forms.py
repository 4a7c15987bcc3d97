"""What is typed becomes a Struct, or a sentence for its field."""

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from intake.intake_support import ANSWERS
from procon.intake.forms import (
    PARSERS,
    Company,
    Contact,
    When,
    Worth,
    parse_company,
    parse_contact,
    parse_contact_at_counter,
    parse_told,
    parse_tried,
    parse_when,
    parse_worth,
)
from procon.kernel.errors import Invalid

TODAY = date(2026, 11, 25)


@pytest.mark.parametrize("step", list(PARSERS))
def test_shown_again_it_parses_to_the_same(step: str) -> None:
    answer = PARSERS[step](ANSWERS[step], TODAY)
    assert PARSERS[step](answer.shown(), TODAY) == answer


@pytest.mark.parametrize(
    ("day", "month", "year", "sentence"),
    [
        ("31", "2", "2026", "Esta data não existe. Confira o dia e o mês."),
        ("26", "11", "2026", "Esta data ainda não chegou. Digite quando aconteceu."),
        ("1", "1", "26", "Digite o ano com quatro números, como 2026."),
        ("1", "jan", "2026", "Digite dia, mês e ano com números, como 27 3 2026."),
        ("١", "1", "2026", "Digite dia, mês e ano com números, como 27 3 2026."),
        ("1", "", "2026", "Digite dia, mês e ano com números, como 27 3 2026."),
        ("10", "3", "1991", "Esta data é antiga demais. Confira o ano."),
        ("", "", "", "Digite a data ou marque “Não lembro a data”."),
    ],
)
def test_dates_that_cannot_be(day: str, month: str, year: str, sentence: str) -> None:
    form = {"quando_dia": day, "quando_mes": month, "quando_ano": year}
    with pytest.raises(Invalid) as caught:
        parse_when(form, TODAY)
    assert caught.value.fields == {"quando": sentence}


def test_today_and_forgotten_dates() -> None:
    form = {"quando_dia": "25", "quando_mes": "11", "quando_ano": "2026"}
    assert parse_when(form, TODAY) == When(happened_on=TODAY)
    assert parse_when({"nao_lembro": "sim"}, TODAY) == When(happened_on=None)


def test_amounts() -> None:
    assert parse_worth({"valor": " R$ 1.234,5 "}, TODAY) == Worth(Decimal("1234.50"))
    assert parse_worth({"valor": ""}, TODAY) == Worth(None)
    with pytest.raises(Invalid) as caught:
        parse_worth({"valor": "muito"}, TODAY)
    assert caught.value.fields == {"valor": "Digite o valor em reais, como 1.234,56."}


def test_company_choices() -> None:
    known = "0192f0c1-0000-7000-8000-000000000001"
    assert parse_company({"empresa": known}, TODAY) == Company(UUID(known), "", None)
    named = {"empresa": "outra", "empresa_nome": "Loja", "empresa_cnpj": "12.ABC.345/01DE-35"}
    assert parse_company(named, TODAY) == Company(None, "Loja", "12ABC34501DE35")
    for form, fields in (
        ({}, {"empresa": "Escolha uma empresa da lista ou escreva o nome dela."}),
        ({"empresa": "x"}, {"empresa": "Escolha uma das empresas da lista."}),
        (
            {"empresa": "outra", "empresa_cnpj": "11222333000180"},
            {
                "empresa_nome": "Escreva o nome da empresa como você a conhece.",
                "empresa_cnpj": "Este CNPJ não existe. Confira na nota fiscal ou no contrato.",
            },
        ),
    ):
        with pytest.raises(Invalid) as caught:
            parse_company(form, TODAY)
        assert caught.value.fields == fields


def test_contact_names_every_wrong_field() -> None:
    with pytest.raises(Invalid) as caught:
        parse_contact({"nome": "", "cpf": "11111111111", "email": "ana@", "telefone": "123"}, TODAY)
    assert caught.value.fields == {
        "nome": "Escreva o nome completo.",
        "cpf": "Este CPF não existe. Confira os números no documento.",
        "email": "Digite um e-mail completo, como nome@exemplo.com.br.",
        "telefone": "Digite o telefone com DDD, como (19) 91234-5678.",
    }
    at_counter = parse_contact_at_counter({"nome": "Ana", "cpf": "52998224725"}, TODAY)
    assert at_counter == Contact("Ana", "52998224725", "", "")


def test_texts_too_short_and_too_long() -> None:
    for typed, sentence in (
        ("", "Conte o que aconteceu."),
        ("curto", "Conte um pouco mais, para a empresa entender o que houve."),
        ("a" * 8001, "O texto passa de 8.000 letras. Deixe só o mais importante."),
    ):
        with pytest.raises(Invalid) as caught:
            parse_told({"relato": typed}, TODAY)
        assert caught.value.fields == {"relato": sentence}
    assert len(parse_told({"relato": "a" * 8000}, TODAY).narrative) == 8000
    with pytest.raises(Invalid) as caught:
        parse_tried({"tentou": "sim"}, TODAY)
    assert caught.value.fields == {"tentativa": "Conte o que você tentou e o que a empresa disse."}
