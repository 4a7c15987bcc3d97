"""Finding companies by names as people write them."""

from __future__ import annotations

from uuid import UUID

import pytest

from procon.kernel.errors import Conflict, NotFound
from procon.parties.commands import edit_supplier, mark_merged, register_supplier
from procon.parties.queries import duplicates_of, supplier_by_id, supplier_search
from support.cities import CNPJ, City

NAMES = ("Casas Bahia S.A.", "Magazine Luiza", "Viação São João", "100% Natural")


async def registered(city: City, *names: str) -> dict[str, UUID]:
    async with city.scope() as tx:
        return {name: await register_supplier(tx, name=name) for name in names}


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("casas baia", ["Casas Bahia S.A."]),
        ("CASAS BAHIA SA", ["Casas Bahia S.A."]),
        ("luiza", ["Magazine Luiza"]),
        ("magasine luisa", ["Magazine Luiza"]),
        ("sao joao", ["Viação São João"]),
        ("viacao", ["Viação São João"]),
        ("%", []),
        ("_a", []),
        ("x", []),
        ("padaria", []),
    ],
)
async def test_names(city: City, other: City, typed: str, found: list[str]) -> None:
    await registered(city, *NAMES)
    await registered(other, *NAMES, "Padaria")
    async with city.scope() as tx:
        assert [one.name for one in await supplier_search(tx, typed)] == found


async def test_likely_duplicates_come_by_root_then_by_name(city: City, other: City) -> None:
    async with city.scope() as tx:
        first = await register_supplier(tx, name="Loja Exemplo", cnpj=CNPJ)
        await register_supplier(tx, name="Filial Norte", cnpj="11222333000262")
        await register_supplier(tx, name="Loja Exemplu")
        await register_supplier(tx, name="Padaria")
    await registered(other, "Loja Exemplo")
    async with city.scope() as tx:
        entry = await supplier_by_id(tx, first)
        assert entry is not None
        likely = [one.name for one in await duplicates_of(tx, entry)]
    assert likely == ["Filial Norte", "Loja Exemplu"]


async def test_a_merged_entry_is_no_longer_found(city: City) -> None:
    made = await registered(city, "Loja Um", "Loja Um Ltda")
    kept, merged = made["Loja Um"], made["Loja Um Ltda"]
    async with city.scope() as tx:
        await mark_merged(tx, actor_name="Bia", kept=kept, merged=merged, case_ids=[])
        assert [one.id for one in await supplier_search(tx, "loja um")] == [kept]


async def test_an_edit_on_an_old_page_is_refused(city: City, other: City) -> None:
    loja = (await registered(city, "Loja"))["Loja"]
    async with city.scope() as tx:
        await edit_supplier(
            tx, supplier_id=loja, trade_name="Lojinha", email="a@b.example", before=("", "")
        )
        assert [one.id for one in await supplier_search(tx, "lojinha")] == [loja]
    with pytest.raises(Conflict):
        async with city.scope() as tx:
            await edit_supplier(tx, supplier_id=loja, trade_name="", email="", before=("", ""))
    with pytest.raises(NotFound):
        async with other.scope() as tx:
            await edit_supplier(tx, supplier_id=loja, trade_name="", email="", before=("", ""))
