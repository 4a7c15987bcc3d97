"""What several of the newsletter's tests do."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from uuid import uuid4

from procon.embedded.services import Services
from procon.jobs.outbox import drain as drain_outbox
from procon.plugged import Plugins, handlers
from procon_newsletter.issues import schedule, write
from procon_newsletter.mail.post import drain
from procon_newsletter.people import Origin, ask, confirm
from procon_newsletter.settings import NewsletterSettings
from support.cities import City
from support.web import Web

HERE = Origin("203.0.113.7", "test")
WORDS = "Quero receber."
ROUND = 20.0


class Box:
    """What arrived since the test began."""

    def __init__(self, services: Services) -> None:
        self._store = services.mail
        self._before = set(self._store.ids())

    def all(self, to: str = "") -> list[EmailMessage]:
        """Arrived mails, the oldest first."""
        found = []
        for name in sorted(set(self._store.ids()) - self._before):
            raw = self._store.raw(name)
            assert raw is not None
            mail = message_from_bytes(raw, policy=policy.default)
            assert isinstance(mail, EmailMessage)
            if to in str(mail["X-Envelope-To"]):
                found.append(mail)
        return found

    def raw(self, to: str) -> list[bytes]:
        """Bytes of those to this address, without what the sink wrote above them."""
        found = []
        for name in sorted(set(self._store.ids()) - self._before):
            head, _, mail = (self._store.raw(name) or b"").partition(b"\r\n")
            if to.encode() in head:
                found.append(mail)
        return found

    def one(self, to: str) -> EmailMessage:
        """The only one to this address."""
        (mail,) = self.all(to)
        return mail


async def subscribe(city: City, email: str, *topics: str) -> str:
    """A confirmed reader; returns the token of their own pages."""
    async with city.scope() as tx:
        chosen = topics or ("golpes",)
        await ask(tx, email=email, topics=chosen, words=WORDS, origin=HERE)
        token = await tx.fetchval(
            "SELECT confirm_token FROM newsletter_subscriber WHERE email = $1", email
        )
        return (await confirm(tx, token=token, words="Sim", origin=HERE)).token


async def publish(
    city: City, title: str = "Golpe do Pix", body: str = "Cuidado.", topics: tuple[str, ...] = ()
) -> int:
    """An issue that is due; returns its number."""
    async with city.scope() as tx:
        number = await write(
            tx,
            author="Bia",
            title=title,
            body=body,
            topics=topics or ("golpes",),
            key=uuid4().hex,
        )
        await schedule(tx, author="Bia", number=number, send_at=tx.now)
    return number


async def send(city: City, settings: NewsletterSettings | None = None) -> int:
    """Drain the newsletter's queue."""
    return await drain(city.db, city.tenant, settings or NewsletterSettings(), seconds=ROUND)


async def work(city: City, plugins: Plugins) -> None:
    """Drain the outbox."""
    await drain_outbox(city.db, city.tenant, handlers(plugins))


async def states(city: City) -> dict[str, int]:
    """State of deliveries → how many."""
    async with city.scope() as tx:
        rows = await tx.fetch("SELECT state, count(*) FROM newsletter_delivery GROUP BY state")
    return {row["state"]: row["count"] for row in rows}


async def signed_up(web: Web, city: City, email: str, plugins: Plugins) -> None:
    """The form, filled and sent, and the question mailed."""
    form = {"email": email, "temas": ["golpes", "recalls"]}
    sent = await web.post(city, "/p/newsletter/assinar", form)
    assert (sent.status_code, sent.headers["location"]) == (303, "/p/newsletter/assinar/enviado")
    await work(city, plugins)


def link_in(text: str, path: str) -> str:
    """The path of the link in a mail that begins with `path`."""
    found = re.search(rf"https?://[^/\s]+({re.escape(path)}[^\s>]+)", text)
    assert found, text
    return found.group(1)
