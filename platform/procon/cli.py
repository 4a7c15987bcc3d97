"""`procon`: the operator's command line. Composition only."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import msgspec
import rich_click as click
from httpx import HTTPError

from procon.app import create_app, sweeps, tenant_apps, work_handlers
from procon.cases.log import Verdict, verify_log
from procon.cases.queries import detail_by_number
from procon.demo.browser import Unexpected
from procon.demo.load import load_city
from procon.demo.story import Story
from procon.demo.up import up
from procon.evidence.storage import Store
from procon.jobs.worker import run_worker
from procon.kernel.case_number import canonical_case_number
from procon.portal.assets import AssetError
from procon.portal.assets import fetch as fetch_assets
from procon.portal.themes import check_theme
from procon.settings import REPOSITORY, SettingsError, load
from procon.telemetry import configure_logs
from procon.tenancy import provision
from procon.tenancy.directory import Directory
from procon.tenancy.manifest import ManifestError, Tenant, read, read_all
from procon.tenancy.migrate import Outcome, migrate_all
from procon.tenancy.scope import Database, tenant_scope

T = TypeVar("T")
APP_ROLE = "procon_app"


@click.group()
def main() -> None:
    """Procon Digital."""


@main.group()
def tenant() -> None:
    """Cities: check, plan, apply, status, suspend, resume."""


@tenant.command("check")
@click.argument("slugs", nargs=-1)
def tenant_check(slugs: tuple[str, ...]) -> None:
    """Read the manifests and say what is wrong with them."""
    found = _manifests(slugs)
    click.echo(f"{len(found)} manifesto(s) em ordem: {', '.join(t.slug for t in found)}")


@tenant.command("plan")
@click.argument("slugs", nargs=-1)
def tenant_plan(slugs: tuple[str, ...]) -> None:
    """Show what `apply` would change."""

    async def work(owner: Database) -> list[provision.Change]:
        await provision.prepare_control(owner, APP_ROLE)
        return [
            change
            for found in _manifests(slugs)
            for change in await provision.plan(owner, found, tenant_apps())
        ]

    changes = _as_owner(work)
    for change in changes:
        click.echo(f"{change.slug}: {change.text}")
    if not changes:
        click.echo("Nada a mudar.")


@tenant.command("apply")
@click.argument("slugs", nargs=-1)
def tenant_apply(slugs: tuple[str, ...]) -> None:
    """Provision or update cities; safe to repeat."""

    _report(_as_owner(lambda owner: _apply(owner, _manifests(slugs))))


@tenant.command("status")
@click.option("--json", "as_json", is_flag=True, help="Para programas.")
def tenant_status(as_json: bool) -> None:
    """List provisioned cities with state, migration head and hosts."""
    rows = _as_owner(lambda owner: provision.standings(owner, tenant_apps()))
    if as_json:
        click.echo(msgspec.json.encode(rows).decode())
        return
    for row in rows:
        state = "em dia" if row.current else "atrasada"
        error = f" · erro: {row.migration_error}" if row.migration_error else ""
        click.echo(
            f"{row.slug:<20} {row.status:<10} {row.migration_head:<13}{state:<9}"
            f"{', '.join(row.hosts)}{error}"
        )


@tenant.command("suspend")
@click.argument("slug")
def tenant_suspend(slug: str) -> None:
    """Stop serving a city; its data stays."""
    _set_status(slug, "suspended")


@tenant.command("resume")
@click.argument("slug")
def tenant_resume(slug: str) -> None:
    """Serve a suspended city again."""
    _set_status(slug, "active")


@main.command()
@click.option("--all", "every", is_flag=True, required=True, help="Todas as cidades.")
@click.option("--at-once", default=4, show_default=True, help="Cidades ao mesmo tempo.")
def migrate(every: bool, at_once: int) -> None:
    """Bring every city's schema to this version's head."""
    outcomes = _as_owner(lambda owner: migrate_all(owner, tenant_apps(), at_once=at_once))
    _report(outcomes)
    if not outcomes:
        click.echo("Todas as cidades já estão nesta versão.")


@main.group()
def case() -> None:
    """Cases."""


@case.command("verify")
@click.argument("number")
@click.option("--tenant", "slug", default="", help="Cidade do processo; sem ela, todas.")
def case_verify(number: str, slug: str) -> None:
    """Recompute the hash chain of a case's log."""
    try:
        wanted = canonical_case_number(number)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    verdicts = _run(lambda: _with(load().database_url, lambda db: _verdicts(db, wanted, slug)))
    for city, verdict in verdicts.items():
        told = f"a cadeia se rompe no ato {verdict.broken_at}" if verdict.broken_at else "íntegra"
        click.echo(f"{wanted} em {city}: {verdict.entries} atos, {told}.")
    if not verdicts:
        raise click.ClickException(f"Não há processo {wanted}{f' em {slug}' if slug else ''}.")
    sys.exit(any(verdict.broken_at for verdict in verdicts.values()))


@main.command()
def worker() -> None:
    """Deliver the outbox until stopped."""

    async def work() -> None:
        settings = load()
        configure_logs(settings.log_format)
        db = await Database(settings.database_url, size=settings.pool_size).open()
        directory = Directory()
        await directory.refresh(db)
        following = asyncio.create_task(directory.follow(db, settings.directory_seconds))
        try:
            todo = work_handlers(settings)
            await run_worker(db, directory, todo, settings.redis_url, sweeps(db, settings))
        finally:
            following.cancel()
            await db.close()

    _run(work)


