"""Provisioning: manifest → role, schema, migrations, directory. Idempotent; nothing is dropped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from piccolo.conf.apps import AppConfig

from procon.tenancy.keys import schema_name
from procon.tenancy.manifest import ManifestError, Tenant
from procon.tenancy.migrate import AppsOf, Outcome, head_of, migrate_tenant, run_pending
from procon.tenancy.piccolo_app import APP_CONFIG as CONTROL_APP
from procon.tenancy.scope import Database, raw_scope


class Change(Struct, frozen=True):
    """One thing that `apply` would do, in words for the operator."""

    slug: str
    text: str


class Standing(Struct, frozen=True):
    """A provisioned tenant as `procon tenant status` shows it."""

    slug: str
    status: str
    migration_head: str
    current: bool
    migration_error: str
    hosts: tuple[str, ...]


async def prepare_control(owner: Database, app_role: str) -> None:
    """Create and migrate the `control` schema, readable by the application's login role."""
    async with raw_scope(
        owner, "BEGIN; SET LOCAL search_path TO control, extensions, pg_catalog"
    ) as connection:
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext('control'))")
        await connection.execute("CREATE SCHEMA IF NOT EXISTS control")
        await run_pending([CONTROL_APP])
        await connection.execute(f'GRANT USAGE ON SCHEMA control TO "{app_role}"')
        await connection.execute(
            f'GRANT SELECT ON control.tenant, control.host, control.directory TO "{app_role}"'
        )


async def plan(owner: Database, tenant: Tenant, apps: Sequence[AppConfig]) -> list[Change]:
    """What `apply` would change now; empty when the tenant stands as its manifest says."""
    async with raw_scope(owner) as connection:
        row = await connection.fetchrow(
            "SELECT manifest, migration_head FROM control.tenant WHERE slug = $1", tenant.slug
        )
        hosts = await _hosts(connection, tenant.slug)
    if row is None:
        return [
            Change(tenant.slug, f"criar o papel e o esquema {schema_name(tenant.slug)}"),
            Change(tenant.slug, f"atender em {', '.join(tenant.hosts)}"),
            Change(tenant.slug, f"migrar até {head_of(apps)}"),
        ]
    changes = []
    if row["manifest"] != _encoded(tenant):
        changes.append(Change(tenant.slug, "atualizar o manifesto"))
    changes += [
        Change(tenant.slug, f"atender em {host}") for host in tenant.hosts if host not in hosts
    ]
    changes += [Change(tenant.slug, f"deixar {host}") for host in hosts if host not in tenant.hosts]
    if row["migration_head"] != head_of(apps):
        changes.append(Change(tenant.slug, f"migrar até {head_of(apps)}"))
    return changes


async def apply(
    owner: Database, tenant: Tenant, apps: Sequence[AppConfig], *, app_role: str
) -> Outcome:
    """Provision or update one tenant. Safe to repeat.

    Raises:
        ManifestError: another tenant already answers on one of its hosts.
    """
    name = schema_name(tenant.slug)
    async with raw_scope(owner) as connection:
        await _refuse_taken(connection, tenant)
    async with raw_scope(owner) as connection:
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext($1))", name)
        if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", name):
            # LOGIN without a password: Citus opens worker connections as this role.
            await connection.execute(f'CREATE ROLE "{name}" LOGIN NOINHERIT')
        await connection.execute(f'GRANT "{name}" TO "{app_role}"')
        # Plain PostgreSQL takes this as a placeholder; on Citus the schema becomes a shard.
        await connection.execute("SET LOCAL citus.enable_schema_based_sharding TO on")
        await connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{name}"')
    # A city that works already gets a plugin's tables before the web may look for them.
    if await _is_known(owner, tenant.slug):
        outcome = await migrate_tenant(owner, tenant.slug, apps)
        if outcome.error:
            return outcome
        await _write_directory(owner, tenant)
    else:
        await _write_directory(owner, tenant)
        outcome = await migrate_tenant(owner, tenant.slug, apps)
    # The directory shows a city once it has tables.
    async with raw_scope(owner) as connection:
        await _bump(connection)
    return outcome


async def set_status(owner: Database, slug: str, status: str) -> bool:
    """Suspend or resume; False when there is no such tenant. Data stays as it is."""
    async with raw_scope(owner) as connection:
        tag = await connection.execute(
            "UPDATE control.tenant SET status = $2, changed_at = now() WHERE slug = $1",
            slug,
            status,
        )
        await _bump(connection)
    return bool(tag == "UPDATE 1")


async def standings(owner: Database, apps_of: AppsOf) -> list[Standing]:
    """Every provisioned tenant, by slug."""
    async with raw_scope(owner) as connection:
        rows = await connection.fetch(
            "SELECT t.slug, t.status, t.migration_head, t.migration_error, t.manifest,"
            " array_agg(h.host ORDER BY h.host) AS hosts"
            " FROM control.tenant t JOIN control.host h USING (slug)"
            " GROUP BY t.slug ORDER BY t.slug"
        )
    return [
        Standing(
            slug=row["slug"],
            status=row["status"],
            migration_head=row["migration_head"],
            current=row["migration_head"]
            == head_of(apps_of(msgspec.json.decode(row["manifest"], type=Tenant))),
            migration_error=row["migration_error"],
            hosts=tuple(row["hosts"]),
        )
        for row in rows
    ]


async def _is_known(owner: Database, slug: str) -> bool:
    async with raw_scope(owner) as connection:
        return bool(
            await connection.fetchval("SELECT TRUE FROM control.tenant WHERE slug = $1", slug)
        )


async def _write_directory(owner: Database, tenant: Tenant) -> None:
    async with raw_scope(owner) as connection:
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext('control.host'))")
        await _refuse_taken(connection, tenant)
        await connection.execute(
            "INSERT INTO control.tenant (slug, status, manifest) VALUES ($1, $2, $3)"
            " ON CONFLICT (slug) DO UPDATE SET manifest = excluded.manifest,"
            " changed_at = excluded.changed_at",
            tenant.slug,
            tenant.status,
            _encoded(tenant),
        )
        await connection.execute(
            "DELETE FROM control.host WHERE slug = $1 AND NOT (host = ANY($2))",
            tenant.slug,
            list(tenant.hosts),
        )
        await connection.executemany(
            "INSERT INTO control.host (host, slug) VALUES ($1, $2) ON CONFLICT (host) DO NOTHING",
            [(host, tenant.slug) for host in tenant.hosts],
        )
        await _bump(connection)


async def _refuse_taken(connection: Any, tenant: Tenant) -> None:
    taken = await connection.fetchrow(
        "SELECT host, slug FROM control.host WHERE host = ANY($1) AND slug <> $2"
        " ORDER BY host LIMIT 1",
        list(tenant.hosts),
        tenant.slug,
    )
    if taken is not None:
        raise ManifestError(f"{taken['host']} já pertence a {taken['slug']}")


async def _bump(connection: Any) -> None:
    await connection.execute("UPDATE control.directory SET version = version + 1 WHERE id = 1")


async def _hosts(connection: Any, slug: str) -> list[str]:
    rows = await connection.fetch("SELECT host FROM control.host WHERE slug = $1", slug)
    return [row["host"] for row in rows]


def _encoded(tenant: Tenant) -> str:
    return msgspec.json.encode(tenant, order="deterministic").decode()
