"""`procon worker`, `procon routes`, `procon theme …`, `procon assets …`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import rich_click as click

from procon.app import create_app, database, sweeps, work_handlers
from procon.cli.common import run
from procon.jobs.worker import run_worker
from procon.portal.assets import AssetError
from procon.portal.assets import fetch as fetch_assets
from procon.portal.themes import check_theme
from procon.settings import REPOSITORY, load
from procon.telemetry import configure_logs
from procon.tenancy.directory import Directory


@click.command()
def worker() -> None:
    """Deliver the outbox until stopped."""

    async def work() -> None:
        settings = load()
        configure_logs(settings.log_format)
        db = await database(settings).open()
        directory = Directory()
        await directory.refresh(db)
        following = asyncio.create_task(directory.follow(db, settings.directory_seconds))
        try:
            todo = work_handlers(settings)
            await run_worker(db, directory, todo, settings.redis_url, sweeps(db, settings))
        finally:
            following.cancel()
            await db.close()

    run(work)


@click.group()
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


@click.group()
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


@click.command("routes")
def routes() -> None:
    """List every address with its permission."""
    app = create_app()
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            methods = ",".join(sorted(handler.http_methods))
            click.echo(f"{methods:<8} {route.path:<48} {handler.opt.get('permission', '-')}")
