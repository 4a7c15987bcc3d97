"""Collective cases and attendances that end at once."""

from __future__ import annotations

import asyncio
import re
from uuid import UUID, uuid4

import pytest

from desk.desk_support import acts_of, words
from procon.desk.groups.queries import LEAST
from support.cities import City, MovingClock, citizen, filed, staff
from support.web import Web

ADVICE = "/equipe/orientacoes"


async def test_five_complaints_in_sixty_days_are_suggested(
    web: Web, city: City, other: City, clock: MovingClock
) -> None:
    me = staff()
    for _ in range(LEAST - 1):
        await filed(city)
        await filed(other)
    clock.forward(days=61)
    last = await filed(city)
    read = words((await web.get(city, "/equipe/coletivos", actor=me)).text)
    assert "Nenhuma empresa tem 5 reclamações ou mais" in read
    for _ in range(LEAST - 2):
        await filed(city)
    few = await web.post(city, "/equipe/coletivos", await _of(city), actor=me)
    assert few.status_code == 409
    await filed(city)
    page = await web.get(city, "/equipe/coletivos", actor=me)
    assert "5 reclamações desde" in words(page.text)
    assert last.number not in page.text
    assert "Sugestões Nenhuma" in words((await web.get(other, "/equipe/coletivos", actor=me)).text)


async def test_a_collective_keeps_growing_and_all_get_one_note(
    web: Web, city: City, other: City
) -> None:
    me = staff()
    cases = [await filed(city) for _ in range(LEAST)]
    made = await asyncio.gather(
        *[web.post(city, "/equipe/coletivos", await _of(city), actor=me) for _ in range(2)]
    )
    assert len({one.headers["Location"] for one in made}) == 1
    path = made[0].headers["Location"]
    fresh = await filed(city)
    page = await web.get(city, path, actor=me)
    assert "Incluir 1 reclamação nova" in words(page.text)
    assert (await web.post(city, f"{path}/novos", actor=me)).status_code == 303
    shown = await web.get(city, path, actor=me)
    ids = re.findall(r'name="caso" value="([^"]+)"', shown.text)
    assert set(ids) == {str(case.id) for case in (*cases, fresh)}
    note = await web.post(
        city,
        "/equipe/lote/fazer",
        {"acao": "note", "nota": "Reunião dia 3.", "caso": ids, "_chave": uuid4().hex},
        actor=me,
    )
    assert note.status_code == 303
    for case in (*cases, fresh):
        assert await acts_of(city, case.id) == ["case_opened", "act_recorded", "note_written"]
    case_page = await web.get(city, f"/equipe/processos/{fresh.number}", actor=me)
    assert "Este processo está num coletivo com 6 casos contra Loja Exemplo." in words(
        case_page.text
    )
    own = await web.get(city, f"/processos/{fresh.number}", actor=citizen())
    assert "oletivo" not in words(own.text)
    assert (await web.get(other, path, actor=me)).status_code == 404
    assert (await web.post(other, f"{path}/novos", actor=me)).status_code == 404
    assert (await web.post(city, f"{path}/novos", actor=staff("attendant"))).status_code == 403


@pytest.mark.parametrize("data", [{}, {"empresa": "x"}, {"empresa": str(UUID(int=3))}])
async def test_a_collective_of_nothing(web: Web, city: City, data: dict[str, str]) -> None:
    made = await web.post(city, "/equipe/coletivos", {**data, "problema": "\0"}, actor=staff())
    assert made.status_code in (404, 409)


async def test_an_attendance_is_kept_once_and_counted(web: Web, city: City, other: City) -> None:
    me = staff("attendant")
    form = {
        "tipo": "CONSULTA",
        "assunto": "0403",
        "texto": "Prazo de garantia <b>.",
        "pessoa": "Ana",
        "minutos": "15",
        "_chave": uuid4().hex,
    }
    both = await asyncio.gather(
        *(web.post(city, f"{ADVICE}/nova", form, actor=me) for _ in range(2))
    )
    assert {one.headers["Location"] for one in both} == {ADVICE}
    await web.post(city, f"{ADVICE}/nova", {**form, "_chave": uuid4().hex}, actor=me)
    page = await web.get(city, ADVICE, actor=me)
    assert "a pessoa tirou uma dúvida: 2 atendimentos, 30 minutos" in words(page.text)
    assert "Prazo de garantia &lt;b&gt;." in page.text
    assert "garantia" not in (await web.get(other, ADVICE, actor=me)).text


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"tipo": "CIP"}, "Escolha como o atendimento terminou."),
        ({"assunto": "9999"}, "Escolha o assunto."),
        ({"texto": " "}, "Escreva em poucas palavras o que foi orientado."),
        ({"minutos": "0"}, "Escreva um número de 1 a 600."),
        ({"minutos": "1e3"}, "Escreva um número de 1 a 600."),
        ({"minutos": "٣"}, "Escreva um número de 1 a 600."),
        ({"posto": "Lua"}, "Escolha um posto da lista."),
        ({"pessoa": "x" * 121}, "Use no máximo 120 caracteres."),
    ],
)
async def test_a_wrong_attendance(
    web: Web, city: City, change: dict[str, str], sentence: str
) -> None:
    form = {"tipo": "CONSULTA", "assunto": "0403", "texto": "Oi", "_chave": uuid4().hex} | change
    page = await web.post(city, f"{ADVICE}/nova", form, actor=staff())
    assert page.status_code == 422
    assert sentence in words(page.text)
    denied = await web.get(city, f"{ADVICE}/nova", actor=staff("conciliator"))
    assert denied.status_code == 403


async def _of(city: City) -> dict[str, str]:
    async with city.scope() as tx:
        row = await tx.fetchrow("SELECT supplier_id, problem FROM case_file LIMIT 1")
    return {"empresa": str(row["supplier_id"]), "problema": row["problem"]}
