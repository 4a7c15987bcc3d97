"""`procon dev …`: what stands in for systems outside, on this machine."""

from __future__ import annotations

import asyncio
from time import time

import rich_click as click

from procon.cli.common import run
from procon.embedded.court import Court, CourtServer
from procon.embedded.court.book import ALL_BEHAVIOURS, Behaviour


@click.group()
def dev() -> None:
    """Stand-ins for systems outside."""


@dev.command("court")
@click.option("--port", default=8787, show_default=True, help="0 escolhe uma porta livre.")
@click.option("--competence", "competences", multiple=True, help="Duas ou mais: conflito.")
@click.option("--next", "plan", multiple=True, type=click.Choice(ALL_BEHAVIOURS))
@click.option("--slow", default=30.0, show_default=True, help="Segundos de uma resposta lenta.")
def dev_court(
    port: int, competences: tuple[str, ...], plan: tuple[Behaviour, ...], slow: float
) -> None:
    """An imitated court (MNI 2.2.2) until Ctrl-C. It is no court: nothing leaves this machine."""

    async def serve() -> None:
        court = Court(competences=competences or ("7",), first=int(time()) % 9_000_000 + 1)
        court.plan = list(plan)
        async with CourtServer(court, port=port, slow_seconds=slow) as server:
            click.echo(f"Tribunal de mentira em {server.endpoint} (descrição: ?wsdl).")
            await asyncio.Event().wait()

    run(serve)
