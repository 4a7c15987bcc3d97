"""The example: every point of the contract, used once and seen to work, or to be inert."""

from __future__ import annotations

import pytest

from procon.cases.moves import move
from procon.jobs.outbox import drain
from procon.kernel.errors import Conflict
from procon.plugged import Plugins, handlers, states, sweeps
from support.cities import City, MovingClock, citizen, filed, staff
from support.web import Web

ANALYST, INSPECTOR = staff("analyst", name="Bia Lima"), staff("inspector")
FROZEN = {"register_frozen": "O cadastro está fechado para a publicação anual."}


@pytest.mark.plugin("example")
async def test_a_notice_is_read_where_the_plugin_is_on(web: Web, on: City, city: City) -> None:
    sent = await web.post(on, "/p/example", {"texto": "Reunião <b>às 9h</b>"}, actor=ANALYST)
    assert (sent.status_code, sent.headers["location"]) == (303, "/p/example")
    page = await web.get(on, "/p/example", actor=INSPECTOR)
    assert "Reunião &lt;b&gt;às 9h&lt;/b&gt;" in page.text
    refused = await web.post(on, "/p/example", {"texto": "x"}, actor=INSPECTOR)
    assert refused.status_code == 403
    assert (await web.get(city, "/p/example", actor=ANALYST)).status_code == 404
    assert 'href="/p/example"' in (await web.get(on, "/equipe", actor=ANALYST)).text
    assert 'href="/p/example"' not in (await web.get(city, "/equipe", actor=ANALYST)).text


@pytest.mark.plugin("example")
async def test_an_empty_notice_keeps_what_was_typed(web: Web, on: City) -> None:
    sent = await web.post(on, "/p/example", {"texto": "a" * 501}, actor=ANALYST)
    assert sent.status_code == 422
    assert "O recado pode ter até 500 caracteres." in sent.text
    assert "a" * 501 in sent.text


@pytest.mark.plugin("example")
async def test_the_box_is_on_the_staffs_page_only(web: Web, on: City) -> None:
    opened = await filed(on)
    await web.post(on, "/p/example", {"texto": "Recado de hoje"}, actor=ANALYST)
    page = await web.get(on, f"/equipe/processos/{opened.number}", actor=ANALYST)
    assert "Recado de hoje" in page.text
    own = await web.get(on, f"/processos/{opened.number}", actor=citizen())
    assert own.status_code == 200
    assert "Recado de hoje" not in own.text


@pytest.mark.plugin("example")
async def test_a_case_is_counted_once_and_only_there(
    on: City, city: City, plugins: Plugins
) -> None:
    for one in (on, city):
        await filed(one)
        await drain(one.db, one.tenant, handlers(plugins))
    async with on.scope() as tx:
        assert await tx.fetchval("SELECT cases FROM example_opened") == 1
    async with city.scope() as tx:
        there = await tx.fetchval("SELECT to_regclass('example_opened')")
    assert there is None


@pytest.mark.plugin("example", {"days": 2})
async def test_old_notices_are_taken_down(
    web: Web, on: City, plugins: Plugins, clock: MovingClock
) -> None:
    await web.post(on, "/p/example", {"texto": "Velho"}, actor=ANALYST)
    clock.forward(days=3)
    for sweep in sweeps(plugins, on.db):
        await sweep(on.tenant)
    async with on.scope() as tx:
        assert await tx.fetchval("SELECT count(*) FROM example_notice") == 0


@pytest.mark.plugin("example", FROZEN)
async def test_a_guard_refuses_with_its_reason(web: Web, on: City) -> None:
    opened = await filed(on)
    scope = City(web.app.state.db, on.tenant)
    async with scope.scope() as tx:
        await tx.execute("UPDATE case_file SET status = 'final' WHERE id = $1", opened.id)
        with pytest.raises(Conflict) as caught:
            await move(tx, actor=ANALYST, side="staff", case_id=opened.id, transition="register")
    assert caught.value.reason == FROZEN["register_frozen"]


@pytest.mark.plugin("example")
async def test_health_says_how_it_is(on: City, plugins: Plugins) -> None:
    (state,) = await states(on.db, plugins, on.tenant)
    assert (state.slug, state.health.well, state.health.sentence, state.parked) == (
        "example",
        True,
        "0 recado(s) no mural.",
        0,
    )
