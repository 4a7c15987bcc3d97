"""Cases on their way to a court, a court that says what a test wants, and the worker's round."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Awaitable, Callable
from functools import partial

from procon.app import _court_of
from procon.auth.actor import SYSTEM
from procon.cases.commands import Opened
from procon.courts.jobs import CourtOffice, handlers
from procon.courts.queries import HandoverRow, handovers_of_case
from procon.evidence.storage import Store
from procon.ext.discovery import discover
from procon.ext.ports import CourtAnswer, CourtFiling, CourtGateway, CourtQuestion, CourtSilent
from procon.jobs.outbox import drain
from procon.letters.typeset.press import Press
from procon.portal.themes import load_themes
from procon.settings import REPOSITORY, Settings
from support.cities import City, MovingClock, citizen, staff
from support.web import Web

COURT_SLUG, BARE_SLUG = "justa", "avulsa"
ANALYST = staff("analyst", name="Bia Lima")
NUMBER = "4000001-55.2026.8.26.0114"
SYSTEM_NAME = SYSTEM.label


def press(settings: Settings) -> Press:
    store = Store(settings)
    return Press(store.put, store.get, settings.url, load_themes(settings.themes_dir))


def office(settings: Settings) -> CourtOffice:
    plugins = discover(REPOSITORY / "plugins")
    return CourtOffice(partial(_court_of, plugins), press(settings))


class Scripted:
    """A court that does what it is told, one step for each submission, and remembers all of it."""

    def __init__(self, *steps: CourtAnswer | CourtSilent) -> None:
        # The one that the city's own plugin has, under which the page sent it.
        self.title = "Juizado Especial Cível, pacote levado por uma pessoa"
        self.steps = list(steps)
        self.filings: list[CourtFiling] = []
        self.asked: list[CourtQuestion] = []
        self.says = CourtAnswer("absent")
        self.before_submit: Callable[[], Awaitable[None]] | None = None

    async def submit_petition(self, filing: CourtFiling) -> CourtAnswer:
        if self.before_submit is not None:
            await self.before_submit()
        self.filings.append(filing)
        step = self.steps.pop(0)
        if isinstance(step, CourtSilent):
            raise step
        return step

    submit_agreement = submit_petition

    async def status(self, question: CourtQuestion) -> CourtAnswer:
        self.asked.append(question)
        return self.says

    async def receipt(self, question: CourtQuestion) -> bytes:
        return b""

    def office(self, settings: Settings) -> CourtOffice:
        gateway: CourtGateway = self
        return CourtOffice(lambda _: gateway, press(settings))


def base(case: Opened) -> str:
    return f"/equipe/processos/{case.number}/justica"


def own(case: Opened) -> str:
    return f"/processos/{case.number}/justica"


async def at(city: City, case: Opened, status: str) -> None:
    """The case stands there."""
    async with city.scope() as tx:
        await tx.execute("UPDATE case_file SET status = $2 WHERE id = $1", case.id, status)


async def handovers(city: City, case: Opened) -> list[HandoverRow]:
    async with city.scope() as tx:
        return await handovers_of_case(tx, case.id)


async def only(city: City, case: Opened) -> HandoverRow:
    (row,) = await handovers(city, case)
    return row


async def prepared(
    web: Web, city: City, case: Opened, *, kind: str = "peticao", text: str = "Peço o que é meu."
) -> HandoverRow:
    sent = await web.post(
        city, f"{base(case)}/{kind}", {"texto": text, "valor": "1.234,56"}, actor=ANALYST
    )
    assert sent.status_code == 303, sent.text
    return (await handovers(city, case))[-1]


async def approved(web: Web, city: City, case: Opened) -> HandoverRow:
    row = await prepared(web, city, case)
    sent = await web.post(city, f"{own(case)}/aprovar", {"sha256": row.sha256}, actor=citizen())
    assert sent.status_code == 303
    return await only(city, case)


async def send(web: Web, city: City, case: Opened, kind: str = "peticao") -> HandoverRow:
    row = (await handovers(city, case))[-1]
    path = f"{base(case)}/{kind}/conferir"
    sent = await web.post(city, path, {"sha256": row.sha256}, actor=ANALYST)
    assert sent.status_code == 303
    return (await handovers(city, case))[-1]


async def rounds(city: City, clock: MovingClock, the_office: CourtOffice, times: int = 1) -> None:
    """The worker comes by, each time after every postponement has passed."""
    for _ in range(times):
        await drain(city.db, city.tenant, handlers(the_office))
        clock.forward(hours=1)


async def acts(city: City, case: Opened) -> list[str]:
    """Topics of this slice's acts in the log, in order."""
    async with city.scope() as tx:
        rows = await tx.fetch(
            "SELECT payload::jsonb->'event'->>'topic' FROM case_log WHERE case_id = $1"
            " AND payload::jsonb->'event'->>'topic' LIKE 'court\\_%' ORDER BY seq",
            case.id,
        )
    return [row[0] for row in rows]


def zip_of(body: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(body))


def notice_in(page: str) -> str:
    found = re.search(r'<p class="govuk-notification-banner__heading">(.*?)</p>', page, re.DOTALL)
    return found.group(1).strip() if found else ""
