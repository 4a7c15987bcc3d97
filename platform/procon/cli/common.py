"""What the commands share: manifests, the database, and errors as one sentence."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import rich_click as click

from procon.ext.discovery import discover
from procon.ext.plugin import PluginError
from procon.plugged import Plugins, check_tenant
from procon.settings import REPOSITORY, SettingsError, load
from procon.slices import apps_of
from procon.tenancy import provision
from procon.tenancy.manifest import ManifestError, Tenant, read, read_all
from procon.tenancy.migrate import AppsOf, Outcome
from procon.tenancy.scope import Database

T = TypeVar("T")
APP_ROLE = "procon_app"
TENANTS = REPOSITORY / "tenants"


def installed() -> Plugins:
    """The plugins of this installation."""
    try:
        return discover(REPOSITORY / "plugins")
    except PluginError as error:
        raise click.ClickException(str(error)) from error


def tables_of() -> AppsOf:
    """City → its tables, its plugins' too."""
    plugins = installed()
    return lambda tenant: apps_of(tenant, plugins)


def manifests(slugs: tuple[str, ...], folder: Path = TENANTS) -> list[Tenant]:
    """The cities' manifests, checked against the plugins that are installed.

    Args:
        folder: another folder of manifests; what they leave out is still the installation's.
    """
    plugins = installed()
    try:
        if slugs:
            found = [read(folder, slug, defaults_dir=TENANTS) for slug in slugs]
        else:
            found = list(read_all(folder))
    except ManifestError as error:
        raise click.ClickException(str(error)) from error
    if wrong := [f"{one.slug}: {said}" for one in found for said in check_tenant(plugins, one)]:
        raise click.ClickException("\n".join(wrong))
    return found


async def apply(owner: Database, tenants: list[Tenant]) -> list[Outcome]:
    """Provision or update cities."""
    await provision.prepare_control(owner, APP_ROLE)
    tables = tables_of()
    return [
        await provision.apply(owner, found, tables(found), app_role=APP_ROLE) for found in tenants
    ]


def report(outcomes: list[Outcome]) -> None:
    """Say what became of each city; exit status 1 when one failed."""
    for outcome in outcomes:
        told = f"erro: {outcome.error}" if outcome.error else f"na versão {outcome.head}"
        click.echo(f"{outcome.slug}: {told}")
    if any(outcome.error for outcome in outcomes):
        sys.exit(1)


def as_owner(work: Callable[[Database], Awaitable[T]]) -> T:
    """Work as the role that owns schemas."""
    return run(lambda: with_database(load().owner_database_url, work, settings={}))


async def with_database(
    dsn: str, work: Callable[[Database], Awaitable[T]], settings: dict[str, str] | None = None
) -> T:
    """Work on a database that is opened and closed here."""
    db = await Database(dsn, size=4, settings=settings).open()
    try:
        return await work(db)
    finally:
        await db.close()


def run(work: Callable[[], Awaitable[T]]) -> T:
    """Run to the end; what an operator can mend is one sentence, never a traceback."""

    async def started() -> T:
        return await work()

    try:
        return asyncio.run(started())
    except (SettingsError, ManifestError) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"O banco de dados não respondeu: {error}") from error
    except KeyboardInterrupt:
        sys.exit(130)
