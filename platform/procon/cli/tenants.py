"""`procon tenant …` and `procon migrate`."""

from __future__ import annotations

from pathlib import Path

import msgspec
import rich_click as click

from procon.cli.common import APP_ROLE, TENANTS, apply, as_owner, manifests, report, tables_of
from procon.tenancy import provision
from procon.tenancy.migrate import migrate_all
from procon.tenancy.scope import Database


@click.group()
def tenant() -> None:
    """Cities: check, plan, apply, status, suspend, resume."""


@tenant.command("check")
@click.argument("slugs", nargs=-1)
def tenant_check(slugs: tuple[str, ...]) -> None:
    """Read the manifests and say what is wrong with them."""
    found = manifests(slugs)
    click.echo(f"{len(found)} manifesto(s) em ordem: {', '.join(t.slug for t in found)}")


@tenant.command("plan")
@click.argument("slugs", nargs=-1)
def tenant_plan(slugs: tuple[str, ...]) -> None:
    """Show what `apply` would change."""

    async def work(owner: Database) -> list[provision.Change]:
        await provision.prepare_control(owner, APP_ROLE)
        tables = tables_of()
        return [
            change
            for found in manifests(slugs)
            for change in await provision.plan(owner, found, tables(found))
        ]

    changes = as_owner(work)
    for change in changes:
        click.echo(f"{change.slug}: {change.text}")
    if not changes:
        click.echo("Nada a mudar.")


@tenant.command("apply")
@click.argument("slugs", nargs=-1)
@click.option(
    "--from",
    "folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=TENANTS,
    help="Outra pasta de manifestos; é preciso dizer as cidades.",
)
def tenant_apply(slugs: tuple[str, ...], folder: Path) -> None:
    """Provision or update cities; safe to repeat."""
    if folder != TENANTS and not slugs:
        raise click.ClickException("Com --from, diga quais cidades.")
    report(as_owner(lambda owner: apply(owner, manifests(slugs, folder))))


@tenant.command("status")
@click.option("--json", "as_json", is_flag=True, help="Para programas.")
def tenant_status(as_json: bool) -> None:
    """List provisioned cities with state, migration head and hosts."""
    rows = as_owner(lambda owner: provision.standings(owner, tables_of()))
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


@click.command()
@click.option("--all", "every", is_flag=True, required=True, help="Todas as cidades.")
@click.option("--at-once", default=4, show_default=True, help="Cidades ao mesmo tempo.")
def migrate(every: bool, at_once: int) -> None:
    """Bring every city's schema to this version's head."""
    outcomes = as_owner(lambda owner: migrate_all(owner, tables_of(), at_once=at_once))
    report(outcomes)
    if not outcomes:
        click.echo("Todas as cidades já estão nesta versão.")


def _set_status(slug: str, status: str) -> None:
    if not as_owner(lambda owner: provision.set_status(owner, slug, status)):
        raise click.ClickException(f"Não há cidade com o nome {slug}.")
    click.echo(f"{slug}: {'suspensa' if status == 'suspended' else 'ativa'}")
