"""The staff's search: by number, document or name, in this city only."""

from __future__ import annotations

import pytest

from desk.desk_support import numbers, words
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
