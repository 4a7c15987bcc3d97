"""The register of well-founded complaints: from the decision to the gazette, and corrected."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pikepdf
import pytest
from msgspec.structs import replace

from procon.auth.actor import Actor
from procon.cases.log import entries as log_entries
from procon.cases.moves import move
from procon.kernel.errors import Conflict
from procon.statistics.register.commands import ask_correction, freeze, publish
from procon.statistics.register.queries import living
from support.cities import City, MovingClock, filed, staff, supplier
from support.planting import YEAR, Seed, plant
from support.web import Web

CHIEF = staff("authority", name="Rui Paz")
SHOP = supplier()
STRANGER = supplier("11444777000161")
WELL_FOUNDED = Seed(outcome="FUND_NAO_ATENDIDA", registered_at=datetime(YEAR, 6, 2, 15, tzinfo=UTC))


async def number_of(city: City, case_id: UUID) -> str:
    async with city.scope() as tx:
        return str(await tx.fetchval("SELECT number FROM case_file WHERE id = $1", case_id))


async def frozen_until(city: City) -> datetime:
    async with city.scope() as tx:
        found: datetime = await tx.fetchval("SELECT requests_until FROM register_publication")
        return found


async def read(web: Web, city: City, path: str, actor: Actor | None = None) -> str:
    found = await web.get(city, path, actor=actor)
    assert found.status_code == 200, found.text[:300]
    return " ".join(re.sub(r"<[^>]+>", " ", found.text).split())


async def test_what_the_procedure_registers_is_in_the_register(
    web: Web, city: City, other: City
) -> None:
    """Through the procedure's own acts; another result afterwards does not take it out."""
    opened = await filed(city)
    unfounded = await filed(city)
    async with city.scope() as tx:
        for case in (opened, unfounded):
            await tx.execute("UPDATE case_file SET status = 'for_decision' WHERE id = $1", case.id)
        for case, outcome in ((opened, "FUND_NAO_ATENDIDA"), (unfounded, "NAO_FUNDAMENTADA")):
            for act in ("decide", "appeal", "decide_appeal", "register"):
                await move(
                    tx,
                    actor=SHOP if act == "appeal" else CHIEF,
                    side="supplier" if act == "appeal" else "staff",
                    case_id=case.id,
                    transition=act,
                    outcome=outcome if act.startswith("decide") else "",
                )
        found = await living(tx)
        assert [(one.case_id, one.attended) for one in found] == [(opened.id, False)]
        assert found[0].decided_at == found[0].registered_at == tx.now
        await move(tx, actor=CHIEF, side="staff", case_id=opened.id, transition="refer_to_court")
        assert [one.case_id for one in await living(tx)] == [opened.id]
        await move(tx, actor=CHIEF, side="staff", case_id=opened.id, transition="reopen")
        assert await living(tx) == []
    async with other.scope() as tx:
        assert await living(tx) == []


async def test_the_decisions_day_counts_the_five_years(city: City, clock: MovingClock) -> None:
    """Five years from the definitive decision, however late it was entered."""
    await plant(city, 1, replace(WELL_FOUNDED, registered_at=clock() - timedelta(days=5 * 365)))
    await plant(city, 1, replace(WELL_FOUNDED, registered_at=clock() - timedelta(days=5 * 366)))
    async with city.scope() as tx:
        assert len(await living(tx)) == 1
    clock.forward(days=10)
    async with city.scope() as tx:
        assert await living(tx) == []


async def test_companies_are_grouped_by_their_root(web: Web, city: City, other: City) -> None:
    await plant(city, 2, WELL_FOUNDED)
    branch = replace(WELL_FOUNDED, cnpj="11222333000262", name="Loja Exemplo Filial")
    await plant(city, 1, replace(branch, outcome="FUND_ATENDIDA"))
    await plant(city, 1, replace(WELL_FOUNDED, cnpj=None, name="Maria do Balcão"))
    await plant(other, 4, replace(WELL_FOUNDED, cnpj="11444777000161", name="Banco Exemplo"))
    text = await read(web, city, f"/cadastro?ano={YEAR}")
    assert "Atendidas: 1 . Não atendidas: 3 ." in text
    assert "Loja Exemplo 11222333 1 2 3" in text
    assert "Fornecedores sem CNPJ no cadastro – 0 1 1" in text
    assert "Maria" not in text and "Banco" not in text and "Filial" not in text
    company = await read(web, city, "/empresas/11222333")
    assert "Atendidas: 1 . Não atendidas: 2 ." in company
    # Without a year: the newest year that is over and has entries.
    assert f"Fundamentadas de {YEAR}" in await read(web, city, "/cadastro")


