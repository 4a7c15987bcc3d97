"""`procon notice`: what the mail server calls when a message comes back."""

from __future__ import annotations

import asyncio
import sys

import rich_click as click

from procon.kernel.errors import NotFound
from procon.notices.mail.message import RETURN_PREFIX, read_bounce
from procon.notices.outcomes import take_bounce
from procon.settings import load
from procon.tenancy.directory import Directory
from procon.tenancy.scope import Database, tenant_scope


@click.group()
def notice() -> None:
    """Notices to the parties."""


@notice.command("bounce")
@click.argument("token")
def bounce(token: str) -> None:
    """Take a mail that came back, from standard input. TOKEN is the part of the address after
    "b+", or the whole address.

    For the mail server, as in: |procon notice bounce "$extension".
    """
    reason = read_bounce(sys.stdin.buffer.read())
    if not reason:
        # An answer, a delay, a holiday: no reason to trouble the mail server with an error.
        click.echo("A mensagem não é uma devolução. Nada mudou.")
        return
    wanted = token.removeprefix(RETURN_PREFIX).partition("@")[0]
    city = asyncio.run(_take(wanted, reason))
    if not city:
        raise click.ClickException("Nenhuma cidade tem uma mensagem com este código.")
    click.echo(f"{city}: devolução registrada.")


async def _take(token: str, reason: str) -> str:
    """The slug of the city whose message it was, "" for none."""
    db = await Database(load().database_url, size=1).open()
    try:
        directory = Directory()
        await directory.refresh(db)
        for tenant in directory.active():
            try:
                async with tenant_scope(db, tenant) as tx:
                    await take_bounce(tx, token=token, reason=reason)
            except NotFound:
                continue
            return tenant.slug
        return ""
    finally:
        await db.close()
