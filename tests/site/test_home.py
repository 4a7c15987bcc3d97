"""First pages, by host."""

from __future__ import annotations

import httpx
import pytest

from support.cities import City
from support.web import Web


async def test_each_city_greets_under_its_own_name(web: Web, cities: tuple[City, City]) -> None:
    pages = [(await web.get(city, "/")).text for city in cities]
    assert ["<title>Início – Procon Campinas</title>" in page for page in pages] == [True, False]
    assert ["<title>Início – Procon Contagem</title>" in page for page in pages] == [False, True]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("plataforma.localhost", 200),
        ("fornecedores.localhost", 303),
        ("recife.localhost", 404),
    ],
)
async def test_hosts_without_a_city(web: Web, host: str, status: int) -> None:
    transport = httpx.ASGITransport(app=web.app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
        assert (await client.get("/")).status_code == status


async def test_an_unknown_address_answers_in_the_citys_look(web: Web, city: City) -> None:
    answer = await web.get(city, "/nao/existe")
    assert answer.status_code == 404
    assert "Não encontramos o que você procura." in answer.text
    assert "Procon Campinas" in answer.text
