"""Cases with a running CIP deadline, and the staff who set the city's rules."""

from __future__ import annotations

import re
from datetime import datetime

from procon.auth.actor import Actor
from procon.cases.commands import Opened, issue_cip
from procon.cases.log import Entry, entries
from procon.cases.queries import CaseDetail, detail_by_id
from procon.deadlines.compute import Deadline
from support.cities import City, filed, staff
from support.web import Web

RULES = "/equipe/configuracoes/prazos"
CALENDAR = "/equipe/configuracoes/calendario"
OUTAGES = f"{CALENDAR}/fora-do-ar"


def admin() -> Actor:
    """Who may change the city's settings."""
    return staff("cityadmin", name="Rosa Prado")


async def with_cip(city: City) -> Opened:
    """A case whose company has until some day to answer."""
    opened = await filed(city)
    async with city.scope() as tx:
        await issue_cip(tx, actor=staff(), case_id=opened.id)
    return opened


async def case_of(city: City, opened: Opened) -> CaseDetail:
    """The case as it is stored now."""
    async with city.scope() as tx:
        found = await detail_by_id(tx, opened.id)
    assert found is not None
    return found


async def deadline_of(city: City, opened: Opened) -> Deadline:
    """The deadline that is stored now."""
    found = (await case_of(city, opened)).deadline
    assert found is not None
    return found


async def log_of(city: City, opened: Opened) -> list[Entry]:
    """Every entry of the case's log."""
    async with city.scope() as tx:
        return await entries(tx, opened.id, internal=True)


def ticked(html: str) -> list[str]:
    """The cases that a preview offers to move."""
    return re.findall(r'name="mudar" value="([0-9a-f-]{36})"', html)


def hidden_fields(html: str) -> dict[str, str]:
    """What a preview sends again with the confirmation."""
    form = html.partition('<form method="post"')[2]
    pairs = re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)">', html)
    assert form
    return dict(pairs)


def date_fields(name: str, when: datetime | None) -> dict[str, str]:
    """The three boxes of a date field."""
    parts = ("", "", "") if when is None else (str(when.day), str(when.month), str(when.year))
    return dict(zip((f"{name}_dia", f"{name}_mes", f"{name}_ano"), parts, strict=True))


async def confirm(web: Web, city: City, path: str, data: dict[str, object], actor: Actor) -> str:
    """Send the change again as the preview's button does; returns the notice's page address."""
    answer = await web.post(city, path, {**data, "confirmado": "sim"}, actor=actor)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])
