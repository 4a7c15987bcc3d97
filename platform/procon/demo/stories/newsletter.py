"""The newsletter's story over HTTP: sign up, confirm, receive an issue, leave with one click.

The first thing that is not as it should be ends the story.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from procon.demo.browser import Browser, Page, Unexpected
from procon.tenancy.manifest import Tenant

Say = Callable[[str], None]
SLUG = "newsletter"
ROOT = f"/p/{SLUG}"
DESK = f"{ROOT}/equipe"
SECONDS = 90.0
MAILS = "correio.localhost"


class NewsletterStory:
    """One reader in one city, from the form to the way out."""

    def __init__(self, port: int, host: str, say: Say) -> None:
        self.host, self.say = host, say
        self.reader, self.staff, self.mail = (Browser(port) for _ in range(3))
        self._mark = datetime.now(UTC).strftime("%Y%m%d%H%M%S%f")
        self.address = f"leitora.{self._mark}@exemplo.example"

    def play(self) -> None:
        """Play everything.

        Raises:
            Unexpected: a page or an e-mail is not as it should be.
        """
        self.signs_up()
        first = self.sends(f"Golpe do boleto {self._mark}")
        way_out = self.receives(first)
        self.leaves(way_out)
        self.hears_no_more()

    def close(self) -> None:
        """Close the browsers."""
        for browser in (self.reader, self.staff, self.mail):
            browser.close()

    def signs_up(self) -> None:
        """The form, the question by e-mail, and the yes."""
        page = self._open(self.reader, f"{ROOT}/assinar")
        wanted: dict[str, str | list[str]] = {"email": self.address, "temas": ["golpes", "recalls"]}
        self.reader.submit(page.form("/assinar"), wanted).must_say("Confira seu e-mail")
        question = self._mail("Confirme sua assinatura")
        link = re.search(rf"https?://\S+{ROOT}/confirmar/\S+", str(question["text"]))
        if link is None:
            raise Unexpected("o e-mail de confirmação não traz o link")
        asked = self.reader.open(link.group())
        asked.must_say(self.address)
        self.reader.submit(asked.form("/" + link.group().rpartition("/")[2]), {}).must_say(
            "Assinatura confirmada"
        )
        self.say(f"Leitora {self.address} assinou e confirmou pelo link do e-mail.")

    def sends(self, title: str) -> str:
        """An administrator writes an issue and sends it; returns its title."""
        if self.staff.page is None:
            door = f"/entrar/equipe?persona=cityadmin&voltar={DESK}"
            self._open(self.staff, door).must_say("Edições do boletim")
        page = self._open(self.staff, f"{DESK}/nova")
        text = "Não pague o boleto. **Ligue** para nós.\n\n- {{ 7*7 }} <b>x</b>"
        values: dict[str, str | list[str]] = {"titulo": title, "texto": text, "temas": ["golpes"]}
        draft = self.staff.submit(page.form("/nova"), values)
        draft.must_say(title, "{{ 7*7 }} <b>x</b>")
        self.staff.submit(draft.form("/enviar"), {}).must_say("começa a ser enviada")
        self.say(f"Administração escreveu e mandou enviar: {title}.")
        return title

    def receives(self, title: str) -> str:
        """The issue arrives with what mail providers ask for; returns the one-click address."""
        found = self._mail(title)
        raw = self.mail.fetch(self.mail.url(MAILS, f"/mensagens/{found['id']}/original")).content
        mail = message_from_bytes(raw, policy=policy.default)
        if mail["List-Unsubscribe-Post"] != "List-Unsubscribe=One-Click":
            raise Unexpected("o e-mail não tem List-Unsubscribe-Post (RFC 8058)")
        way_out = re.fullmatch(r"<(https?://[^>]+)>", str(mail["List-Unsubscribe"]))
        if way_out is None or self.host not in way_out.group(1):
            raise Unexpected(f"List-Unsubscribe estranho: {mail['List-Unsubscribe']}")
        html = _part(mail, "html")
        if "{{ 7*7 }} &lt;b&gt;x" not in html or "<img" in html or "<strong>Ligue" not in html:
            raise Unexpected("o HTML do e-mail não é o texto que foi escrito")
        if way_out.group(1) not in _part(mail, "plain"):
            raise Unexpected("o texto do e-mail não traz o link de saída")
        self.say("Leitora recebeu a edição, com saída de um clique e sem imagens.")
        return way_out.group(1)

    def leaves(self, way_out: str) -> None:
        """Opening the link changes nothing; the mail program's own button does."""
        shown = self.reader.open(way_out)
        shown.must_say("Parar de receber")
        self.reader.open(way_out).form(shown.path)
        answer = self.mail.post_bare(way_out, {"List-Unsubscribe": "One-Click"})
        if answer.status_code != 200:
            raise Unexpected(f"o clique de saída respondeu {answer.status_code}")
        self.reader.open(way_out).must_say("Você saiu do boletim")
        self.say("Abrir o link não mudou nada; o botão do programa de e-mail a tirou da lista.")

    def hears_no_more(self) -> None:
        """Another issue is sent to the end and does not reach her."""
        title = self.sends(f"Recall de fogões {self._mark}")
        page, end = self._sent(), time.monotonic() + SECONDS
        while "· Enviada" not in page.text:
            if time.monotonic() > end:
                raise Unexpected(f"a edição não terminou de ser enviada em {SECONDS:.0f} s")
            time.sleep(0.5)
            page = self._sent()
        if any(title in found["subject"] for found in self._mails()):
            raise Unexpected("a leitora que saiu recebeu outra edição")
        self.say("A edição seguinte foi enviada até o fim e não chegou a quem saiu.")

    def _sent(self) -> Page:
        if self.staff.page is None:
            raise Unexpected("nenhuma página está aberta")
        return self.staff.open(self.staff.page.url)

    def _open(self, browser: Browser, path: str) -> Page:
        return browser.open(browser.url(self.host, path))

    def _mails(self) -> list[dict[str, Any]]:
        address = self.mail.url(MAILS, f"/api/messages?to={self.address}")
        found: list[dict[str, Any]] = self.mail.fetch(address).json()
        return found

    def _mail(self, subject: str) -> dict[str, Any]:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            for found in self._mails():
                if subject in found["subject"]:
                    self.say(f"  e-mail para {self.address}: {found['subject']}")
                    return found
            time.sleep(0.3)
        raise Unexpected(f"o e-mail “{subject}” não chegou em {SECONDS:.0f} s")


def replay_newsletter(port: int, cities: Iterable[Tenant], say: Say) -> None:
    """The story where the newsletter is on; where it is off, that nothing of it is there.

    Raises:
        Unexpected: the first thing that is not as it should be, or no city has it on.
    """
    played = 0
    for city in cities:
        say(city.host)
        story = NewsletterStory(port, city.host, lambda line: say(f"  {line}"))
        try:
            if SLUG in city.plugins:
                story.play()
                played += 1
                say("  Boletim: do começo ao fim, como devia ser.")
                continue
            page = story.reader.open(story.reader.url(city.host, f"{ROOT}/assinar"))
            if page.status != 404:
                raise Unexpected(f"{page.url} respondeu {page.status}; esta cidade não o ligou")
            say("  O boletim está desligado nesta cidade, e nada dele aparece.")
        finally:
            story.close()
    if not played:
        raise Unexpected("nenhuma destas cidades liga o boletim")


def _part(mail: Any, kind: str) -> str:
    part = mail.get_body((kind,)) if isinstance(mail, EmailMessage) else None
    if part is None:
        raise Unexpected(f"o e-mail não tem a parte {kind}")
    return str(part.get_content())
