"""Each city has its own migration history; one that fails is reported and holds nobody up."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from piccolo.conf.apps import AppConfig

from procon.slices import tenant_apps
from procon.tenancy import migrate
from procon.tenancy.keys import schema_name
from procon.tenancy.manifest import Tenant
from procon.tenancy.migrate import AppsOf, Outcome, head_of, migrate_all, migrate_tenant
from procon.tenancy.provision import Standing, apply, plan, standings
from procon.tenancy.scope import Database, raw_scope
from support.cities import City, filed

TABLES = """
from piccolo.columns import Integer
from piccolo.table import Table

class Probe(Table, tablename="probe"):
    id = Integer(primary_key=True)
"""
MIGRATION = """
from procon.tenancy.ddl import sql_migration
ID = "{id}"
SQL = {sql!r}
async def forwards():
    return sql_migration("probe", ID, "probe", SQL)
"""


def everywhere(apps: Sequence[AppConfig]) -> AppsOf:
    """The same tables in each city."""
    return lambda _: apps


@pytest.fixture
async def extra(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    cities: tuple[City, City],
    owner: Database,
    tenants: tuple[Tenant, ...],
) -> AsyncIterator[Extra]:
    """A slice that only these tests have; both cities are put back afterwards."""
    monkeypatch.syspath_prepend(str(tmp_path))
    yield Extra(tmp_path)
    async with raw_scope(owner) as connection:
        for tenant in tenants:
            name = schema_name(tenant.slug)
            await connection.execute(f'DROP TABLE IF EXISTS "{name}".probe')
            await connection.execute(f"DELETE FROM \"{name}\".migration WHERE app_name = 'probe'")
    for tenant in tenants:
        assert (await migrate_tenant(owner, tenant.slug, tenant_apps())).error == ""
    for name in [n for n in sys.modules if n.split(".")[0].startswith("probe_")]:
        del sys.modules[name]


class Extra:
    """Writes versions of the extra slice, each a package of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def apps(self, *statements: str) -> tuple[AppConfig, ...]:
        """The product's slices and the extra one with a migration for each statement."""
        name = f"probe_{len(list(self._folder.iterdir()))}"
        package = self._folder / name
        (package / "piccolo_migrations").mkdir(parents=True)
        (package / "__init__.py").write_text("")
        (package / "piccolo_migrations" / "__init__.py").write_text("")
        (package / "tables.py").write_text(TABLES)
        for number, sql in enumerate(statements, start=1):
            file = package / "piccolo_migrations" / f"m{number}.py"
            file.write_text(MIGRATION.format(id=f"2026-12-0{number}", sql=sql))
        module = __import__(f"{name}.tables", fromlist=["Probe"])
        app = AppConfig(
            app_name="probe",
            migrations_folder_path=package / "piccolo_migrations",
            table_classes=[module.Probe],
        )
        return (*tenant_apps(), app)


CREATE = "CREATE TABLE probe (id int NOT NULL, CONSTRAINT probe_pk PRIMARY KEY (id))"
WIDEN = "ALTER TABLE probe ADD COLUMN note text NOT NULL DEFAULT ''"


async def columns(owner: Database, city: City) -> list[str]:
    """Columns of the extra table in this city."""
    async with raw_scope(owner) as connection:
        rows = await connection.fetch(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_schema = $1 AND table_name = 'probe' ORDER BY ordinal_position",
            schema_name(city.slug),
        )
    return [row[0] for row in rows]


async def heads(owner: Database, apps: Sequence[AppConfig]) -> dict[str, tuple[bool, str]]:
    """Slug → (at the head of `apps`, last error)."""
    return {
        s.slug: (s.current, s.migration_error) for s in await standings(owner, everywhere(apps))
    }


async def test_two_cities_at_different_heads_both_work(
    cities: tuple[City, City], owner: Database, extra: Extra
) -> None:
    city, other = cities
    old, new = extra.apps(CREATE), extra.apps(CREATE, WIDEN)
    assert (await migrate_tenant(owner, city.slug, new)).ran == (
        "probe/2026-12-01",
        "probe/2026-12-02",
    )
    assert (await migrate_tenant(owner, other.slug, old)).ran == ("probe/2026-12-01",)
    assert (await columns(owner, city), await columns(owner, other)) == (["id", "note"], ["id"])
    for each in cities:
        # The same statement, prepared on the same connections, over two shapes of one table.
        for _ in range(3):
            async with each.scope() as tx:
                await tx.execute("INSERT INTO probe (id) VALUES ((SELECT count(*) FROM probe))")
                found = await tx.fetch("SELECT * FROM probe")
        assert [len(row) for row in found] == [len(await columns(owner, each))] * 3
        assert (await filed(each)).new is True
    assert await heads(owner, new) == {city.slug: (True, ""), other.slug: (False, "")}


