"""The public simulator, through HTTP."""

from __future__ import annotations

import pytest

from procon.auth.actor import SYSTEM
from procon.deadlines.commands import import_holidays
from support.cities import City
from support.web import Web

ASKED = {"ato": "cip_answer", "data_dia": "25", "data_mes": "11", "data_ano": "2026", "hora": "10"}


async def test_the_first_look_asks_and_answers_nothing(web: Web, city: City) -> None:
    shown = await web.get(city, "/prazos")
    assert shown.status_code == 200
    assert "Resposta da empresa à CIP (10 dias corridos)" in shown.text
    assert "O prazo vai até" not in shown.text


async def test_the_answer_is_the_engines(web: Web, city: City, other: City) -> None:
    async with city.scope() as tx:
        await import_holidays(tx, actor=SYSTEM, csv_text="data;nome\n07/12/2026;Padroeira\n")
    shown = await web.get(city, "/prazos", params=ASKED)
    assert shown.status_code == 200
    assert "O prazo vai até 08/12/2026 às 23h59" in shown.text
    assert "com aviso em 25/11/2026 às 10h00" in shown.text
    assert "07/12/2026: Sem expediente (Padroeira)" in shown.text
    assert "Novembro de 2026" in shown.text
    assert "Dezembro de 2026" in shown.text
    # The other city has no such holiday.
    theirs = await web.get(other, "/prazos", params=ASKED)
    assert "O prazo vai até 07/12/2026 às 23h59" in theirs.text


async def test_29_february_exists_in_leap_years_only(web: Web, city: City) -> None:
    leap = ASKED | {"data_dia": "29", "data_mes": "2", "data_ano": "2028"}
    shown = await web.get(city, "/prazos", params=leap)
    assert shown.status_code == 200
    assert "com aviso em 29/02/2028" in shown.text
    common = await web.get(city, "/prazos", params=leap | {"data_ano": "2027"})
    assert common.status_code == 422
    assert "Esta data não existe." in common.text


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"data_dia": "31", "data_mes": "02"}, "Esta data não existe."),
        ({"data_dia": "0"}, "Esta data não existe."),
        ({"data_ano": "0"}, "Esta data não existe."),
        ({"data_ano": "1"}, "Escolha uma data entre "),
        ({"data_ano": "9999"}, "Escolha uma data entre "),
        ({"data_ano": "99999999999999999999"}, "Esta data não existe."),
        ({"data_ano": "١٢"}, "Digite dia, mês e ano com números"),
        ({"data_dia": "-1"}, "Digite dia, mês e ano com números"),
        ({"data_dia": "", "data_mes": "", "data_ano": ""}, "Digite a data."),
        ({"hora": "24:00"}, "Digite a hora como 14:30."),
        ({"hora": "1:2:3"}, "Digite a hora como 14:30."),
        ({"hora": "\0"}, "Digite a hora como 14:30."),
        ({"ato": "outage_minutes"}, "Escolha um dos atos da lista."),
        ({"ato": "<script>"}, "Escolha um dos atos da lista."),
    ],
)
async def test_what_cannot_be_counted_is_said(
    web: Web, city: City, change: dict[str, str], sentence: str
) -> None:
    shown = await web.get(city, "/prazos", params=ASKED | change)
    assert shown.status_code == 422
    assert sentence in shown.text
    assert "O prazo vai até" not in shown.text
    assert "<script>" not in shown.text
