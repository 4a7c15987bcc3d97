"""Dates and amounts: read, split, checked."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procon.agreements.forms import Typed, parse_offer
from procon.agreements.schedule import (
    Instalment,
    check_schedule,
    in_words,
    months_after,
    parse_day,
    parse_lines,
    split_equally,
)
from procon.kernel.errors import Invalid

TODAY = date(2027, 3, 1)
TZ = "America/Sao_Paulo"


def refusal(form: Typed) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        parse_offer(form, today=TODAY, timezone=TZ)
    return dict(caught.value.fields)


def filled(**changes: str) -> Typed:
    values = {
        "tipo": "pagamento",
        "texto": "Devolução por Pix.",
        "valor": "100",
        "parcelas": "3",
        "primeira": "20/03/2027",
        "validade": "10/03/2027",
    }
    return Typed(**{**values, **changes})


@given(
    cents=st.integers(min_value=60, max_value=10**12),
    count=st.integers(min_value=1, max_value=60),
    first=st.dates(min_value=date(2027, 1, 1), max_value=date(2036, 12, 31)),
)
def test_equal_instalments_always_add_up_and_follow_each_other(
    cents: int, count: int, first: date
) -> None:
    total = Decimal(cents) / 100
    found = split_equally(total, count, first)
    assert sum(one.amount for one in found) == total
    assert max(one.amount for one in found) - min(one.amount for one in found) <= Decimal("0.01")
    days = [one.due_on for one in found]
    assert days == sorted(set(days))
    assert [(day.year * 12 + day.month) - (first.year * 12 + first.month) for day in days] == list(
        range(count)
    )


def test_the_odd_cents_come_first() -> None:
    found = split_equally(Decimal("100.00"), 3, date(2027, 1, 31))
    assert [(one.due_on, one.amount) for one in found] == [
        (date(2027, 1, 31), Decimal("33.34")),
        (date(2027, 2, 28), Decimal("33.33")),
        (date(2027, 3, 31), Decimal("33.33")),
    ]


def test_a_month_without_the_day_takes_its_last_one() -> None:
    assert months_after(date(2028, 1, 31), 1) == date(2028, 2, 29)
    assert months_after(date(2027, 12, 30), 2) == date(2028, 2, 29)
    assert months_after(date(2028, 2, 29), 12) == date(2029, 2, 28)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("29/02/2028", date(2028, 2, 29)),
        (" 1/3/2027 ", date(2027, 3, 1)),
        ("01-03-2027", date(2027, 3, 1)),
    ],
)
def test_a_day_is_read(text: str, day: date) -> None:
    assert parse_day(text) == day


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("29/02/2027", "O dia 29/02/2027 não existe. Confira a data."),
        ("31/04/2027", "O dia 31/04/2027 não existe. Confira a data."),
        ("00/01/2027", "O dia 00/01/2027 não existe. Confira a data."),
        ("01/01/0000", "Confira o ano: são quatro números, como 2026."),
        ("2027-03-01", "Escreva a data como 25/12/2026."),
        ("amanhã", "Escreva a data como 25/12/2026."),
        ("\u0661/\u0661/\u0662\u0660\u0662\u0667", "Escreva a data como 25/12/2026."),
        ("", "Escreva a data como 25/12/2026."),
    ],
)
def test_a_day_that_is_none_is_refused_in_plain_words(text: str, sentence: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_day(text)
    assert str(caught.value) == sentence


def test_lines_are_read_with_and_without_money() -> None:
    found = parse_lines("10/04/2027; 300,00; entrada\n\n10/05/2027; R$ 1.200\n20/05/2027;;Retirar")
    assert found == (
        Instalment(date(2027, 4, 10), Decimal("300.00"), "entrada"),
        Instalment(date(2027, 5, 10), Decimal("1200.00")),
        Instalment(date(2027, 5, 20), Decimal(0), "Retirar"),
    )
    assert in_words(found) == (
        "1. 10/04/2027: R$\u00a0300,00, entrada\n"
        "2. 10/05/2027: R$\u00a01.200,00\n"
        "3. 20/05/2027: Retirar"
    )


def test_wrong_lines_are_named_by_number() -> None:
    with pytest.raises(Invalid) as caught:
        parse_lines("10/04/2027; 300\n31/02/2027; 300\n\n10/05/2027; muito")
    assert caught.value.fields == {
        "linhas": "Linha 2: O dia 31/02/2027 não existe. Confira a data."
        " Linha 4: Digite o valor em reais, como 1.234,56."
    }


def test_more_lines_than_allowed_are_refused_without_reading_all() -> None:
    with pytest.raises(Invalid) as caught:
        parse_lines("10/04/2027; 1\n" * 10_000)
    assert caught.value.fields == {"linhas": "Um acordo pode ter até 60 parcelas."}


A, B = date(2027, 4, 1), date(2027, 5, 1)


@pytest.mark.parametrize(
    ("instalments", "total", "sentence"),
    [
        ([], None, "Diga o que será feito e até quando: o acordo precisa de pelo menos uma data."),
        (
            [Instalment(A, Decimal(10)), Instalment(B, Decimal(10))],
            Decimal(21),
            "As parcelas somam R$\u00a020,00, mas o valor total é R$\u00a021,00. Corrija um dos"
            " dois.",
        ),
        (
            [Instalment(A, Decimal(10))],
            None,
            "As parcelas somam R$\u00a010,00, mas o valor total é R$\u00a00,00. Corrija um dos"
            " dois.",
        ),
        (
            [Instalment(B, Decimal(10)), Instalment(A, Decimal(10))],
            Decimal(20),
            "As datas precisam estar em ordem: 01/04/2027 vem depois de 01/05/2027 na lista.",
        ),
        (
            [Instalment(A, Decimal(10)), Instalment(A, Decimal(10))],
            Decimal(20),
            "As datas precisam estar em ordem: 01/04/2027 vem depois de 01/04/2027 na lista.",
        ),
        ([Instalment(date(2027, 2, 28), Decimal(10))], Decimal(10), "A data 28/02/2027 já passou."),
        (
            [Instalment(date(2037, 3, 2), Decimal(10))],
            Decimal(10),
            "A data 02/03/2037 está longe demais. O máximo são 10 anos.",
        ),
        (
            [Instalment(months_after(A, n), Decimal(1)) for n in range(61)],
            Decimal(61),
            "Um acordo pode ter até 60 parcelas.",
        ),
        (
            [Instalment(A, Decimal(-10))],
            Decimal(-10),
            "O valor de uma parcela não pode ser negativo.",
        ),
        (
            [Instalment(A, Decimal("99999999999.99")), Instalment(B, Decimal("0.01"))],
            Decimal("100000000000.00"),
            "Este valor é grande demais. Confira quantos zeros você digitou.",
        ),
    ],
)
def test_a_schedule_that_cannot_be_an_agreement_says_why(
    instalments: list[Instalment], total: Decimal | None, sentence: str
) -> None:
    with pytest.raises(Invalid) as caught:
        check_schedule(instalments, total=total, today=TODAY)
    assert caught.value.fields == {"parcelas": sentence}


def test_a_proposal_is_read() -> None:
    found = parse_offer(filled(), today=TODAY, timezone=TZ)
    assert (found.kind, found.text, found.total) == (
        "pagamento",
        "Devolução por Pix.",
        Decimal("100.00"),
    )
    assert found.valid_until == datetime(2027, 3, 11, 2, 59, 59, tzinfo=UTC)
    assert [one.amount for one in found.instalments] == [
        Decimal("33.34"),
        Decimal("33.33"),
        Decimal("33.33"),
    ]


def test_a_solution_without_money_is_one_date() -> None:
    form = filled(tipo="troca", valor="", parcelas="1")
    found = parse_offer(form, today=TODAY, timezone=TZ)
    assert (found.total, found.instalments) == (
        None,
        (Instalment(date(2027, 3, 20), Decimal(0)),),
    )


def test_lines_give_the_total_when_it_is_not_typed() -> None:
    form = filled(valor="", parcelas="", primeira="", linhas="20/03/2027; 10\n21/03/2027; 20,50")
    found = parse_offer(form, today=TODAY, timezone=TZ)
    assert (found.total, len(found.instalments)) == (Decimal("30.50"), 2)


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"tipo": "ouro"}, {"tipo": "Escolha que tipo de solução é."}),
        ({"texto": " \u200b "}, {"texto": "Escreva o que será feito."}),
        ({"texto": "x" * 4001}, {"texto": "O texto pode ter até 4.000 caracteres."}),
        ({"valor": ""}, {"valor": "Digite o valor total, como 1.234,56."}),
        ({"valor": "cem"}, {"valor": "Digite o valor em reais, como 1.234,56."}),
        ({"valor": "-5"}, {"valor": "Digite o valor em reais, como 1.234,56."}),
        (
            {"valor": "0"},
            {"valor": "O valor precisa ser maior que zero. Sem dinheiro, deixe em branco."},
        ),
        (
            {"valor": "0,02"},
            {"parcelas": "O valor é pequeno demais para tantas parcelas."},
        ),
        ({"parcelas": "61"}, {"parcelas": "Digite em quantas parcelas, de 1 a 60."}),
        ({"parcelas": "9" * 5000}, {"parcelas": "Digite em quantas parcelas, de 1 a 60."}),
        ({"parcelas": "\u0663"}, {"parcelas": "Digite em quantas parcelas, de 1 a 60."}),
        ({"primeira": "29/02/2027"}, {"primeira": "O dia 29/02/2027 não existe. Confira a data."}),
        (
            {"primeira": "31/12/9999"},
            {"primeira": "A data está longe demais. O máximo são 10 anos."},
        ),
        ({"primeira": "01/01/0001"}, {"primeira": "Confira o ano: são quatro números, como 2026."}),
        ({"validade": "28/02/2027"}, {"validade": "O dia 28/02/2027 já passou."}),
        ({"validade": "31/12/9999"}, {"validade": "A proposta pode valer por até 60 dias."}),
        ({"validade": "01/01/0001"}, {"validade": "Confira o ano: são quatro números, como 2026."}),
        (
            {"tipo": "troca", "valor": ""},
            {"valor": "Para dividir em parcelas, digite o valor total."},
        ),
        (
            {"linhas": "20/03/2027; 50\n20/04/2027; 49"},
            {
                "linhas": "As parcelas somam R$\u00a099,00, mas o valor total é R$\u00a0100,00."
                " Corrija um dos dois."
            },
        ),
        (
            {"linhas": "20/03/2027; 100\n20/04/2027;; visita"},
            {"linhas": "Num pagamento, cada parcela precisa de um valor."},
        ),
    ],
)
def test_each_wrong_field_of_a_proposal_is_named(
    changes: dict[str, str], errors: dict[str, str]
) -> None:
    assert refusal(filled(**changes)) == errors


def test_all_wrong_fields_are_named_at_once() -> None:
    wrong = refusal(Typed())
    assert list(wrong) == ["tipo", "texto", "primeira", "validade"]
