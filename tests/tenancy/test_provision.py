"""Provisioning says what it will do, does it once, and takes nothing from another city."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from procon.slices import tenant_apps
from procon.tenancy import migrate
from procon.tenancy.directory import Directory
from procon.tenancy.keys import schema_name
from procon.tenancy.manifest import ManifestError, Tenant
from procon.tenancy.migrate import head_of
from procon.tenancy.provision import Change, apply, plan
from procon.tenancy.scope import Database, raw_scope
from support.cities import City, filed

NEW = "recife"


def renamed(tenant: Tenant, **changes: Any) -> Tenant:
    """The tenant with some of its manifest changed."""
    return msgspec.structs.replace(tenant, **changes)


@pytest.fixture
async def third(tenants: tuple[Tenant, ...], owner: Database) -> AsyncIterator[Tenant]:
    """A third city that is not provisioned yet, and is taken away afterwards."""
    yield renamed(tenants[0], slug=NEW, name="Procon Recife", hosts=("recife.localhost",))
    async with raw_scope(owner) as connection:
        await connection.execute("DELETE FROM control.host WHERE slug = $1", NEW)
        await connection.execute("DELETE FROM control.tenant WHERE slug = $1", NEW)
        await connection.execute(f'DROP SCHEMA IF EXISTS "{schema_name(NEW)}" CASCADE')
        await connection.execute("UPDATE control.directory SET version = version + 1")


@pytest.fixture
async def kept(tenants: tuple[Tenant, ...], owner: Database) -> AsyncIterator[Tenant]:
    """A provisioned city whose manifest the test may change; put back afterwards."""
    yield tenants[0]
    await apply(owner, tenants[0], tenant_apps(), app_role="procon_app")


async def everything(owner: Database, slug: str) -> list[Any]:
    """What the database has of this city: directory, tables, rights."""
    async with raw_scope(owner) as connection:
        return [
            await connection.fetch(
                "SELECT slug, status, manifest, migration_head, migration_error, created_at"
                " FROM control.tenant WHERE slug = $1",
                slug,
            ),
            await connection.fetch("SELECT host, slug FROM control.host ORDER BY host"),
            await connection.fetch(
                "SELECT c.relname, c.relkind::text, c.relacl::text, r.rolname FROM pg_class c"
                " JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_roles r ON r.oid ="
                " c.relowner WHERE n.nspname = $1 ORDER BY 1",
                schema_name(slug),
            ),
        ]


async def test_a_new_city_is_planned_provisioned_and_serves(
    third: Tenant, owner: Database, db: Database
) -> None:
    assert await plan(owner, third, tenant_apps()) == [
        Change(NEW, "criar o papel e o esquema t_recife"),
        Change(NEW, "atender em recife.localhost"),
        Change(NEW, f"migrar até {head_of(tenant_apps())}"),
    ]
    outcome = await apply(owner, third, tenant_apps(), app_role="procon_app")
    assert outcome.error == ""
    assert await plan(owner, third, tenant_apps()) == []
    directory = Directory()
    await directory.refresh(db)
    entry = directory.find("recife.localhost")
    assert entry is not None
    assert entry.tenant == third
    assert (await filed(City(db, third))).new is True


async def test_provisioning_again_changes_nothing(city: City, owner: Database) -> None:
    await filed(city)
    before = await everything(owner, city.slug)
    assert len(before[2]) > 10
    outcome = await apply(owner, city.tenant, tenant_apps(), app_role="procon_app")
    assert (outcome.ran, outcome.error) == ((), "")
    assert await everything(owner, city.slug) == before
    async with city.scope() as tx:
        assert await tx.fetchval("SELECT count(*) FROM case_file") == 1


async def test_plan_shows_what_differs(kept: Tenant, owner: Database) -> None:
    changed = renamed(kept, hosts=("procon.recife.localhost",))
    expected = [
        Change(kept.slug, "atualizar o manifesto"),
        Change(kept.slug, "atender em procon.recife.localhost"),
        Change(kept.slug, f"deixar {kept.host}"),
    ]
    assert await plan(owner, changed, tenant_apps()) == expected
    await apply(owner, changed, tenant_apps(), app_role="procon_app")
    assert await plan(owner, changed, tenant_apps()) == []


async def test_another_citys_host_is_refused_and_nothing_is_made(
    third: Tenant, tenants: tuple[Tenant, ...], owner: Database
) -> None:
    thief = renamed(third, hosts=("recife.localhost", tenants[1].host))
    before = await everything(owner, tenants[1].slug)
    with pytest.raises(ManifestError) as caught:
        await apply(owner, thief, tenant_apps(), app_role="procon_app")
    assert str(caught.value) == f"{tenants[1].host} já pertence a {tenants[1].slug}"
    assert await everything(owner, tenants[1].slug) == before
    async with raw_scope(owner) as connection:
        assert await connection.fetchval("SELECT to_regnamespace('t_recife')") is None
        slugs = await connection.fetch("SELECT slug FROM control.tenant ORDER BY slug")
    assert [row[0] for row in slugs] == [tenant.slug for tenant in tenants]


async def test_a_city_whose_tables_are_missing_is_not_served(
    third: Tenant, owner: Database, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise OSError("disk")

    monkeypatch.setattr(migrate, "run_pending", fail)
    outcome = await apply(owner, third, tenant_apps(), app_role="procon_app")
    assert outcome.error == "OSError: disk"
    directory = Directory()
    await directory.refresh(db)
    assert directory.find("recife.localhost") is None
    monkeypatch.undo()
    await apply(owner, third, tenant_apps(), app_role="procon_app")
    await directory.refresh(db)
    assert directory.find("recife.localhost") is not None


async def test_a_manifest_from_a_newer_version_does_not_stop_the_others(
    third: Tenant, tenants: tuple[Tenant, ...], owner: Database, db: Database
) -> None:
    await apply(owner, third, tenant_apps(), app_role="procon_app")
    directory, fresh = Directory(), Directory()
    await directory.refresh(db)
    async with raw_scope(owner) as connection:
        await connection.execute(
            "UPDATE control.tenant SET manifest = $2 WHERE slug = $1", NEW, '{"colour": "blue"}'
        )
        await connection.execute("UPDATE control.directory SET version = version + 1")
    assert await directory.refresh(db) is True
    assert [t.slug for t in directory.active()] == sorted([*(t.slug for t in tenants), NEW])
    await fresh.refresh(db)
    assert [t.slug for t in fresh.active()] == [t.slug for t in tenants]
