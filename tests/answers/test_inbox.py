"""The company's inbox, and the list over all cities."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

import pytest

from cases.cases_support import answered, issued, words
from companies.companies_support import BRANCH, OTHER_CNPJ, invited, member
from procon.cases.commands import expire_due
from procon.settings import Settings
from procon.tenancy import scope
from support.cities import City, MovingClock, citizen, filed, supplier
from support.web import Web


def numbers(page: str) -> list[str]:
    """The cases of the list, in order."""
    return re.findall(r'/fornecedor/processos/([^"/?]+)"', page)


async def test_the_lists_hold_what_their_names_say(
    web: Web, city: City, settings: Settings, clock: MovingClock
) -> None:
    late, triage, done, fresh = [await filed(city) for _ in range(4)]
    await issued(city, late, settings)
    clock.forward(days=40)
    async with city.scope() as tx:
        await expire_due(tx)
    for case in (done, fresh):
        await issued(city, case, settings)
    await answered(city, done)
    seen = {
        name: numbers((await web.get(city, f"/fornecedor?lista={name}", actor=supplier())).text)
        for name in ("abertos", "semana", "vencidos", "respondidos", "encerrados", "todos", "x")
    }
    assert seen == {
        "abertos": [late.number, fresh.number, done.number],
        "semana": [],
        "vencidos": [late.number],
        "respondidos": [done.number],
        "encerrados": [],
        "todos": [late.number, fresh.number, done.number],
        "x": [late.number, fresh.number, done.number],
    }
    assert triage.number not in str(seen)
    clock.forward(days=5)
    soon = await web.get(city, "/fornecedor?lista=semana", actor=supplier())
    assert numbers(soon.text) == [fresh.number]


async def test_search_and_branch_narrow_the_list(
    web: Web, city: City, other: City, settings: Settings
) -> None:
    ana = await filed(city)
    rita = await filed(city, actor=citizen("11144477735", "Rita 100% Lima"), cnpj=BRANCH)
    foreign, elsewhere = await filed(city, cnpj=OTHER_CNPJ), await filed(other)
    for where, case in ((city, ana), (city, rita), (city, foreign), (other, elsewhere)):
        await issued(where, case, settings)

    async def found(query: dict[str, str]) -> set[str]:
        page = await web.get(city, "/fornecedor", actor=supplier(), params=query)
        assert page.status_code == 200
        return set(numbers(page.text))

    assert await found({}) == {ana.number, rita.number}
    assert await found({"q": "rita"}) == {rita.number}
    assert await found({"q": "100%"}) == {rita.number}
    assert await found({"q": "%"}) == {rita.number}
    assert await found({"q": "' OR 1=1 --"}) == set()
    assert await found({"q": ana.number}) == {ana.number}
    assert await found({"filial": BRANCH}) == {rita.number}
    assert await found({"filial": OTHER_CNPJ}) == {ana.number, rita.number}
    assert await found({"pagina": "999999"}) == set()
    assert await found({"pagina": "-1"}) == {ana.number, rita.number}


async def test_fifty_cases_to_a_page(web: Web, city: City, settings: Settings) -> None:
    first = await filed(city)
    await issued(city, first, settings)
    async with city.scope() as tx:
        await tx.execute(
            "INSERT INTO case_file (id, number, idempotency_key, person_id, supplier_id, subject,"
            " problem, status, channel, service_point, narrative, tried, sac_protocol, wish,"
            " created_at, changed_at, cip_round, due_at)"
            " SELECT u, 'n' || n, 'k' || n, person_id, supplier_id, subject, problem, status,"
            " channel, '', '', '', '', '', created_at, changed_at, 1,"
            " due_at + n * interval '1 hour'"
            " FROM case_file, unnest($1::uuid[]) WITH ORDINALITY AS x(u, n)",
            [uuid4() for _ in range(60)],
        )
    one = await web.get(city, "/fornecedor", actor=supplier())
    two = await web.get(city, "/fornecedor?lista=abertos&pagina=2", actor=supplier())
    assert numbers(one.text) == [first.number, *(f"n{n}" for n in range(1, 50))]
    assert numbers(two.text) == [f"n{n}" for n in range(50, 61)]
    assert "Página 1 de 2" in words(one.text)


async def test_one_list_for_all_cities_sorted_by_deadline(
    web: Web, city: City, other: City, settings: Settings, clock: MovingClock
) -> None:
    later, sooner = await filed(city), await filed(other)
    await issued(other, sooner, settings)
    clock.forward(days=2)
    await issued(city, later, settings)
    foreign = await filed(other, cnpj=OTHER_CNPJ)
    await issued(other, foreign, settings)
    page = await web.get(suppliers_site(settings), "/fornecedor", actor=supplier())
    links = re.findall(r'href="([^"]+/fornecedor/processos/[^"]+)"', page.text)
    assert links == [
        settings.url(other.host, f"/fornecedor/processos/{sooner.number}"),
        settings.url(city.host, f"/fornecedor/processos/{later.number}"),
    ]


async def test_a_member_without_certificate_sees_all_cities_too(
    web: Web, city: City, other: City, settings: Settings
) -> None:
    mine, foreign = await filed(city), await filed(other)
    await issued(city, mine, settings)
    await issued(other, foreign, settings)
    await invited(web, city, "reads")
    page = (await web.get(suppliers_site(settings), "/fornecedor", actor=member())).text
    assert (mine.number in page, "Esperam a empresa: 1" in page) == (True, True)


async def test_a_city_in_trouble_is_named_and_hides_no_other(
    web: Web, city: City, other: City, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    whole = scope.tenant_scope

    def broken(db: Any, tenant: Any) -> Any:
        if tenant.slug == other.slug:
            raise OSError("the database of this city does not answer")
        return whole(db, tenant)

    monkeypatch.setattr("procon.answers.inbox.pages.tenant_scope", broken)
    page = await web.get(suppliers_site(settings), "/fornecedor", actor=supplier())
    assert page.status_code == 200
    assert case.number in page.text
    assert f"Não conseguimos consultar {other.tenant.name} agora." in words(page.text)


def suppliers_site(settings: Settings) -> City:
    """The suppliers' host, as far as the client needs to know it."""
    return cast(City, SimpleNamespace(host=settings.suppliers_host, slug="fornecedores"))
