"""One migration history per schema, one transaction per tenant.

A tenant whose migration fails keeps its old state, is reported, and does not stop the others.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import importlib
import io
import os
import pkgutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
from msgspec import Struct
from piccolo.apps.migrations.tables import Migration
from piccolo.conf.apps import AppConfig

from procon.tenancy.keys import schema_name
from procon.tenancy.manifest import Tenant
from procon.tenancy.scope import Database, raw_scope

AppsOf = Callable[[Tenant], Sequence[AppConfig]]

APPEND_ONLY = "append_only"
_LIMITS = "SET LOCAL lock_timeout = '4s'; SET LOCAL statement_timeout = '5s'"


class Outcome(Struct, frozen=True):
    """What happened to one tenant; `error` is empty when it stands at `head`."""

    slug: str
    head: str
    ran: tuple[str, ...] = ()
    error: str = ""


def head_of(apps: Sequence[AppConfig]) -> str:
    """Short name of the state in which all migrations of `apps` have run."""
    names = [f"{app.app_name}/{m.ID}" for app in apps for m in modules_of(app)]
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:12]


def modules_of(app: AppConfig) -> list[ModuleType]:
    """The app's migration modules in the order of their ids."""
    folder = Path(app.resolved_migrations_folder_path)
    package = _package_of(app)
    found = [
        importlib.import_module(f"{package}.{info.name}")
        for info in pkgutil.iter_modules([str(folder)])
    ]
    return sorted((m for m in found if hasattr(m, "ID")), key=lambda m: str(m.ID))


def _package_of(app: AppConfig) -> str:
    table = app.table_classes[0]
    return f"{table.__module__.rpartition('.')[0]}.piccolo_migrations"


async def run_pending(apps: Sequence[AppConfig]) -> tuple[str, ...]:
    """Run what the current scope's schema lacks; returns `app/id` of each.

    The stock runner looks for the `migration` table in any schema and so skips creating the
    second tenant's; creating it if missing, inside the scope, is right for all.
    """
    os.environ.setdefault("PICCOLO_CONF", "procon.piccolo_conf")
    await Migration.create_table(if_not_exists=True)
    ran = []
    for app in apps:
        done = set(await Migration.get_migrations_which_ran(app.app_name))
        for module in modules_of(app):
            if module.ID not in done:
                manager = await module.forwards()
                with contextlib.redirect_stdout(io.StringIO()):  # Piccolo prints its progress
                    await manager.run()
                await Migration.insert(Migration(name=module.ID, app_name=app.app_name))
                ran.append(f"{app.app_name}/{module.ID}")
    return tuple(ran)


async def migrate_tenant(owner: Database, slug: str, apps: Sequence[AppConfig]) -> Outcome:
    """Bring one schema to the head of `apps` and record the result in `control`."""
    head = head_of(apps)
    name = schema_name(slug)
    opening = f'BEGIN; SET LOCAL search_path TO "{name}", extensions, pg_catalog; {_LIMITS}'
    try:
        async with raw_scope(owner, opening) as connection:
            # Two operators at once: the second waits, then finds nothing to do.
            await connection.execute("SELECT pg_advisory_xact_lock(hashtext($1))", name)
            ran = await run_pending(apps)
            await _grant(connection, name, apps)
    except Exception as error:
        message = f"{type(error).__name__}: {error}"
        await _record(owner, slug, None, message)
        return Outcome(slug=slug, head="", error=message)
    await _record(owner, slug, head, "")
    return Outcome(slug=slug, head=head, ran=ran)


async def migrate_all(owner: Database, apps_of: AppsOf, *, at_once: int = 4) -> list[Outcome]:
    """Migrate every provisioned tenant that is not at its head, `at_once` at a time.

    With nothing to do this is one query.

    Args:
        apps_of: the tables of one city: the core's, and those of its plugins.
    """
    async with raw_scope(owner) as connection:
        rows = await connection.fetch(
            "SELECT manifest, migration_head FROM control.tenant ORDER BY slug"
        )
    gate = asyncio.Semaphore(at_once)

    async def one(slug: str, apps: Sequence[AppConfig]) -> Outcome:
        async with gate:
            return await migrate_tenant(owner, slug, apps)

    heads: dict[tuple[str, ...], str] = {}
    behind = []
    for row in rows:
        tenant = msgspec.json.decode(row["manifest"], type=Tenant)
        apps = apps_of(tenant)
        names = tuple(app.app_name for app in apps)
        if names not in heads:
            heads[names] = head_of(apps)
        if row["migration_head"] != heads[names]:
            behind.append((tenant.slug, apps))
    return list(await asyncio.gather(*(one(slug, apps) for slug, apps in behind)))


async def _grant(connection: Any, schema: str, apps: Iterable[AppConfig]) -> None:
    """Give the tenant's role its rights; append-only tables get no UPDATE and no DELETE."""
    statements = [f'GRANT USAGE ON SCHEMA "{schema}" TO "{schema}"']
    for app in apps:
        for table in app.table_classes:
            name = f'"{schema}"."{table._meta.tablename}"'
            changes = "" if APPEND_ONLY in table._meta.tags else ", UPDATE, DELETE"
            statements.append(f'REVOKE ALL ON {name} FROM "{schema}"')
            statements.append(f'GRANT SELECT, INSERT{changes} ON {name} TO "{schema}"')
    await connection.execute("; ".join(statements))


async def _record(owner: Database, slug: str, head: str | None, error: str) -> None:
    """Its own transaction: none writes both a tenant schema and `control`."""
    async with raw_scope(owner) as connection:
        await connection.execute(
            "UPDATE control.tenant SET migration_head = COALESCE($2, migration_head),"
            " migration_error = $3 WHERE slug = $1",
            slug,
            head,
            error,
        )
