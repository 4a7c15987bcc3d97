"""What the notices' tests share: the mail sink, a worker's round, and notices as they are kept."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from uuid import UUID

from procon.answers.commands import issue_cip_with_code
from procon.app import work_handlers
from procon.cases.log import entries
from procon.cases.moves import record_act
from procon.embedded.services import Services
from procon.ext.events import ActRecorded
from procon.jobs.outbox import drain, parked
from procon.notices.queries import Notice, notices_of_case
from procon.parties.commands import set_supplier_email
from procon.settings import Settings
from support.cities import City, filed, staff

BOUNCING = "bounce-juridico@loja.example"
ANALYST = staff("analyst", name="Bia Lima")


class Inbox:
    """What reached the mail sink since the test began."""

    def __init__(self, services: Services) -> None:
        self._store = services.mail
        self._before = set(self._store.ids())

    def mails(self) -> list[EmailMessage]:
        """Oldest first."""
        new = [name for name in self._store.ids() if name not in self._before]
        found = []
        for name in reversed(new):
            mail = message_from_bytes(self._store.raw(name) or b"", policy=policy.default)
            assert isinstance(mail, EmailMessage)
            found.append(mail)
        return found

    def subjects(self) -> list[tuple[str, str]]:
        """(envelope's recipient, subject)."""
        return [(str(mail["X-Envelope-To"]), str(mail["Subject"])) for mail in self.mails()]


async def worked(city: City, settings: Settings) -> None:
    """The worker's round, twice: the second must change nothing. The receipts of others' acts are
    not printed: they take most of the time and are none of this slice's.
    """
    every = work_handlers(settings)
    handlers = {topic: one for topic, one in every.items() if not topic.endswith("/letter")}
    for _ in range(2):
        await drain(city.db, city.tenant, handlers)
    async with city.scope() as tx:
        assert await parked(tx) == []


async def notices(city: City, case_id: UUID, side: str = "") -> list[Notice]:
    """The oldest first."""
    async with city.scope() as tx:
        found = await notices_of_case(tx, case_id)
    return [one for one in reversed(found) if side in ("", one.side)]


async def states(city: City, case_id: UUID, side: str = "supplier") -> list[tuple[str, str]]:
    """(channel, status), the oldest first."""
    return [(one.channel, one.status) for one in await notices(city, case_id, side)]


async def acts(city: City, case_id: UUID) -> list[str]:
    """Topics of the acts that the log holds besides the case's own events."""
    async with city.scope() as tx:
        found = [entry.act.event for entry in await entries(tx, case_id, internal=True)]
    return [event.topic for event in found if isinstance(event, ActRecorded)]


async def documents(city: City, case_id: UUID) -> list[str]:
    """Codes of the documents that were asked for, in order."""
    async with city.scope() as tx:
        rows = await tx.fetch(
            "SELECT payload::jsonb ->> 'code' AS code FROM outbox"
            " WHERE payload::jsonb ->> 'case_id' = $1 AND payload::jsonb ? 'letter_id' ORDER BY id",
            str(case_id),
        )
    return [row["code"] for row in rows]


async def with_cip(city: City, settings: Settings, *, email: str | None = None) -> Any:
    """A case whose CIP is out, and the worker's rounds after it."""
    opened = await filed(city)
    async with city.scope() as tx:
        if email is not None:
            supplier_id = await tx.fetchval(
                "SELECT supplier_id FROM case_file WHERE id = $1", opened.id
            )
            await set_supplier_email(tx, supplier_id=supplier_id, email=email)
        await issue_cip_with_code(tx, actor=ANALYST, case_id=opened.id, secret=settings.secret_key)
    await worked(city, settings)
    return opened


async def told(
    city: City,
    case_id: UUID,
    sentence: str,
    *,
    act: str = "Ato de teste",
    internal: bool = False,
) -> None:
    """An act that both sides are told of."""
    async with city.scope() as tx:
        await record_act(
            tx,
            actor=ANALYST,
            case_id=case_id,
            topic="probe",
            sentence=sentence,
            act=act,
            internal=internal,
            tells=("consumer", "supplier"),
        )