async def test_a_failing_migration_is_reported_and_stops_nobody_else(
    cities: tuple[City, City], owner: Database, extra: Extra
) -> None:
    city, other = cities
    old = extra.apps(CREATE)
    await migrate_all(owner, everywhere(old))
    async with city.scope() as tx:
        await tx.execute("INSERT INTO probe (id) VALUES (1)")
    new = extra.apps(CREATE, WIDEN + "; ALTER TABLE probe ADD CHECK (id > 5)")
    found = await migrate_all(owner, everywhere(new))
    says = 'CheckViolationError: check constraint "probe_id_check" of relation "probe" is violated'
    assert [(o.slug, o.error.startswith(says)) for o in found] == [
        (city.slug, True),
        (other.slug, False),
    ]
    assert found[1] == Outcome(slug=other.slug, head=head_of(new), ran=("probe/2026-12-02",))
    assert (await columns(owner, city), await columns(owner, other)) == (["id"], ["id", "note"])
    assert await heads(owner, new) == {city.slug: (False, found[0].error), other.slug: (True, "")}
    assert (await filed(city)).new is True


async def test_after_the_cause_is_gone_it_runs_and_the_error_with_it(
    cities: tuple[City, City], owner: Database, extra: Extra
) -> None:
    city = cities[0]
    await migrate_all(owner, everywhere(extra.apps(CREATE)))
    async with city.scope() as tx:
        await tx.execute("INSERT INTO probe (id) VALUES (1)")
    new = extra.apps(CREATE, "ALTER TABLE probe ADD CHECK (id > 5)")
    assert [bool(o.error) for o in await migrate_all(owner, everywhere(new))] == [True, False]
    async with city.scope() as tx:
        await tx.execute("UPDATE probe SET id = 6")
    assert await migrate_all(owner, everywhere(new)) == [
        Outcome(slug=city.slug, head=head_of(new), ran=("probe/2026-12-02",))
    ]
    assert (await heads(owner, new))[city.slug] == (True, "")


async def test_with_nothing_to_do_migrating_all_is_one_query(
    tenants: tuple[Tenant, ...], owner: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    class Counting:
        def __init__(self, connection: Any) -> None:
            self._connection = connection

        async def fetch(self, sql: str, *args: Any) -> Any:
            asked.append(sql)
            return await self._connection.fetch(sql, *args)

    original = raw_scope

    def counted(db: Database, opening: str = "BEGIN") -> Any:
        return _Wrapped(original(db, opening), Counting)

    monkeypatch.setattr(migrate, "raw_scope", counted)
    assert await migrate_all(owner, everywhere(tenant_apps())) == []
    assert len(asked) == 1


class _Wrapped:
    """A scope whose connection can do nothing but the counted `fetch`."""

    def __init__(self, scope: Any, wrap: Any) -> None:
        self._scope, self._wrap = scope, wrap

    async def __aenter__(self) -> Any:
        return self._wrap(await self._scope.__aenter__())

    async def __aexit__(self, *error: Any) -> Any:
        return await self._scope.__aexit__(*error)


async def test_two_operators_at_once_migrate_once(
    cities: tuple[City, City], owner: Database, extra: Extra
) -> None:
    new = extra.apps(CREATE)
    slug = cities[0].slug
    found = await asyncio.gather(*(migrate_tenant(owner, slug, new) for _ in range(2)))
    assert sorted(outcome.ran for outcome in found) == [(), ("probe/2026-12-01",)]
    assert [outcome.error for outcome in found] == ["", ""]


async def test_plan_shows_the_migration_and_apply_makes_it_empty(
    tenants: tuple[Tenant, ...], owner: Database, extra: Extra
) -> None:
    new = extra.apps(CREATE)
    tenant = tenants[0]
    assert [c.text for c in await plan(owner, tenant, new)] == [f"migrar até {head_of(new)}"]
    await apply(owner, tenant, new, app_role="procon_app")
    assert await plan(owner, tenant, new) == []
    found = [s for s in await standings(owner, everywhere(new)) if s.slug == tenant.slug]
    assert found == [
        Standing(
            slug=tenant.slug,
            status="active",
            migration_head=head_of(new),
            current=True,
            migration_error="",
            hosts=tenant.hosts,
        )
    ]
