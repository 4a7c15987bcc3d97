"""What the desk's tests share."""

from __future__ import annotations

import html
import re
from uuid import UUID

from procon.auth.accounts.commands import sign_in
from procon.auth.actor import Actor
from procon.auth.oidc import Identity
from procon.cases.log import entries
from procon.desk.search.jobs import handlers
from procon.jobs.outbox import drain
from support.cities import City


def words(page: str) -> str:
    """What a person reads on a page: no tags, one space between words."""
    body = page[page.index("<main") :] if "<main" in page else page
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def cards(page: str) -> dict[str, int]:
    """The numbers of the queues."""
    pattern = r'pg-cartao__numero">(\d+)</span> <span class="pg-cartao__rotulo">([^<]+)<'
    return {html.unescape(label): int(number) for number, label in re.findall(pattern, page)}


def numbers(page: str) -> list[str]:
    """Case numbers of the queue's rows, in order."""
    return re.findall(r'<a class="govuk-link" href="/equipe/processos/([^"]+)">', page)


async def colleague(city: City, name: str = "Caio Reis", role: str = "analyst") -> Actor:
    """A member of the staff who has really signed in once."""
    identity = Identity(
        iss="http://idp.example", sub=name, name=name, cpf=None, email="", email_verified=False
    )
    async with city.scope() as tx:
        account = await sign_in(tx, identity=identity, kind="staff", roles=frozenset({role}))
    return account.actor()


async def acts_of(city: City, case_id: UUID) -> list[str]:
    """Kinds of the log's entries, the oldest first."""
    async with city.scope() as tx:
        return [entry.kind for entry in await entries(tx, case_id, internal=True)]


async def indexed(*cities: City) -> None:
    """The worker has brought the search up to date."""
    for city in cities:
        await drain(city.db, city.tenant, handlers())
