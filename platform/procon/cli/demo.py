"""`procon demo …`: the demonstration on this machine."""

from __future__ import annotations

import sys
from datetime import timedelta

import rich_click as click
from httpx import HTTPError

from procon.cli.common import apply, as_owner, manifests, report, run, with_database
from procon.demo.browser import Unexpected
from procon.demo.load import load_city
from procon.demo.stories.court import play_courts
from procon.demo.stories.newsletter import replay_newsletter
from procon.demo.stories.replay import replay
from procon.demo.up import CLOCKS, up
from procon.evidence.storage import Store
from procon.kernel.clock import move_forward
from procon.settings import REPOSITORY, load
from procon.tenancy.directory import Directory
from procon.tenancy.manifest import read_all
from procon.tenancy.scope import Database


@click.group()
def demo() -> None:
    """The demonstration on this machine."""


@demo.command("up")
@click.option("--port", default=8000, show_default=True)
@click.option("--reset", is_flag=True, help="Apagar os dados e começar de novo.")
@click.option("--empty", is_flag=True, help="Sem os dados de exemplo.")
@click.option("--terraform", is_flag=True, help="Mais uma cidade, provisionada por Terraform.")
def demo_up(port: int, reset: bool, empty: bool, terraform: bool) -> None:
    """Start everything and serve until Ctrl-C."""
    sys.exit(up(port, reset=reset, load_data=not empty, terraform=terraform))


@demo.command("load")
def demo_load() -> None:
    """Fill every city with invented cases, once."""
    _fill()


@demo.command("prepare", hidden=True)
@click.option("--empty", is_flag=True)
def demo_prepare(empty: bool) -> None:
    """What `up` does before it serves, in one process: provision, then fill."""
    report(as_owner(lambda owner: apply(owner, manifests(()))))
    if not empty:
        _fill()


@demo.command("clock")
@click.argument("slug")
@click.option("--days", type=click.IntRange(1, 3650), required=True, help="Dias a avançar.")
def demo_clock(slug: str, days: int) -> None:
    """Move a city's clock forward in the demonstration, to see deadlines pass."""
    (city,) = manifests((slug,))
    ahead = move_forward(CLOCKS, city.slug, timedelta(days=days))
    click.echo(f"{city.name}: o relógio está {ahead.days} dia(s) à frente.")


@demo.command("story")
@click.option("--port", default=8000, show_default=True)
@click.option("--host", default="", help="Endereço da cidade; sem ele, todas.")
@click.option("--full", is_flag=True, help="O processo inteiro; o relógio da cidade avança.")
@click.option("--court", is_flag=True, help="À Justiça: petição e acordo, num tribunal de mentira.")
@click.option("--newsletter", is_flag=True, help="O boletim: assinar, receber, sair.")
def demo_story(port: int, host: str, full: bool, court: bool, newsletter: bool) -> None:
    """Replay a story against a running demonstration, as each of its persons."""
    found = [one for one in read_all(REPOSITORY / "tenants") if host in {"", one.host}]
    if not found:
        raise click.ClickException(f"Não há cidade no endereço {host}.")
    try:
        if court:
            play_courts(port, found, click.echo)
        elif newsletter:
            replay_newsletter(port, found, click.echo)
        else:
            replay(port, found, click.echo, full=full)
    except (Unexpected, HTTPError) as error:
        raise click.ClickException(f"{error}") from error


def _fill() -> None:
    async def work(db: Database) -> dict[str, int]:
        directory = Directory()
        await directory.refresh(db)
        settings = load()
        store, secret = Store(settings), settings.secret_key
        await store.prepare()
        return {t.slug: await load_city(db, t, secret, store) for t in directory.active()}

    for slug, count in run(lambda: with_database(load().database_url, work)).items():
        click.echo(f"{slug}: {count} processos" if count else f"{slug}: já tinha dados")
