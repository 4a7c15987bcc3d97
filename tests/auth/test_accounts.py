"""Accounts: one per issuer and subject, in one city's schema."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from auth.auth_support import raises_code
from procon.auth.accounts.commands import (
    Account,
    email_identity,
    kind_of,
    roles_of,
    sign_in,
)
from procon.auth.actor import Actor
from procon.auth.oidc import Identity
from procon.kernel.errors import Forbidden
from procon.tenancy.scope import Tx
from support.cities import City

MARIA = Identity(
    iss="https://sso.test/",
    sub="52998224725",
    name="Maria",
    cpf="52998224725",
    email="maria@exemplo.test",
    email_verified=True,
    level="silver",
)


class _Undone(Exception):
    """Leaves the scope without a trace."""


@pytest.fixture
async def tx(city: City) -> AsyncIterator[Tx]:
    with pytest.raises(_Undone):
        async with city.scope() as opened:
            yield opened
            raise _Undone


async def rows(tx: Tx) -> list[tuple[Any, ...]]:
    found = await tx.fetch("SELECT iss, sub, kind FROM account ORDER BY iss, sub")
    return [tuple(one) for one in found]


async def test_the_first_login_makes_an_account_and_the_next_refreshes_it(tx: Tx) -> None:
    first = await sign_in(tx, identity=MARIA, kind="citizen")
    newer = msgspec.structs.replace(MARIA, name="Maria Silva", level="gold", email="m@novo.test")
    second = await sign_in(tx, identity=newer, kind="citizen")
    assert second == Account(
        id=first.id,
        kind="citizen",
        name="Maria Silva",
        cpf="52998224725",
        cnpj=None,
        email="m@novo.test",
        level="gold",
        roles=(),
        last_login_at=tx.now,
        disabled_at=None,
    )
    assert await rows(tx) == [("https://sso.test/", "52998224725", "citizen")]


async def test_the_same_email_or_subject_at_another_provider_is_somebody_else(tx: Tx) -> None:
    one = await sign_in(tx, identity=MARIA, kind="citizen")
    forged = msgspec.structs.replace(MARIA, iss="https://evil.test/")
    two = await sign_in(tx, identity=forged, kind="citizen")
    three = await sign_in(tx, identity=email_identity("maria@exemplo.test"), kind="citizen")
    assert len({one.id, two.id, three.id}) == 3
    assert three.cpf is None


async def test_a_company_s_certificate_is_another_account_of_the_same_person(tx: Tx) -> None:
    company = msgspec.structs.replace(MARIA, cnpj="11222333000181")
    person = await sign_in(tx, identity=MARIA, kind=kind_of(MARIA))
    supplier = await sign_in(tx, identity=company, kind=kind_of(company))
    assert (person.kind, supplier.kind) == ("citizen", "supplier")
    assert person.id != supplier.id
    assert supplier.actor() == Actor(
        kind="supplier",
        name="Maria",
        account_id=supplier.id,
        cpf="52998224725",
        email="maria@exemplo.test",
        roles=frozenset({"supplier"}),
        level="silver",
        cnpjs=frozenset({"11222333000181"}),
    )


async def test_staff_roles_are_those_of_the_newest_login(tx: Tx) -> None:
    rui = Identity(
        iss="https://city.test",
        sub="rui",
        name="Rui",
        cpf=None,
        email="",
        email_verified=False,
        groups=("g1",),
    )
    before = await sign_in(
        tx, identity=rui, kind="staff", roles=frozenset({"analyst", "authority"})
    )
    after = await sign_in(tx, identity=rui, kind="staff", roles=frozenset({"attendant"}))
    assert before.actor().roles == {"analyst", "authority"}
    assert after.actor().roles == {"attendant"}
    assert before.id == after.id


async def test_a_disabled_account_does_not_come_in(tx: Tx) -> None:
    account = await sign_in(tx, identity=MARIA, kind="citizen")
    await tx.execute("UPDATE account SET disabled_at = $2 WHERE id = $1", account.id, tx.now)
    with raises_code(Forbidden, "login-disabled"):
        await sign_in(tx, identity=MARIA, kind="citizen")


async def test_a_city_does_not_see_another_s_accounts(city: City, other: City) -> None:
    async with city.scope() as tx:
        await sign_in(tx, identity=MARIA, kind="citizen")
    async with other.scope() as tx:
        assert await rows(tx) == []
    async with city.scope() as tx:
        assert await rows(tx) == [("https://sso.test/", "52998224725", "citizen")]


def test_groups_become_roles_through_the_city_s_map() -> None:
    role_map = {"a": "analyst", "b": "authority", "c": "root"}
    assert roles_of(("a", "b", "x"), role_map) == {"analyst", "authority"}
    for groups in ((), ("x",), ("c",), ("analyst",)):
        with raises_code(Forbidden, "login-no-role"):
            roles_of(groups, role_map)
