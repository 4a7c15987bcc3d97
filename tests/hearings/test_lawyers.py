"""Lawyers at the hearing: with the power to settle or without, and when the mandate ends."""

from __future__ import annotations

from hearings.hearings_support import begin, booked, choices, hearing, words
from hearings.test_live import PAYS, Table
from lawyers.lawyers_support import POWERS, file, lawyer, mandate_id
from procon.hearings.queries import hearings_for, verdicts_of
from support.cities import CNPJ, City, MovingClock, citizen
from support.web import Web


async def test_a_lawyer_moves_the_hearing_and_settles_only_with_that_power(
    web: Web, city: City, clock: MovingClock
) -> None:
    case, hearing_id = await booked(city)
    simple, full = await lawyer(city), await lawyer(city, 654321, name="Rita Sá")
    await file(web, city, simple, case.number)
    await file(
        web, city, full, case.number, side="supplier", document=CNPJ, powers=[*POWERS, "settle"]
    )
    for actor in (simple, full):
        async with city.scope() as tx:
            assert [one.id for one in await hearings_for(tx, actor=actor)] == [hearing_id]
        page = await web.get(city, f"/processos/{case.number}/audiencia", actor=actor)
        assert f'href="/advogado/processos/{case.number}"' in page.text
    slot = (await choices(city))[3]
    form = {"horario": str(slot.id), "motivo": "Outra audiência no mesmo dia."}
    path = f"/processos/{case.number}/audiencia/remarcar"
    assert (await web.post(city, path, form, actor=simple)).status_code == 303
    assert (await hearing(city, hearing_id)).moves_consumer == 1

    await begin(city, clock, hearing_id)
    table = Table(web, city, hearing_id)
    clause = await table.write(PAYS)
    accept = f"{table.own}/clausulas/{clause}/aceitar"
    refused = await web.post(city, accept, {"versao": "1"}, actor=simple)
    assert refused.status_code == 403
    assert "A sua procuração não inclui o poder de fazer acordo." in words(refused.text)
    assert (await web.post(city, accept, {"versao": "1"}, actor=full)).status_code == 303
    async with city.scope() as tx:
        assert [(one.side, one.author) for one in await verdicts_of(tx, hearing_id)] == [
            ("supplier", "Rita Sá")
        ]


async def test_a_mandate_that_ends_closes_the_open_tab(
    web: Web, city: City, clock: MovingClock
) -> None:
    case, hearing_id = await booked(city)
    actor = await lawyer(city)
    await file(web, city, actor, case.number, powers=[*POWERS, "settle"])
    await begin(city, clock, hearing_id)
    table = Table(web, city, hearing_id)
    clause = await table.write(PAYS)
    part = f"{table.own}/ao-vivo"
    assert (await web.get(city, part, actor=actor)).status_code == 200
    revoke = f"/minha-conta/representantes/{await mandate_id(city, actor)}/revogar"
    assert (await web.post(city, revoke, actor=citizen())).status_code == 303
    assert (await web.get(city, part, actor=actor)).status_code == 403
    accept = f"{table.own}/clausulas/{clause}/aceitar"
    answer = await web.post(city, accept, {"versao": "1"}, actor=actor)
    assert answer.status_code == 403
    async with city.scope() as tx:
        assert await verdicts_of(tx, hearing_id) == []
        assert await hearings_for(tx, actor=actor) == []
