"""Open data: the pages' numbers, and nothing of any person."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from msgspec import json
from msgspec.structs import replace

from procon.statistics.open_data.datasets import DATASETS
from procon.statistics.register.commands import freeze, publish
from support.cities import City, MovingClock, staff
from support.planting import YEAR, Seed, plant
from support.web import Web

DAYS = timedelta(days=1)
CHIEF = staff("cityadmin", name="Vilma Rocha")
REGISTERED = datetime(YEAR, 6, 2, 15, tzinfo=UTC)

# Whatever leads to a person, wherever a case keeps it.
PLANTED = (
    *("Zenóbia Quartim", "Zenobia", "52998224725", "529.982.247-25", "ana@example.com"),
    *("Narrativa secreta", "sac@loja.example", "Carla", "Ana disse.", "Enviamos.", "Receber."),
    *("Vendedor Fulano", "98765432100", "Rui Analista", "protocolo-7788"),
)


async def rows_of(web: Web, city: City, name: str, year: int = YEAR) -> list[dict[str, str]]:
    found = await web.get(city, f"/dados-abertos/{name}.csv?ano={year}")
    assert found.status_code == 200, found.text[:300]
    text = found.content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


async def objects_of(web: Web, city: City, name: str) -> list[dict[str, Any]]:
    found = await web.get(city, f"/dados-abertos/{name}.json?ano={YEAR}")
    lines: list[dict[str, Any]] = json.decode(found.content)["linhas"]
    return lines


async def a_year(city: City) -> None:
    seed = Seed(
        narrative="Narrativa secreta com CPF 529.982.247-25 e protocolo-7788",
        consumer="Zenóbia Quartim",
        solved=True,
        answered=3 * DAYS,
        closed=9 * DAYS,
        assigned=(uuid4(), "Rui Analista"),
    )
    await plant(city, 12, seed)
    person = replace(seed, cnpj="11444777000161", name="Vendedor Fulano 98765432100")
    await plant(city, 6, replace(person, solved=False, registered_at=REGISTERED))
    await plant(city, 2, replace(seed, cnpj=None, name="Vendedor Fulano", channel="post"))
    registered = replace(seed, outcome="FUND_NAO_ATENDIDA", registered_at=REGISTERED)
    await plant(city, 1, replace(registered, solved=None))
    await plant(city, 1, replace(registered, solved=None, cnpj=None, name="Vendedor Fulano"))


async def test_no_person_comes_out(web: Web, city: City, clock: MovingClock) -> None:
    """Identities planted in every column of a case, looked for in all that is public."""
    await a_year(city)
    async with city.scope() as tx:
        await freeze(tx, actor=CHIEF, year=YEAR)
    clock.forward(days=40)
    async with city.scope() as tx:
        await publish(tx, actor=CHIEF, year=YEAR)
        numbers = [row["number"] for row in await tx.fetch("SELECT number FROM case_file")]
    addresses = [
        *(
            f"/dados-abertos/{name}.{kind}?ano={YEAR}"
            for name in DATASETS
            for kind in ("csv", "json")
        ),
        *("/indicadores?ano=2025", "/cadastro?ano=2025", "/dados-abertos?ano=2025"),
        *("/empresas/11444777?ano=2025", "/empresas/11222333?ano=2025"),
    ]
    out: dict[str, list[str]] = {}
    for address in addresses:
        found = await web.get(city, address)
        assert found.status_code == 200, address
        told = [
            secret
            for secret in (*PLANTED, *numbers)
            # A company with a CNPJ is called by its name, as the law wants; its CPF is not said.
            if secret in found.text and secret != "Vendedor Fulano"
        ]
        if told:
            out[address] = told
    assert out == {}
    named = [row["empresa"] for row in await rows_of(web, city, "cadastro")]
    assert sorted(named) == ["Fornecedores sem CNPJ no cadastro", "Loja Exemplo"]
    assert [row["empresa"] for row in await rows_of(web, city, "empresas")] == [
        "Loja Exemplo",
        "Vendedor Fulano",
    ]


async def test_the_rows_are_the_pages_numbers(web: Web, city: City, other: City) -> None:
    await plant(city, 20, Seed(solved=True, answered=3 * DAYS))
    await plant(city, 10, Seed(solved=False, channel="post", subject="0101"))
    await plant(other, 77, Seed(solved=False))
    rows = await rows_of(web, city, "reclamacoes")
    counts = {
        (row["recorte"], row["codigo"]): (row["quantidade"], row["sigilo"])
        for row in rows
        if row["quantidade"] != "0"
    }
    assert counts == {
        ("total", ""): ("30", ""),
        ("mes", "3"): ("30", ""),
        ("canal", "online"): ("20", ""),
        ("canal", "post"): ("10", ""),
        ("area", "PRO"): ("20", ""),
        ("area", "FIN"): ("10", ""),
        ("situacao", "solved"): ("20", ""),
        ("situacao", "unsolved"): ("10", ""),
    }
    shares = {row["indicador"]: row for row in await rows_of(web, city, "indicadores")}
    assert shares["solved"]["valor"] == "0,6667"
    assert (shares["solved"]["minimo"], shares["solved"]["maximo"]) == ("0,4878", "0,8077")
    assert (shares["resposta"]["valor"], shares["resposta"]["casos"]) == ("3,0", "20")
    assert shares["encerramento"]["valor"] == ""
    objects = await objects_of(web, city, "indicadores")
    assert objects[0]["valor"] == 0.6667 and objects[0]["ano"] == YEAR
    assert [one["nome"] for one in await objects_of(web, city, "reclamacoes")] == [
        row["nome"] for row in rows
    ]


async def test_small_counts_stay_small_in_the_files(web: Web, city: City) -> None:
    await plant(city, 20, Seed(solved=True))
    await plant(city, 2, Seed(channel="post", solved=True))
    rows = {
        (row["recorte"], row["codigo"]): (row["quantidade"], row["sigilo"])
        for row in await rows_of(web, city, "reclamacoes")
    }
    assert rows["canal", "post"] == ("", "menos de 5")
    assert rows["canal", "online"] == ("", "não divulgado")
    assert rows["total", ""] == ("22", "")
    objects = await objects_of(web, city, "reclamacoes")
    post = next(one for one in objects if one["codigo"] == "post")
    assert (post["quantidade"], post["sigilo"]) == (None, "menos de 5")


async def test_every_column_is_in_the_dictionary(web: Web, city: City) -> None:
    await a_year(city)
    text = (await web.get(city, "/dados-abertos")).text
    for name, dataset in DATASETS.items():
        rows = await rows_of(web, city, name)
        assert rows
        assert list(rows[0]) == [field.name for field in dataset.fields]
        assert all(f">{field.name}</span>" in text for field in dataset.fields)


@pytest.mark.parametrize("name", ["pessoas.csv", "reclamacoes.xml", "reclamacoes", ".csv", "%00"])
async def test_there_is_nothing_else(web: Web, city: City, name: str) -> None:
    assert (await web.get(city, f"/dados-abertos/{name}")).status_code == 404


async def test_a_file_may_be_kept_and_is_asked_for_once(web: Web, city: City) -> None:
    await plant(city, 6, Seed(solved=True))
    first = await web.get(city, f"/dados-abertos/reclamacoes.csv?ano={YEAR}")
    assert first.headers["cache-control"] == "private, max-age=300"
    assert first.headers["content-disposition"].endswith(f'"reclamacoes-{YEAR}.csv"')
    kept = {"If-None-Match": first.headers["etag"]}
    path = f"/dados-abertos/reclamacoes.csv?ano={YEAR}"
    assert (await web.get(city, path, headers=kept)).status_code == 304
    await plant(city, 1, Seed(solved=True))
    assert (await web.get(city, path, headers=kept)).status_code == 200


async def test_from_the_first_page_to_last_years_complaints(web: Web, city: City) -> None:
    """What a journalist clicks: the menu, the year, the file."""
    await plant(city, 6, Seed(solved=True))
    assert 'href="/indicadores"' in (await web.get(city, "/")).text
    assert f'<option value="{YEAR}"' in (await web.get(city, "/indicadores")).text
    chosen = (await web.get(city, f"/indicadores?ano={YEAR}")).text
    assert f"/dados-abertos/reclamacoes.csv?ano={YEAR}" in chosen