@main.group()
def theme() -> None:
    """Cities' looks."""


@theme.command("check")
@click.argument("names", nargs=-1)
def theme_check(names: tuple[str, ...]) -> None:
    """Contrast, completeness and overrides of themes."""
    folder = REPOSITORY / "themes"
    chosen = names or tuple(sorted(p.name for p in folder.iterdir() if p.is_dir()))
    problems = [(name, problem) for name in chosen for problem in check_theme(folder / name)]
    for name, problem in problems:
        click.echo(f"{name}: {problem}")
    if problems:
        sys.exit(1)
    click.echo(f"{len(chosen)} tema(s) em ordem: {', '.join(chosen)}")


@main.group()
def assets() -> None:
    """Third-party stylesheets and scripts."""


@assets.command("fetch")
@click.option("--to", "folder", type=click.Path(path_type=Path), default=REPOSITORY / "var/assets")
def assets_fetch(folder: Path) -> None:
    """Get the files that assets.lock.json names and check their hashes."""
    try:
        fetch_assets(folder)
    except AssetError as error:
        raise click.ClickException(str(error)) from error


@main.group()
def demo() -> None:
    """The demonstration on this machine."""


@demo.command("up")
@click.option("--port", default=8000, show_default=True)
@click.option("--reset", is_flag=True, help="Apagar os dados e começar de novo.")
@click.option("--empty", is_flag=True, help="Sem os dados de exemplo.")
def demo_up(port: int, reset: bool, empty: bool) -> None:
    """Start everything and serve until Ctrl-C."""
    sys.exit(up(port, reset=reset, load_data=not empty))


@demo.command("load")
def demo_load() -> None:
    """Fill every city with invented cases, once."""
    _fill()


@demo.command("prepare", hidden=True)
@click.option("--empty", is_flag=True)
def demo_prepare(empty: bool) -> None:
    """What `up` does before it serves, in one process: provision, then fill."""
    _report(_as_owner(lambda owner: _apply(owner, _manifests(()))))
    if not empty:
        _fill()


@demo.command("story")
@click.option("--port", default=8000, show_default=True)
@click.option("--host", default="", help="Endereço da cidade; sem ele, todas.")
def demo_story(port: int, host: str) -> None:
    """Replay the first story against a running demonstration."""
    hosts = [host] if host else [found.host for found in read_all(REPOSITORY / "tenants")]
    for name in hosts:
        click.echo(name)
        story = Story(port, name, lambda line: click.echo(f"  {line}"))
        try:
            number = story.play()
        except (Unexpected, HTTPError) as error:
            raise click.ClickException(f"{error}") from error
        finally:
            story.close()
        click.echo(f"  Processo {number}: do começo ao fim, como devia ser.")


@main.command("routes")
def routes() -> None:
    """List every address with its permission."""
    app = create_app()
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            methods = ",".join(sorted(handler.http_methods))
            click.echo(f"{methods:<8} {route.path:<48} {handler.opt.get('permission', '-')}")


def _manifests(slugs: tuple[str, ...]) -> list[Tenant]:
    folder = REPOSITORY / "tenants"
    try:
        return [read(folder, slug) for slug in slugs] if slugs else list(read_all(folder))
    except ManifestError as error:
        raise click.ClickException(str(error)) from error


async def _verdicts(db: Database, number: str, slug: str) -> dict[str, Verdict]:
    directory = Directory()
    await directory.refresh(db)
    found = {}
    for city in directory.active():
        if slug in {"", city.slug}:
            async with tenant_scope(db, city) as tx:
                detail = await detail_by_number(tx, number)
                if detail is not None:
                    found[city.slug] = await verify_log(tx, detail.id)
    return found


async def _apply(owner: Database, tenants: list[Tenant]) -> list[Outcome]:
    await provision.prepare_control(owner, APP_ROLE)
    return [
        await provision.apply(owner, found, tenant_apps(), app_role=APP_ROLE) for found in tenants
    ]


def _fill() -> None:
    async def work(db: Database) -> dict[str, int]:
        directory = Directory()
        await directory.refresh(db)
        settings = load()
        store, secret = Store(settings), settings.secret_key
        await store.prepare()
        return {t.slug: await load_city(db, t, secret, store) for t in directory.active()}

    for slug, count in _run(lambda: _with(load().database_url, work)).items():
        click.echo(f"{slug}: {count} processos" if count else f"{slug}: já tinha dados")


def _set_status(slug: str, status: str) -> None:
    if not _as_owner(lambda owner: provision.set_status(owner, slug, status)):
        raise click.ClickException(f"Não há cidade com o nome {slug}.")
    click.echo(f"{slug}: {'suspensa' if status == 'suspended' else 'ativa'}")


def _report(outcomes: list[Outcome]) -> None:
    for outcome in outcomes:
        told = f"erro: {outcome.error}" if outcome.error else f"na versão {outcome.head}"
        click.echo(f"{outcome.slug}: {told}")
    if any(outcome.error for outcome in outcomes):
        sys.exit(1)


def _as_owner(work: Callable[[Database], Awaitable[T]]) -> T:
    return _run(lambda: _with(load().owner_database_url, work, settings={}))


async def _with(
    dsn: str, work: Callable[[Database], Awaitable[T]], settings: dict[str, str] | None = None
) -> T:
    db = await Database(dsn, size=4, settings=settings).open()
    try:
        return await work(db)
    finally:
        await db.close()


def _run(work: Callable[[], Awaitable[T]]) -> T:
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


if __name__ == "__main__":
    main()