async def test_from_the_freeze_to_the_gazette(web: Web, city: City, clock: MovingClock) -> None:
    case = (await plant(city, 2, WELL_FOUNDED))[0]
    await plant(city, 1, replace(WELL_FOUNDED, registered_at=clock()))
    done = await web.post(city, "/gestao/cadastro/fechar", {"ano": str(YEAR)}, actor=CHIEF)
    assert done.headers["location"] == "/gestao/cadastro"
    async with city.scope() as tx:
        told = [one.act.event for one in await log_entries(tx, case, internal=True)]
    assert [getattr(event, "topic", "") for event in told] == ["register_frozen"]
    # A later result of the case no longer changes the frozen year.
    async with city.scope() as tx:
        await tx.execute("UPDATE case_file SET outcome = 'FUND_ATENDIDA' WHERE id = $1", case)
    again = await web.post(city, "/gestao/cadastro/fechar", {"ano": str(YEAR)}, actor=CHIEF)
    early = await web.post(city, "/gestao/cadastro/publicar", {"ano": str(YEAR)}, actor=CHIEF)
    assert (again.status_code, early.status_code) == (409, 409)
    assert (await web.get(city, f"/cadastro.pdf?ano={YEAR}")).status_code == 404
    clock.shift += await frozen_until(city) - clock() + timedelta(seconds=2)
    done = await web.post(city, "/gestao/cadastro/publicar", {"ano": str(YEAR)}, actor=CHIEF)
    assert done.status_code == 303
    assert "Atendidas: 0 . Não atendidas: 2 ." in await read(web, city, f"/cadastro?ano={YEAR}")
    pdf = await web.get(city, f"/cadastro.pdf?ano={YEAR}")
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.content == (await web.get(city, f"/cadastro.pdf?ano={YEAR}")).content
    with pikepdf.open(io.BytesIO(pdf.content)) as opened:
        assert len(opened.pages) == 1
        assert f"de {YEAR}" in str(opened.docinfo["/Title"])
    asked = {"If-None-Match": pdf.headers["etag"]}
    same = await web.get(city, f"/cadastro.pdf?ano={YEAR}", headers=asked)
    assert (same.status_code, same.content) == (304, b"")


async def test_a_year_that_runs_or_is_empty_is_not_frozen(
    city: City, other: City, clock: MovingClock
) -> None:
    await plant(other, 1, WELL_FOUNDED)
    for year, code in ((clock().year, "year-not-over"), (YEAR, "year-empty")):
        async with city.scope() as tx:
            with pytest.raises(Conflict) as caught:
                await freeze(tx, actor=CHIEF, year=year)
        assert caught.value.code == code


@pytest.mark.parametrize(
    "case",
    [
        ("atendida", "aceitar", "Atendidas: 1 . Não atendidas: 0 ."),
        ("retirar", "aceitar", "Atendidas: 0 . Não atendidas: 0 ."),
        ("atendida", "negar", "Atendidas: 0 . Não atendidas: 1 ."),
    ],
)
async def test_a_company_is_heard_before_its_year_is_published(
    web: Web, city: City, clock: MovingClock, case: tuple[str, str, str]
) -> None:
    wish, decision, shown = case
    number = await number_of(city, (await plant(city, 1, WELL_FOUNDED))[0])
    async with city.scope() as tx:
        await freeze(tx, actor=CHIEF, year=YEAR)
    path = f"/fornecedor/cadastro/{number}"
    assert number in await read(web, city, "/fornecedor/cadastro", SHOP)
    empty = await web.post(city, path, {"pedido": "", "texto": " "}, actor=SHOP)
    assert empty.status_code == 422 and "Escolha o que deve mudar." in empty.text
    sent = await web.post(city, path, {"pedido": wish, "texto": "Veja a folha 3."}, actor=SHOP)
    assert (sent.status_code, sent.headers["location"]) == (303, path)
    twice = await web.post(city, path, {"pedido": wish, "texto": "De novo."}, actor=SHOP)
    assert twice.status_code == 409
    clock.shift += await frozen_until(city) - clock() + timedelta(seconds=2)
    async with city.scope() as tx:
        with pytest.raises(Conflict) as caught:
            await publish(tx, actor=CHIEF, year=YEAR)
    assert caught.value.code == "requests-wait"
    desk = (await web.get(city, "/gestao/cadastro", actor=CHIEF)).text
    found = re.search(r"/gestao/cadastro/pedidos/[0-9a-f-]{36}", desk)
    assert found
    assert "Veja a folha 3." in await read(web, city, found[0], CHIEF)
    given = {"decisao": decision, "texto": "Conferimos os autos."}
    assert (await web.post(city, found[0], given, actor=CHIEF)).status_code == 303
    assert (await web.post(city, found[0], given, actor=CHIEF)).status_code == 409
    async with city.scope() as tx:
        await publish(tx, actor=CHIEF, year=YEAR)
    assert shown in await read(web, city, f"/cadastro?ano={YEAR}")
    if wish == "atendida":
        assert "Conferimos os autos." in await read(web, city, path, SHOP)


