"""The real mail sink, and the handlers that the worker uses."""

from __future__ import annotations

from email import message_from_bytes

import pytest

from procon.app import work_handlers
from procon.embedded.services import Services
from procon.jobs.outbox import Handler
from procon.settings import Settings
from procon.tenancy.directory import Directory
from procon.tenancy.scope import Database


class Inbox:
    """What reached the mail sink since the test began."""

    def __init__(self, services: Services) -> None:
        self._store = services.mail
        self._before = set(self._store.ids())

    def _new(self) -> list[str]:
        return [name for name in self._store.ids() if name not in self._before]

    def letters(self) -> list[tuple[tuple[str, ...], str]]:
        """(recipients, subject), oldest first."""
        found = [self._store.get(name) for name in reversed(self._new())]
        return [(mail.to, mail.subject) for mail in found if mail is not None]

    def message_ids(self) -> list[str]:
        """Message-ID headers, oldest first."""
        raw = [self._store.raw(name) or b"" for name in reversed(self._new())]
        return [str(message_from_bytes(mail)["Message-ID"]) for mail in raw]


@pytest.fixture
def inbox(services: Services) -> Inbox:
    """Mails of this test."""
    return Inbox(services)


@pytest.fixture
def handlers(settings: Settings) -> dict[str, Handler]:
    """Topic → handler, as the worker process has them."""
    return work_handlers(settings)


@pytest.fixture
async def directory(db: Database) -> Directory:
    """Both cities, as a worker that has just started knows them."""
    found = Directory()
    await found.refresh(db)
    return found
