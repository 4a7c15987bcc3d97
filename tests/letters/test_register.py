"""Issuing: rendered, stored and registered together, once, with numbers without gaps."""

from __future__ import annotations

import asyncio
import hashlib
import json
from uuid import uuid4

import asyncpg
import pytest

from letters.letters_support import BRAND, cip, filing_receipt, opened, text_of
from procon.kernel.chain import canonical
from procon.letters.commands import IssuedLetter, issue_letter, letter_key
from procon.letters.models import Kind, LetterData, brand_of
from procon.letters.queries import (
    case_letters,
    letter_by_code,
    letter_by_id,
    letter_by_sha256,
)
from procon.letters.typeset.render import grouped, template_version
from procon.tenancy.scope import Tx
from support.cities import City, MovingClock, staff


class Shelf:
    """A store in memory; it can be told to fail."""

    def __init__(self, fails: bool = False) -> None:
        self.kept: dict[str, bytes] = {}
        self.fails = fails

    async def put(self, key: str, body: bytes, media_type: str) -> None:
        if self.fails:
            raise OSError("store down")
        assert media_type == "application/pdf"
        self.kept[key] = body


async def issue(tx: Tx, shelf: Shelf, kind: Kind, data: LetterData, **more: object) -> IssuedLetter:
    fields = {"actor": staff(), "case_id": uuid4(), "brand": BRAND, "store": shelf.put, **more}
    return await issue_letter(tx, kind=kind, data=data, **fields)  # type: ignore[arg-type]


async def test_a_letter_is_stored_and_found_by_everything_printed_on_it(city: City) -> None:
    shelf, case_id = Shelf(), uuid4()
    async with city.scope() as tx:
        issued = await issue(tx, shelf, "cip", cip(), case_id=case_id)
        pdf = shelf.kept[letter_key(city.slug, issued.id)]
        assert list(shelf.kept) == [f"{city.slug}/letters/{issued.id}.pdf"]
        assert issued.sha256 == hashlib.sha256(pdf).digest()
        assert (issued.number, issued.year) == (1, tx.now.year)
        found = await letter_by_code(tx, issued.code)
        assert found is not None
        assert found.size == len(pdf)
        assert found.case_number == "2026.000123-4"
        assert found == await letter_by_id(tx, issued.id)
        assert found == await letter_by_sha256(tx, issued.sha256)
        assert found == await letter_by_sha256(tx, found.content_sha256)
        assert [found] == await case_letters(tx, case_id)
        row = await tx.fetchrow("SELECT data, template_version, created_by FROM letter")
        assert row["template_version"] == template_version()
        assert row["created_by"].startswith("staff:")
        assert hashlib.sha256(row["data"].encode()).digest() == found.content_sha256
    text = text_of(pdf)
    assert grouped(issued.code) in text
    assert f"nº1/{issued.year}" in text
    assert found.content_sha256.hex() in text


async def test_stored_facts_hold_no_secret(city: City) -> None:
    async with city.scope() as tx:
        with pytest.raises(ValueError, match="access code"):
            await issue(tx, Shelf(), "cip", cip(access_code="J4T9-22KQ"))
        await issue(tx, Shelf(), "cip", cip())
        data = json.loads(await tx.fetchval("SELECT data FROM letter"))
        assert "access_code" not in data
        assert data["consumer_cpf"] == "***.982.247-**"


async def test_same_id_twice_is_one_letter(city: City) -> None:
    shelf, letter_id = Shelf(), uuid4()
    async with city.scope() as tx:
        first = await issue(tx, shelf, "cip", cip(), letter_id=letter_id)
    async with city.scope() as tx:
        assert await issue(tx, shelf, "cip", cip(), letter_id=letter_id) == first
        assert await tx.fetchval("SELECT count(*) FROM letter") == 1


async def test_numbers_have_no_gap_after_a_failure_and_start_again_each_year(
    city: City, other: City, clock: MovingClock
) -> None:
    shelf = Shelf()
    with pytest.raises(OSError, match="store down"):
        async with city.scope() as tx:
            await issue(tx, Shelf(fails=True), "cip", cip())
    numbers = []
    for place, days in ((city, 0), (city, 0), (other, 0), (city, 400)):
        clock.forward(days=days)
        async with place.scope() as tx:
            issued = await issue(tx, shelf, "cip", cip())
            numbers.append((place.slug, issued.number))
    assert numbers == [(city.slug, 1), (city.slug, 2), (other.slug, 1), (city.slug, 1)]


async def test_two_at_once_get_two_numbers(city: City) -> None:
    async def one() -> int | None:
        async with city.scope() as tx:
            return (await issue(tx, Shelf(), "cip", cip())).number

    assert sorted(await asyncio.gather(one(), one(), one())) == [1, 2, 3]  # type: ignore[type-var]


async def test_receipts_have_a_code_and_no_number(city: City) -> None:
    shelf = Shelf()
    async with city.scope() as tx:
        issued = await issue(tx, shelf, "filing_receipt", filing_receipt())
    assert (issued.number, issued.year) == (None, None)
    assert canonical(issued.code) == f'"{issued.code}"'.encode()
    assert len(issued.code) == 12


async def test_another_citys_letter_is_not_there(city: City, other: City) -> None:
    async with city.scope() as tx:
        issued = await issue(tx, Shelf(), "cip", cip())
    async with other.scope() as tx:
        assert await letter_by_code(tx, issued.code) is None
        assert await letter_by_id(tx, issued.id) is None
        assert await letter_by_sha256(tx, issued.sha256) is None


@pytest.mark.parametrize("sql", ["UPDATE letter SET code = code", "DELETE FROM letter"])
async def test_the_register_cannot_be_changed(city: City, sql: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with city.scope() as tx:
            await tx.execute(sql)


async def test_letterhead_comes_from_the_manifest(city: City) -> None:
    shelf = Shelf()
    tenant = city.tenant
    brand = brand_of(
        tenant, check_url=f"http://{city.host}/verificar", colour="#123456", logo_svg=b""
    )
    async with city.scope() as tx:
        issued = await issue(tx, shelf, "filing_receipt", filing_receipt(), brand=brand)
    pdf = shelf.kept[letter_key(city.slug, issued.id)]
    assert "".join(tenant.name.split()) in text_of(pdf)
    with opened(pdf) as document:
        assert str(document.docinfo.Author) == tenant.name


async def test_same_id_twice_at_once_keeps_the_bytes_that_are_registered(city: City) -> None:
    shelf, letter_id = Shelf(), uuid4()

    async def one() -> IssuedLetter:
        async with city.scope() as tx:
            return await issue(tx, shelf, "cip", cip(), letter_id=letter_id)

    first, second = await asyncio.gather(one(), one())
    assert first == second
    pdf = shelf.kept[letter_key(city.slug, letter_id)]
    assert hashlib.sha256(pdf).digest() == first.sha256