async def test_the_right_to_ask_ends(city: City, clock: MovingClock) -> None:
    case = (await plant(city, 1, WELL_FOUNDED))[0]
    number = await number_of(city, case)
    async with city.scope() as tx:
        with pytest.raises(Conflict) as caught:
            await ask_correction(tx, actor=SHOP, number=number, wish="remove", text="Não é nossa.")
    assert caught.value.code == "request-late"
    async with city.scope() as tx:
        await freeze(tx, actor=CHIEF, year=YEAR)
        until = await tx.fetchval("SELECT requests_until FROM register_publication")
    local = until.astimezone(ZoneInfo(city.tenant.timezone))
    assert f"{local:%H:%M:%S}" == "23:59:59"
    clock.shift += until - clock() - timedelta(seconds=30)
    async with city.scope() as tx:
        await ask_correction(tx, actor=SHOP, number=number, wish="remove", text="Não é nossa.")


async def test_only_the_company_and_who_runs_the_office(web: Web, city: City, other: City) -> None:
    case = (await plant(city, 1, WELL_FOUNDED))[0]
    number = await number_of(city, case)
    path = f"/fornecedor/cadastro/{number}"
    assert (await web.get(city, path, actor=STRANGER)).status_code == 404
    assert (await web.get(other, path, actor=SHOP)).status_code == 404
    assert (await web.get(city, path, actor=supplier(case_id=case))).status_code == 404
    assert number not in await read(web, city, "/fornecedor/cadastro", STRANGER)
    asked = {"pedido": "retirar", "texto": "Saia."}
    assert (await web.post(city, path, asked, actor=STRANGER)).status_code == 404
    for actor in (staff("analyst"), SHOP):
        assert (await web.get(city, "/gestao/cadastro", actor=actor)).status_code == 403
        closed = await web.post(city, "/gestao/cadastro/fechar", {"ano": "2025"}, actor=actor)
        assert closed.status_code == 403
    nowhere = "/gestao/cadastro/pedidos/01890000-0000-7000-8000-000000000000"
    assert (await web.get(city, nowhere, actor=CHIEF)).status_code == 404


async def test_the_companys_case_page_leads_to_it(web: Web, city: City) -> None:
    opened = await filed(city)
    path = f"/fornecedor/processos/{opened.number}"
    async with city.scope() as tx:
        await tx.execute(
            "UPDATE case_file SET status = 'closed', outcome = 'FUND_NAO_ATENDIDA', cip_round = 1,"
            " registered_at = $2 WHERE id = $1",
            opened.id,
            tx.now,
        )
    shown = (await web.get(city, path, actor=SHOP)).text
    assert f'href="/fornecedor/cadastro/{opened.number}"' in shown
    # Just registered: the company has its days from now on, without waiting for the freeze.
    asked = {"pedido": "atendida", "texto": "Entregamos em maio."}
    sent = await web.post(city, f"/fornecedor/cadastro/{opened.number}", asked, actor=SHOP)
    assert sent.status_code == 303
    staffs = (await web.get(city, f"/equipe/processos/{opened.number}", actor=CHIEF)).text
    assert "/fornecedor/cadastro/" not in staffs and "Entregamos em maio." in staffs


@pytest.mark.parametrize("year", ["", "20255", "\x00", "abcd", "２０２５"])
async def test_no_year_is_no_fault_of_ours(web: Web, city: City, year: str) -> None:
    sent = await web.post(city, "/gestao/cadastro/fechar", {"ano": year}, actor=CHIEF)
    assert sent.status_code == 422
