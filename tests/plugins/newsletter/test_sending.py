"""The queue: once for each reader, whatever happens to the worker, the server or the reader."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from msgspec.structs import replace

from plugins.newsletter.steps import HERE as ORIGIN
from plugins.newsletter.steps import Box, publish, send, signed_up, states, subscribe, work
from procon.ext.services import KEY, NotNow, services_of
from procon.plugged import Plugins
from procon.plugged import states as plugin_states
from procon.settings import Settings
from procon_newsletter.issues import stop
from procon_newsletter.mail.post import BUSY, HANDFUL, drain
from procon_newsletter.mail.queue import claim, recover
from procon_newsletter.people import leave
from procon_newsletter.settings import NewsletterSettings
from support.cities import City, MovingClock, staff
from support.web import Web

pytestmark = pytest.mark.plugin("newsletter")
ROOT = "/p/newsletter"
ADMIN = staff("cityadmin", name="Nara Dias")
HERE = NewsletterSettings()


class Killed(BaseException):
    """The worker's process ends here."""


def lend(city: City, line: Any) -> None:
    """Another mail server for this city's database; the fixture puts the real one back."""

    @asynccontextmanager
    async def mail() -> AsyncIterator[Any]:
        yield line

    services = services_of(city.db)
    city.db.extensions = {**city.db.extensions, KEY: replace(services, mail=mail)}


class Server:
    """Counts what it takes; may die after some, before or after it has taken the last."""

    def __init__(self, *, dies_at: int = 0, after: bool = False, error: Any = None) -> None:
        self.taken: list[str] = []
        self._calls = 0
        self._dies_at, self._after, self._error = dies_at, after, error

    async def send(self, mail: bytes, *, sender: str, recipient: str) -> None:
        """Take one."""
        self._calls += 1
        dies = self._calls == self._dies_at
        if self._error is not None and dies:
            raise self._error
        if dies and not self._after:
            raise Killed
        self.taken.append(recipient)
        if dies:
            raise Killed
        await asyncio.sleep(0)


async def readers(city: City, count: int, domain: str = "leitora.example") -> list[str]:
    """Some readers."""
    found = [f"r{number}@{domain}" for number in range(count)]
    for email in found:
        await subscribe(city, email)
    return found


async def test_one_mail_with_what_rfc_8058_asks_for(on: City, box: Box) -> None:
    token = await subscribe(on, "ana@leitora.example")
    number = await publish(on, "Golpe do <Pix>", "Olá, **ç**.\n\n- um\n- [site](https://a.example)")
    assert await send(on) == 1
    mail = box.one("ana@leitora.example")
    way_out = f"http://ligada.localhost{ROOT}/sair/{token}?edicao={number}"
    assert mail["List-Unsubscribe"] == f"<{way_out}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert (mail["Subject"], mail["From"].addresses[0].addr_spec) == (
        "Golpe do <Pix>",
        "boletim@campinas.example",
    )
    async with on.scope() as tx:
        row = await tx.fetchrow("SELECT id, token FROM newsletter_delivery")
    assert mail["Message-ID"] == f"<{row['id']}@campinas.example>"
    text = mail.get_body(("plain",))
    html = mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert way_out in text.get_content()
    assert "<strong>ç</strong>" in html.get_content()
    assert "Golpe do &lt;Pix&gt;" in html.get_content()
    assert way_out.replace("&", "&amp;") in html.get_content()
    assert not any(word in html.get_content() for word in ("<img", "<link", "@import", "slot"))
    assert await states(on) == {"sent": 1}


async def test_two_workers_and_a_second_round_send_nobody_twice(on: City) -> None:
    wanted = await readers(on, 12)
    await publish(on)
    server = Server()
    lend(on, server)
    await asyncio.gather(*(drain(on.db, on.tenant, HERE, seconds=20) for _ in range(2)))
    await send(on)
    assert sorted(server.taken) == sorted(wanted)
    assert await states(on) == {"sent": 12}
    async with on.scope() as tx:
        assert await tx.fetchval("SELECT state FROM newsletter_issue") == "sent"


