"""`procon deadline explain`: how a deadline was counted, or would be."""

from __future__ import annotations

import asyncio
from datetime import datetime
from zoneinfo import ZoneInfo

import rich_click as click

from procon.cases.queries import detail_by_number
from procon.deadlines.compute import Deadline
from procon.deadlines.queries import deadline_for
from procon.deadlines.rules import DEFAULT_RULES, OUTAGE
from procon.kernel.case_number import canonical_case_number
from procon.kernel.errors import Refused
from procon.portal.render import date_and_hour
from procon.settings import SettingsError, load
from procon.tenancy.directory import Directory
from procon.tenancy.manifest import Tenant
from procon.tenancy.scope import Database, tenant_scope

_KEYS = tuple(key for key in DEFAULT_RULES if key != OUTAGE)


@click.group()
def deadline() -> None:
    """Deadlines."""


@deadline.command("explain")
@click.argument("number", default="")
@click.option("--tenant", "slug", default="", help="Cidade; com um número, sem ela, todas.")
@click.option("--rule", "key", type=click.Choice(_KEYS), help="Regra, em vez de um processo.")
@click.option("--from", "start", type=click.DateTime(["%Y-%m-%d"]), help="Dia do aviso.")
def explain(number: str, slug: str, key: str | None, start: datetime | None) -> None:
    """Tell day by day how the deadline of case NUMBER, or a rule from a day on, is counted."""
    by_rule = key is not None and start is not None and slug != ""
    if bool(number) == by_rule or (not by_rule and (key or start)):
        raise click.UsageError("Dê um número de processo, ou então --rule, --from e --tenant.")
    try:
        wanted = canonical_case_number(number) if number else ""
        found = asyncio.run(_explained(wanted, slug, key or "", start))
    except (ValueError, SettingsError) as error:
        raise click.ClickException(str(error)) from error
    except Refused as refusal:
        raise click.ClickException(refusal.reason) from refusal
    except OSError as error:
        raise click.ClickException(f"O banco de dados não respondeu: {error}") from error
    if not found:
        told = f"Não há processo {wanted}" if wanted else "Não há cidade com o nome"
        raise click.ClickException(f"{told}{f' em {slug}' if wanted and slug else f' {slug}'}.")
    for line in found:
        click.echo(line)


async def _explained(number: str, slug: str, key: str, start: datetime | None) -> list[str]:
    db = await Database(load().database_url, size=1).open()
    try:
        directory = Directory()
        await directory.refresh(db)
        lines: list[str] = []
        for city in directory.active():
            if slug not in {"", city.slug}:
                continue
            if number:
                lines += await _of_case(db, city, number)
            elif start is not None:
                lines += await _of_rule(db, city, key, start)
        return lines
    finally:
        await db.close()


async def _of_case(db: Database, city: Tenant, number: str) -> list[str]:
    async with tenant_scope(db, city) as tx:
        case = await detail_by_number(tx, number)
    if case is None:
        return []
    if case.deadline is None:
        return [f"{number} em {city.slug}: nenhum prazo corre."]
    return _told(f"{number} em {city.slug}", case.deadline)


async def _of_rule(db: Database, city: Tenant, key: str, start: datetime) -> list[str]:
    noon = start.replace(hour=12, tzinfo=ZoneInfo(city.timezone))
    async with tenant_scope(db, city) as tx:
        found = await deadline_for(tx, key=key, start_at=noon)
    return _told(city.slug, found)


def _told(where: str, found: Deadline) -> list[str]:
    until = date_and_hour(found.due_at, ZoneInfo(found.timezone))
    return [
        f"{where}: {DEFAULT_RULES[found.rule_key].title}, até {until}",
        f"Regra {found.rule_key}, versão {found.rule_version}. Base: {found.legal_basis}.",
        found.explanation,
        *(f"  {step.day:%d/%m/%Y}  {step.reason}" for step in found.steps),
    ]
