"""`procon plugin …`: what is installed, what is wrong with it, and a new one."""

from __future__ import annotations

import re
import sys

import rich_click as click

from procon.cli.common import installed
from procon.plugged import check_tenant
from procon.scaffold import ScaffoldError, new_plugin
from procon.settings import REPOSITORY
from procon.tenancy.manifest import read_all


@click.group()
def plugin() -> None:
    """Plugins: list, check, new."""


@plugin.command("list")
def plugin_list() -> None:
    """Installed plugins, and the cities that enable each."""
    cities = read_all(REPOSITORY / "tenants")
    for slug, found in installed().items():
        where = ", ".join(city.slug for city in cities if slug in city.plugins) or "nenhuma cidade"
        click.echo(f"{slug:<20} {found.version:<8} {found.title} ({where})")


@plugin.command("check")
def plugin_check() -> None:
    """Whether every plugin keeps the contract, and every manifest its settings."""
    plugins = installed()
    wrong = [
        f"{city.slug}: {said}"
        for city in read_all(REPOSITORY / "tenants")
        for said in check_tenant(plugins, city)
    ]
    for line in wrong:
        click.echo(line)
    if wrong:
        sys.exit(1)
    click.echo(f"{len(plugins)} plugin(s) em ordem: {', '.join(plugins)}")


@plugin.command("new")
@click.argument("slug")
@click.option("--title", default="", help="Nome que as pessoas leem.")
def plugin_new(slug: str, title: str) -> None:
    """Make a working plugin with a page, a table and a test."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,30}", slug):
        raise click.ClickException("O nome só pode ter letras minúsculas, números e _.")
    try:
        made = new_plugin(REPOSITORY, slug, title or slug.replace("_", " ").capitalize())
    except ScaffoldError as error:
        raise click.ClickException(str(error)) from error
    for path in made:
        click.echo(str(path.relative_to(REPOSITORY)))
    click.echo(f"Ligue o plugin em tenants/<cidade>/tenant.yaml: plugins: {{{slug}: {{}}}}")