async def test_killed_twice_nobody_gets_it_twice(on: City, clock: MovingClock) -> None:
    wanted = await readers(on, 3 * HANDFUL)
    await publish(on)
    taken: list[str] = []
    for server in (Server(dies_at=4), Server(dies_at=3, after=True), Server()):
        lend(on, server)
        try:
            await send(on)
        except Killed:
            clock.forward(minutes=3)
        taken += server.taken
    # Each death leaves one handful of which nobody knows: three of five had gone out.
    assert await states(on) == {"sent": HANDFUL, "unsure": 2 * HANDFUL}
    assert len(taken) == len(set(taken)) == HANDFUL + 3 + 3
    assert set(taken) < set(wanted)


async def test_a_row_that_another_worker_took_over_is_not_begun(
    on: City, clock: MovingClock
) -> None:
    await readers(on, HANDFUL + 1)
    await publish(on)
    server = Server(dies_at=1)
    lend(on, server)
    with pytest.raises(Killed):
        await send(on)
    async with on.scope() as tx:
        assert await states_in(tx) == {"begun": HANDFUL, "leased": 1}
        await recover(tx)
        assert await states_in(tx) == {"begun": HANDFUL, "leased": 1}
    clock.forward(minutes=3)
    async with on.scope() as tx:
        await recover(tx)
        assert await states_in(tx) == {"unsure": HANDFUL, "waiting": 1}


async def test_who_leaves_while_it_is_sent_gets_nothing(on: City) -> None:
    first = await readers(on, HANDFUL)
    token = await subscribe(on, "ana@leitora.example")
    await publish(on)

    class Late(Server):
        async def send(self, mail: bytes, *, sender: str, recipient: str) -> None:
            await super().send(mail, sender=sender, recipient=recipient)
            if len(self.taken) == 1:
                async with on.scope() as tx:
                    await leave(tx, token=token, words="Sair", origin=ORIGIN)

    server = Late()
    lend(on, server)
    await send(on)
    assert server.taken == first
    assert await states(on) == {"sent": HANDFUL, "dropped": 1}


async def test_no_domain_gets_more_than_its_share(on: City, clock: MovingClock) -> None:
    await readers(on, 5, "grande.example")
    await readers(on, 2, "pequena.example")
    await publish(on)
    slow = NewsletterSettings(per_minute=3)
    assert await send(on, slow) == 5
    assert await send(on, slow) == 0
    clock.forward(seconds=61)
    assert await send(on, slow) == 2
    assert await states(on) == {"sent": 7}


async def test_not_now_waits_and_gives_up_in_the_end(on: City, clock: MovingClock) -> None:
    await subscribe(on, "ana@leitora.example")
    await publish(on)
    for _ in range(5):
        lend(on, Server(dies_at=1, error=NotNow("451 later")))
        assert await send(on) == 0
        assert await send(on) == 0
        clock.forward(hours=6)
    assert await states(on) == {"failed": 1}


async def test_a_server_that_says_not_now_is_left_alone(on: City) -> None:
    await readers(on, HANDFUL)
    await publish(on)

    class Busy(Server):
        async def send(self, mail: bytes, *, sender: str, recipient: str) -> None:
            if self.taken:
                raise NotNow("421 busy")
            await super().send(mail, sender=sender, recipient=recipient)

    lend(on, Busy())
    assert await send(on) == 1
    async with on.scope() as tx:
        tries = await tx.fetch(
            "SELECT attempts FROM newsletter_delivery WHERE state = 'waiting' ORDER BY id"
        )
    assert [row["attempts"] for row in tries] == [1] * BUSY + [0] * (HANDFUL - 1 - BUSY)


async def test_a_broken_connection_is_not_tried_again(on: City) -> None:
    await subscribe(on, "ana@leitora.example")
    await publish(on)
    lend(on, Server(dies_at=1, error=ConnectionError("gone")))
    assert await send(on) == 0
    assert await states(on) == {"unsure": 1}


async def test_a_refused_address_is_never_written_to_again(on: City, box: Box) -> None:
    await subscribe(on, "bounce@leitora.example")
    await publish(on)
    assert await send(on) == 0
    assert await states(on) == {"returned": 1}
    await publish(on)
    assert await send(on) == 0
    assert box.all() == []
    async with on.scope() as tx:
        assert await tx.fetchval("SELECT state FROM newsletter_subscriber") == "returned"
        assert await tx.fetchval("SELECT reason FROM newsletter_suppression") == "returned"
        reason = await tx.fetchval("SELECT reason FROM newsletter_bounce")
    assert reason == "550 5.1.1 Esta caixa postal não existe"


