""" "Meu dia": the right cases in the right queue, at a fixed price."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from desk.desk_support import cards, numbers, words
from procon.cases.commands import assign, issue_cip
from procon.desk.queries import day_bounds
from procon.tenancy.scope import Tx
from support.cities import City, MovingClock, citizen, filed, staff, supplier
from support.web import Web

NONE = {
    "Novos": 0,
    "Vencem hoje": 0,
    "Vencidos": 0,
    "Dar andamento": 0,
    "Para decidir": 0,
    "Sem responsável": 0,
    "Respondidos": 0,
    "Meus": 0,
    "Todos": 0,
}


@pytest.fixture
def queries(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """SQL of every query that a scope makes."""
    seen: list[str] = []
    for name in ("fetch", "fetchrow", "fetchval", "execute"):
        original = getattr(Tx, name)

        async def counted(tx: Tx, sql: str, *args: object, _original: object = original) -> object:
            seen.append(sql)
            return await _original(tx, sql, *args)  # type: ignore[operator]  # bound above

        monkeypatch.setattr(Tx, name, counted)
    yield seen


async def test_an_empty_day(web: Web, city: City) -> None:
    page = await web.get(city, "/equipe", actor=staff())
    assert page.status_code == 200
    assert cards(page.text) == NONE
    assert "Nenhum processo novo. Tudo foi lido." in words(page.text)
    assert page.headers["Cache-Control"] == "no-store"


async def test_each_case_is_in_its_queues(web: Web, city: City, other: City) -> None:
    me = staff()
    new, mine, sent = await filed(city), await filed(city), await filed(city)
    await filed(other)
    async with city.scope() as tx:
        assert me.account_id is not None
        await assign(tx, actor=me, case_id=mine.id, to=me.account_id, to_name=me.name)
        await issue_cip(tx, actor=me, case_id=sent.id)
    page = await web.get(city, "/equipe", actor=me)
    assert cards(page.text) == NONE | {"Novos": 2, "Sem responsável": 2, "Meus": 1, "Todos": 3}
    assert numbers(page.text) == [new.number, mine.number]
    own = await web.get(city, "/equipe?fila=meus", actor=me)
    assert numbers(own.text) == [mine.number]


async def test_due_today_and_overdue(web: Web, city: City, clock: MovingClock) -> None:
    me, case = staff(), await filed(city)
    async with city.scope() as tx:
        deadline = (await issue_cip(tx, actor=me, case_id=case.id)).deadline
    clock.shift = deadline.due_at - datetime.now(UTC)
    clock.forward(seconds=-30)
    page = await web.get(city, "/equipe?fila=hoje", actor=me)
    assert numbers(page.text) == [case.number]
    assert "Vence hoje" in words(page.text)
    clock.forward(seconds=60)
    page = await web.get(city, "/equipe?fila=vencidos", actor=me)
    assert numbers(page.text) == [case.number]
    assert "Venceu há 1 dia" in words(page.text)


async def test_as_many_queries_for_one_row_as_for_three(
    web: Web, city: City, queries: list[str]
) -> None:
    me = staff()
    await filed(city)
    queries.clear()
    assert len(numbers((await web.get(city, "/equipe", actor=me)).text)) == 1
    assert len(queries) == 2
    await filed(city)
    await filed(city)
    queries.clear()
    assert len(numbers((await web.get(city, "/equipe", actor=me)).text)) == 3
    assert len(queries) == 2


@pytest.mark.parametrize("query", ["?fila=x", "?pagina=0", "?pagina=99", "?pagina=-1", "?pagina=²"])
async def test_odd_addresses_give_the_first_queue(web: Web, city: City, query: str) -> None:
    case = await filed(city)
    page = await web.get(city, f"/equipe{query}", actor=staff())
    assert page.status_code == 200
    assert numbers(page.text) == [case.number]


async def test_only_the_staff(web: Web, city: City) -> None:
    for actor in (citizen(), supplier()):
        assert (await web.get(city, "/equipe", actor=actor)).status_code == 403


async def test_a_name_of_the_consumer_is_text(web: Web, city: City) -> None:
    await filed(city, actor=citizen(name="<b>Zé</b>"), supplier_name="<i>Loja</i>", cnpj=None)
    page = await web.get(city, "/equipe", actor=staff())
    assert "&lt;b&gt;Zé&lt;/b&gt;" in page.text
    assert "&lt;i&gt;Loja&lt;/i&gt;" in page.text
    assert "<b>Zé" not in page.text


def test_the_day_is_the_citys_own() -> None:
    start, end = day_bounds(datetime(2026, 11, 26, 1, 0, tzinfo=UTC), "America/Sao_Paulo")
    assert start == datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
    assert end == datetime(2026, 11, 26, 3, 0, tzinfo=UTC)


async def test_a_process_stands_where_its_next_step_is(web: Web, city: City) -> None:
    """What the office has to do next, and what waits for the authority."""
    me, going, ready = staff(), await filed(city), await filed(city, key="ready")
    async with city.scope() as tx:
        for case, status in ((going, "defended"), (ready, "for_decision")):
            await tx.execute("UPDATE case_file SET status = $2 WHERE id = $1", case.id, status)
    page = await web.get(city, "/equipe?fila=andamento", actor=me)
    assert cards(page.text) == NONE | {"Dar andamento": 1, "Para decidir": 1, "Todos": 2}
    assert numbers(page.text) == [going.number]
    decide = await web.get(city, "/equipe?fila=decidir", actor=me)
    assert numbers(decide.text) == [ready.number]
