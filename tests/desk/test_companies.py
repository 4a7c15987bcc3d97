"""The register of companies: correcting, merging, and undoing it."""

from __future__ import annotations

import asyncio
import re
from uuid import UUID

from desk.desk_support import acts_of, indexed, numbers, words
from procon.cases.commands import correct_supplier
from procon.parties.commands import register_supplier
from support.cities import CNPJ, City, citizen, filed, staff
from support.web import Web

BRANCH = "11222333000262"


async def company(city: City, name: str, cnpj: str | None = None) -> UUID:
    """A company's entry."""
    async with city.scope() as tx:
        return await register_supplier(tx, name=name, cnpj=cnpj)


async def suppliers(city: City) -> dict[str, str]:
    """Case number → name of its company."""
    async with city.scope() as tx:
        rows = await tx.fetch(
            "SELECT c.number, s.name FROM case_file c JOIN supplier s ON s.id = c.supplier_id"
        )
    return {row[0]: row[1] for row in rows}


async def test_search_and_correct(web: Web, city: City, other: City) -> None:
    me = staff("attendant")
    found = await company(city, "Casas Baía", CNPJ)
    await company(other, "Casas Bahia")
    page = await web.get(city, "/equipe/empresas", params={"q": "casas baia"}, actor=me)
    assert f"/equipe/empresas/{found}" in page.text
    assert "Bahia" not in page.text
    path = f"/equipe/empresas/{found}"
    wrong = await web.post(city, path, {"email": "nada", "fantasia": "Baía"}, actor=me)
    assert wrong.status_code == 422
    assert 'value="nada"' in wrong.text
    good = {"email": "a@b.example", "fantasia": "Magalu"}
    assert (await web.post(city, path, good, actor=me)).status_code == 303
    late = await web.post(city, path, {"email": "c@d.example"}, actor=me)
    assert late.status_code == 409
    read = words(late.text)
    assert "Outra pessoa mudou este cadastro enquanto você escrevia." in read
    assert 'value="c@d.example"' in late.text
    again = await web.get(city, "/equipe/empresas", params={"q": "magalu"}, actor=me)
    assert f"/equipe/empresas/{found}" in again.text
    assert (await web.get(other, path, actor=staff())).status_code == 404
    assert (await web.get(city, path, actor=citizen())).status_code == 403


async def test_merge_moves_the_cases_and_undo_brings_them_back(
    web: Web, city: City, other: City
) -> None:
    me = staff("cityadmin")
    kept = await company(city, "Loja Exemplo Ltda", CNPJ)
    await filed(other, supplier_name="Loja Exemplo", cnpj=None)
    first = await filed(city, supplier_name="Loja Exemplo", cnpj=None)
    merged = await company(city, "Loja Exemplo Filial", BRANCH)
    async with city.scope() as tx:
        loose: UUID = await tx.fetchval("SELECT supplier_id FROM case_file")
    page = await web.get(city, f"/equipe/empresas/{kept}", actor=me)
    assert set(re.findall(rf"{kept}/unir/([0-9a-f-]+)", page.text)) == {str(loose), str(merged)}
    path = f"/equipe/empresas/{kept}/unir/{loose}"
    asked = words((await web.get(city, path, actor=me)).text)
    assert "1 processo passa para Loja Exemplo Ltda" in asked
    assert (await web.post(city, path, actor=me)).status_code == 303
    assert await suppliers(city) == {first.number: "Loja Exemplo Ltda"}
    assert await acts_of(city, first.id) == ["case_opened", "act_recorded"]
    await indexed(city)
    hits = await web.get(city, "/equipe/busca", params={"q": "exemplo ltda"}, actor=me)
    assert numbers(hits.text) == [first.number]
    twice = await web.post(city, path, actor=me)
    assert twice.status_code == 409
    # A later case that was registered for the same company stays where it was registered.
    later = await filed(city, supplier_name="Loja Exemplo Ltda", cnpj=CNPJ)
    shown = await web.get(city, f"/equipe/empresas/{kept}", actor=me)
    undo = re.search(r"/equipe/empresas/unioes/[0-9a-f-]+/desfazer", shown.text)
    assert undo is not None
    assert (await web.post(other, undo[0], actor=staff("cityadmin"))).status_code == 404
    assert (await web.post(city, undo[0], actor=staff("conciliator"))).status_code == 403
    assert (await web.post(city, undo[0], actor=me)).status_code == 303
    assert await suppliers(city) == {
        first.number: "Loja Exemplo",
        later.number: "Loja Exemplo Ltda",
    }
    assert (await web.post(city, undo[0], actor=me)).status_code == 409
    read = words((await web.get(city, f"/equipe/empresas/{kept}", actor=me)).text)
    assert "Desfeito por Bia Lima." in read


async def test_undo_leaves_a_case_whose_company_was_corrected_since(web: Web, city: City) -> None:
    me = staff("cityadmin")
    kept = await company(city, "Loja Exemplo Ltda", CNPJ)
    case = await filed(city, supplier_name="Loja Exemplo", cnpj=None)
    async with city.scope() as tx:
        loose: UUID = await tx.fetchval("SELECT supplier_id FROM case_file")
    await web.post(city, f"/equipe/empresas/{kept}/unir/{loose}", actor=me)
    right = await company(city, "Outra Loja")
    async with city.scope() as tx:
        await correct_supplier(tx, actor=me, case_id=case.id, supplier_id=right)
        merge_id: UUID = await tx.fetchval("SELECT id FROM supplier_merge")
    done = await web.post(city, f"/equipe/empresas/unioes/{merge_id}/desfazer", actor=me)
    assert done.status_code == 303
    assert await suppliers(city) == {case.number: "Outra Loja"}


async def test_a_merged_cnpj_leads_to_the_entry_that_stands_for_it(web: Web, city: City) -> None:
    me, case = staff("cityadmin"), await filed(city, supplier_name="Loja Filial", cnpj=BRANCH)
    kept, merged = await company(city, "Loja", CNPJ), await company(city, "Loja Filial", BRANCH)
    await web.post(city, f"/equipe/empresas/{kept}/unir/{merged}", actor=me)
    assert await company(city, "Loja Filial", BRANCH) == kept
    page = await web.get(city, "/equipe/empresas", params={"q": "11.222.333/0002-62"}, actor=me)
    assert f"/equipe/empresas/{kept}" in page.text
    for cnpj in (CNPJ, BRANCH):
        hits = await web.get(city, "/equipe/busca", params={"q": cnpj}, actor=me)
        assert numbers(hits.text) == [case.number]
    old = words((await web.get(city, f"/equipe/empresas/{merged}", actor=me)).text)
    assert "Este cadastro foi unido a outro." in old
    same = await web.post(city, f"/equipe/empresas/{kept}/unir/{kept}", actor=me)
    assert same.status_code == 409


async def test_merging_both_ways_at_once_has_one_winner(web: Web, city: City) -> None:
    me = staff("cityadmin")
    one, two = await company(city, "Loja Um"), await company(city, "Loja Dois")
    done = await asyncio.gather(
        web.post(city, f"/equipe/empresas/{one}/unir/{two}", actor=me),
        web.post(city, f"/equipe/empresas/{two}/unir/{one}", actor=me),
    )
    assert sorted(answer.status_code for answer in done) == [303, 409]
