from datetime import date

import pytest

from procon.deadlines.calendar import Holiday
from procon.deadlines.commands import parse_holidays
from procon.kernel.errors import Invalid

FILE = (
    "\ufeffData;Nome;Tipo;Até;Suspende\r\n"
    "08/12/2026;Nossa Senhora da Conceição;feriado;;\r\n"
    "2026-02-17;Carnaval;facultativo;;não\r\n"
    "20/12/2026;Recesso;recesso;20/01/2027;sim\r\n"
    '09/07/2026;"Feriado; transferido";dia útil;;\r\n'
    "01/12/2026;Sistema fora do ar;Indisponibilidade;;\r\n"
)


def day(d: date, name: str, kind: str, suspends: bool = True) -> Holiday:
    return Holiday(d, d, name, kind, suspends)  # type: ignore[arg-type]  # kind is a literal


def test_a_file_as_a_spreadsheet_saves_it() -> None:
    assert parse_holidays(FILE) == [
        day(date(2026, 12, 8), "Nossa Senhora da Conceição", "feriado"),
        day(date(2026, 2, 17), "Carnaval", "facultativo", False),
        Holiday(date(2026, 12, 20), date(2027, 1, 20), "Recesso", "recesso", True),
        day(date(2026, 7, 9), "Feriado; transferido", "dia_util"),
        day(date(2026, 12, 1), "Sistema fora do ar", "indisponibilidade"),
    ]


def test_two_columns_and_commas_are_enough() -> None:
    assert parse_holidays("data,nome\n08/12/2026,Padroeira\n08/12/2026,Padroeira da cidade\n") == [
        day(date(2026, 12, 8), "Padroeira da cidade", "feriado")
    ]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "Falta: data, nome."),
        ("data;nome\n", "não tem nenhuma data"),
        ("data;nome\n31/02/2026;X\n", "Linha 2: a data precisa existir e ser como 25/12/2026."),
        ("data;nome\n01/02/2026;\n", "Linha 2: falta o nome."),
        ("data;nome\n01/02/2026\n", "Linha 2: falta o nome."),
        ("data;nome;tipo\n01/02/2026;X;folga\n", "Linha 2: o tipo precisa"),
        ("data;nome;tipo;ate\n01/02/2026;X;recesso;31/01/2026\n", "vem antes"),
        ("data;nome;tipo;ate\n01/02/2026;X;feriado;02/02/2026\n", "só o recesso"),
        ("data;nome;suspende\n01/02/2026;X;talvez\n", "escreva sim ou não"),
        ("data;nome\n" + "x;y\n" * 2001, "mais de 2000 linhas"),
        ("data;nome\n" + "x;y\n" * 7, "E mais 2 linha(s) com erro."),
        ("data;nome\n" + "x" * 200_000 + "\n", "Linha 2: não foi possível ler"),
        ("x" * 200_000 + "\n", "Linha 1: não foi possível ler"),
        ('data;nome\n01/02/2026;"X', "Linha 2: não foi possível ler"),
    ],
)
def test_what_is_wrong_is_named_by_line(text: str, part: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_holidays(text)
    assert set(caught.value.fields) == {"csv"}
    assert part in caught.value.fields["csv"]
