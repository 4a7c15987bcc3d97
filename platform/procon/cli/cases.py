"""`procon case …` and `procon workflow …`."""

from __future__ import annotations

import sys
from pathlib import Path

import rich_click as click

from procon.cases.log import Verdict, verify_log
from procon.cases.moves import workflow_of
from procon.cases.queries import detail_by_number
from procon.cli.common import run, with_database
from procon.ext.chart import as_svg, as_text
from procon.kernel.case_number import canonical_case_number
from procon.settings import load
from procon.tenancy.directory import Directory
from procon.tenancy.scope import Database, tenant_scope


@click.group()
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
    verdicts = run(
        lambda: with_database(load().database_url, lambda db: _verdicts(db, wanted, slug))
    )
    for city, verdict in verdicts.items():
        told = f"a cadeia se rompe no ato {verdict.broken_at}" if verdict.broken_at else "íntegra"
        click.echo(f"{wanted} em {city}: {verdict.entries} atos, {told}.")
    if not verdicts:
        raise click.ClickException(f"Não há processo {wanted}{f' em {slug}' if slug else ''}.")
    sys.exit(any(verdict.broken_at for verdict in verdicts.values()))


@click.group()
def workflow() -> None:
    """Procedures: the states of a case and the acts between them."""


@workflow.command("show")
@click.argument("slug", default="standard")
@click.option(
    "--svg", "svg", type=click.Path(path_type=Path), help="Grava o desenho neste arquivo."
)
def workflow_show(slug: str, svg: Path | None) -> None:
    """Print a procedure's state chart; with --svg also draw it."""
    try:
        found = workflow_of(slug)
    except LookupError:
        raise click.ClickException(f"Não há um procedimento chamado {slug}.") from None
    click.echo(as_text(found), nl=False)
    if svg is not None:
        svg.write_text(as_svg(found), encoding="utf-8")


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
