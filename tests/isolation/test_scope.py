"""What one city has, no other city and nobody outside a scope can reach."""

from __future__ import annotations

import asyncio
import random

import asyncpg
import pytest

from procon.cases.tables import CaseFile
from procon.slices import tenant_apps
from procon.tenancy.keys import schema_name
from procon.tenancy.manifest import Tenant
from procon.tenancy.piccolo_app import APP_CONFIG
from procon.tenancy.scope import Database, OutsideScope, raw_scope, tenant_scope
from procon.tenancy.tables import CONTROL
from support.cities import City, filed

TABLES = [table._meta.tablename for app in tenant_apps() for table in app.table_classes]


async def test_every_table_fails_outside_a_scope(cities: tuple[City, City], db: Database) -> None:
    for city in cities:
        await filed(city)
    for name in TABLES:
        with pytest.raises(asyncpg.UndefinedTableError):
            async with raw_scope(db) as connection:
                await connection.fetch(f"SELECT 1 FROM {name}")


async def test_piccolo_refuses_to_query_outside_a_scope() -> None:
    with pytest.raises(OutsideScope):
        await CaseFile.select()


@pytest.mark.parametrize("name", TABLES)
async def test_the_other_schema_is_refused_by_name(cities: tuple[City, City], name: str) -> None:
    city, other = cities
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with city.scope() as tx:
            await tx.fetch(f'SELECT 1 FROM "{schema_name(other.slug)}"."{name}"')


async def test_the_login_role_itself_reads_no_tenant(db: Database, city: City) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with raw_scope(db) as connection:
            await connection.fetch(f'SELECT 1 FROM "{schema_name(city.slug)}".case_file')


async def test_200_interleaved_requests_on_two_connections_never_mix(
    cities: tuple[City, City], settings: object
) -> None:
    small = await Database(settings.database_url, size=2).open()  # type: ignore[attr-defined]
    for city in cities:
        await filed(city, narrative=f"canário de {city.slug}")

    async def narratives(city: City) -> tuple[str, list[str]]:
        async with tenant_scope(small, city.tenant) as tx:
            await asyncio.sleep(random.random() / 500)
            rows = await tx.fetch("SELECT narrative FROM case_file")
            via_piccolo = await CaseFile.select(CaseFile.narrative)
        return city.slug, [row[0] for row in rows] + [row["narrative"] for row in via_piccolo]

    order = [cities[n % 2] for n in range(200)]
    random.shuffle(order)
    results = await asyncio.gather(*(narratives(city) for city in order))
    await small.close()
    assert [found for _, found in results] == [[f"canário de {slug}"] * 2 for slug, _ in results]


async def test_the_log_cannot_be_changed_or_deleted_even_inside_the_scope(city: City) -> None:
    await filed(city)
    for act in ("UPDATE case_log SET payload = ''", "DELETE FROM case_log", "TRUNCATE case_log"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with city.scope() as tx:
                await tx.execute(act)


async def test_a_tenant_role_cannot_create_anything(city: City) -> None:
    for act in (
        "CREATE TABLE trap (x int)",
        "CREATE FUNCTION lower(text) RETURNS text LANGUAGE sql AS 'SELECT $1'",
        "CREATE TABLE public.trap (x int)",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with city.scope() as tx:
                await tx.execute(act)


def test_every_table_is_either_control_or_tenant() -> None:
    assert {table._meta.schema for table in APP_CONFIG.table_classes} == {CONTROL}
    schemas = {table._meta.schema for app in tenant_apps() for table in app.table_classes}
    assert schemas == {None}


async def test_tables_match_the_database(city: City, tenants: tuple[Tenant, ...]) -> None:
    async with city.scope() as tx:
        rows = await tx.fetch(
            "SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = $1 AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped"
            # Piccolo has no tsvector: such a column is known to SQL alone.
            " AND c.relname <> 'migration' AND a.atttypid <> 'tsvector'::regtype",
            schema_name(city.slug),
        )
    stored: dict[str, set[str]] = {}
    for table, column in rows:
        stored.setdefault(table, set()).add(column)
    declared = {
        table._meta.tablename: {column._meta.db_column_name for column in table._meta.columns}
        for app in tenant_apps()
        for table in app.table_classes
    }
    assert declared == stored
