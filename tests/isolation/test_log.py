"""Whoever changes the log behind the application's back is found, and where."""

from __future__ import annotations

from uuid import UUID

import pytest

from procon.cases.commands import issue_cip, write_note
from procon.cases.log import Verdict, verify_log
from procon.tenancy.keys import schema_name
from procon.tenancy.scope import Database, raw_scope
from support.cities import City, filed, staff


async def four_acts(city: City) -> UUID:
    """A case with four entries in its log."""
    case = await filed(city)
    bia = staff("analyst")
    async with city.scope() as tx:
        await write_note(tx, actor=bia, case_id=case.id, text="Liguei para a loja.")
        await issue_cip(tx, actor=bia, case_id=case.id)
        await write_note(tx, actor=bia, case_id=case.id, text="Carta enviada.")
    return case.id


async def verdict(city: City, case_id: UUID) -> Verdict:
    """What checking the log says."""
    async with city.scope() as tx:
        return await verify_log(tx, case_id)


async def tamper(owner: Database, city: City, *statements: str) -> None:
    """As the owner of the tables, who alone can."""
    opening = f'BEGIN; SET LOCAL search_path TO "{schema_name(city.slug)}"'
    async with raw_scope(owner, opening) as connection:
        for statement in statements:
            await connection.execute(statement)


async def test_an_untouched_log_holds(city: City) -> None:
    assert await verdict(city, await four_acts(city)) == Verdict(entries=4, broken_at=0)


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        (
            ["UPDATE case_log SET payload = replace(payload, 'loja', 'Loja') WHERE seq = 2"],
            Verdict(entries=4, broken_at=2),
        ),
        (
            ["UPDATE case_log SET payload = payload || ' ' WHERE seq = 4"],
            Verdict(entries=4, broken_at=4),
        ),
        (
            ["UPDATE case_log SET hash = sha256(hash) WHERE seq = 1"],
            Verdict(entries=4, broken_at=1),
        ),
        (["DELETE FROM case_log WHERE seq = 1"], Verdict(entries=3, broken_at=1)),
        (["DELETE FROM case_log WHERE seq = 2"], Verdict(entries=3, broken_at=2)),
        (["DELETE FROM case_log WHERE seq = 4"], Verdict(entries=3, broken_at=4)),
        (["DELETE FROM case_log"], Verdict(entries=0, broken_at=1)),
        (
            [
                "DELETE FROM case_log WHERE seq = 2",
                "UPDATE case_log SET seq = seq - 1 WHERE seq > 2",
            ],
            Verdict(entries=3, broken_at=2),
        ),
        (
            [
                "UPDATE case_log SET seq = 20 WHERE seq = 2",
                "UPDATE case_log SET seq = 2 WHERE seq = 3",
                "UPDATE case_log SET seq = 3 WHERE seq = 20",
            ],
            Verdict(entries=4, broken_at=2),
        ),
        (
            [
                "INSERT INTO case_log SELECT gen_random_uuid(), case_id, 5, payload, hash"
                " FROM case_log WHERE seq = 4"
            ],
            Verdict(entries=5, broken_at=5),
        ),
        (
            [
                "UPDATE case_log SET payload = replace(payload, 'loja', 'Loja') WHERE seq = 2",
                "UPDATE case_log SET hash = sha256((SELECT hash FROM case_log WHERE seq = 1)"
                " || convert_to(payload, 'UTF8')) WHERE seq = 2",
            ],
            Verdict(entries=4, broken_at=3),
        ),
    ],
    ids=[
        "words",
        "space",
        "hash",
        "first-gone",
        "one-gone",
        "the newest deleted",
        "everything deleted",
        "closed-up",
        "swapped",
        "repeated",
        "rehashed",
    ],
)
async def test_tampering_is_found_at_its_place(
    city: City, owner: Database, statements: list[str], found: Verdict
) -> None:
    case_id = await four_acts(city)
    await tamper(owner, city, *statements)
    assert await verdict(city, case_id) == found


async def test_one_cases_log_says_nothing_of_anothers(city: City, owner: Database) -> None:
    first, second = await four_acts(city), await four_acts(city)
    await tamper(owner, city, f"UPDATE case_log SET payload = '{{}}' WHERE case_id = '{first}'")
    assert await verdict(city, first) == Verdict(entries=4, broken_at=1)
    assert await verdict(city, second) == Verdict(entries=4, broken_at=0)