async def test_stopping_ends_it_where_it_is(on: City) -> None:
    await readers(on, 3)
    number = await publish(on)
    async with on.scope() as tx:
        assert await stop(tx, author="Nara", number=number) == "draft"
    assert await send(on) == 0
    await publish(on)
    lend(on, Server(dies_at=2))
    with pytest.raises(Killed):
        await send(on)
    async with on.scope() as tx:
        assert await stop(tx, author="Nara", number=number + 1) == "cancelled"
    lend(on, Server())
    assert await send(on) == 0
    async with on.scope() as tx:
        assert await claim(tx, issues=[], lease=uuid4(), per_minute=9) == []


async def test_dkim_covers_the_way_out(
    on: City, box: Box, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    monkeypatch.setenv("PROCON_SECRET_BOLETIM", pem.decode())
    await subscribe(on, "ana@leitora.example")
    await publish(on)
    signed = NewsletterSettings(dkim_key="secret://BOLETIM", dkim_selector="s1")
    assert await send(on, signed) == 1
    (mail,) = box.raw("ana@leitora.example")
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    record = b"v=DKIM1; k=rsa; p=" + b64encode(der)
    assert dkim.verify(mail, dnsfunc=lambda *_, **__: record)
    forged = mail.replace(b"/sair/", b"/ficar/")
    assert not dkim.verify(forged, dnsfunc=lambda *_, **__: record)


async def test_a_missing_key_sends_nothing_unsigned(
    on: City, plugins: Plugins, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    await subscribe(on, "ana@leitora.example")
    await publish(on)
    monkeypatch.setenv("PROCON_SECRET_OUTRO", "x")
    for name in ("NENHUM", "OUTRO"):
        with pytest.raises(LookupError):
            await send(on, NewsletterSettings(dkim_key=f"secret://{name}"))
    assert box.all() == []
    sick = replace(on.tenant, plugins={"newsletter": {"dkim_key": "secret://NENHUM"}})
    (state,) = await plugin_states(on.db, plugins, sick)
    assert (state.health.well, state.health.sentence) == (
        False,
        "Falta um segredo, e nada é enviado: PROCON_SECRET_NENHUM is not set.",
    )
    (state,) = await plugin_states(on.db, plugins, on.tenant)
    assert (state.health.well, state.health.sentence) == (
        True,
        "1 assinante(s), 1 mensagem(ns) na fila.",
    )


async def test_a_test_goes_to_one_address(web: Web, on: City, box: Box, plugins: Plugins) -> None:
    await signed_up(web, on, "ana@leitora.example", plugins)
    form = {"titulo": "Recall", "texto": "Texto", "temas": "recalls", "_chave": "k1"}
    for _ in range(2):
        made = await web.post(on, f"{ROOT}/equipe/nova", form, actor=ADMIN)
        assert made.headers["location"] == f"{ROOT}/equipe/edicoes/1"
    path = f"{ROOT}/equipe/edicoes/1"
    sent = await web.post(on, f"{path}/teste", {"email": "nara@cidade.example"}, actor=ADMIN)
    assert sent.status_code == 303
    await work(on, plugins)
    assert box.one("nara@cidade.example")["Subject"] == "[Teste] Recall"
    denied = await web.post(on, f"{path}/enviar", {}, actor=staff("analyst"))
    assert denied.status_code == 403
    late = {"quando_dia": "31", "quando_mes": "2", "quando_ano": "2027", "hora": "9:30"}
    assert (await web.post(on, f"{path}/enviar", late, actor=ADMIN)).status_code == 422
    assert (await web.post(on, f"{path}/enviar", {}, actor=ADMIN)).status_code == 303
    again = await web.post(on, f"{path}/editar", form, actor=ADMIN)
    assert again.status_code == 409


async def states_in(tx: Any) -> dict[str, int]:
    """State of deliveries → how many, inside a scope."""
    rows = await tx.fetch("SELECT state, count(*) FROM newsletter_delivery GROUP BY state")
    return {row["state"]: row["count"] for row in rows}
