"""To the court, over HTTP against a running demonstration: a petition and an agreement.

The court is imitated and runs beside the story; a city that hands packages over gets its
acknowledgement from a person. The first answer of the court is lost on purpose.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import re
import threading
import time
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import httpx

from procon.demo.browser import Page, Unexpected
from procon.demo.files import pdf
from procon.demo.stories.first import Say, Story
from procon.demo.up import CLOCKS
from procon.embedded.court import Court, CourtServer
from procon.ext.cnj import parse_court_number
from procon.kernel.clock import shift_in
from procon.tenancy.manifest import Tenant

WAIT_SECONDS = 90.0
MNI, PACKAGE = "court_mni", "court_package"
_NUMBER = re.compile(r"\b\d{7}-\d{2}\.\d{4}\.\d\.\d{2}\.\d{4}\b")
_HAND_NUMBER = "0000001-36.2024.8.13.0024"


class CourtStory:
    """Two complaints of one city that end before a judge."""

    def __init__(self, port: int, city: Tenant, say: Say) -> None:
        self.port, self.city, self.say = port, city, say

    def play(self) -> None:
        """Play what the city's way into the court allows.

        Raises:
            Unexpected: something is not as it should be.
        """
        if self.city.ports.get("court") == MNI:
            with _running_court(self.city) as control:
                self._petition(control)
                self._agreement(control)
        else:
            self._package()

    def _petition(self, control: str) -> None:
        with _story(self.port, self.city, self.say) as base:
            self._unsolved(base)
            self._approved(base)
            before = len(_cases(control))
            httpx.post(control, json={"proximas": ["lost"]}).raise_for_status()
            _send(base, "peticao")
            number = _waited(base, "peticao", "Recebido pela Justiça")
            found = _NUMBER.search(number.text)
            if found is None or not parse_court_number(found.group()):
                raise Unexpected("a página não mostra o número da Justiça")
            cases = _cases(control)[before:]
            if len(cases) != 1:
                raise Unexpected(f"o tribunal tem {len(cases)} processos em vez de um")
            base.citizen.open(_own(base)).must_say(found.group())
            self.say(
                f"A primeira resposta do tribunal se perdeu; o sistema perguntou e não enviou"
                f" duas vezes: processo {found.group()}."
            )

    def _agreement(self, control: str) -> None:
        with _story(self.port, self.city, self.say) as base:
            base.files_complaint()
            base.issues_cip()
            self._settles(base)
            page = base.staff.open(_desk(base, "/homologacao"))
            base.staff.submit(page.form("/justica/homologacao"), {})
            _send(base, "homologacao")
            page = _waited(base, "homologacao", "Recebido pela Justiça")
            found = _NUMBER.search(page.text)
            if found is None:
                raise Unexpected("a página não mostra o número da Justiça")
            digits = parse_court_number(found.group()).digits
            told = {"homologar": True, "numero": digits}
            httpx.post(control, json=told).raise_for_status()
            base.staff.submit(page.form("/homologacao/perguntar"), {})
            _waited(base, "homologacao", "Acordo homologado")
            page = base.citizen.open(base.citizen.url(base.host, f"/processos/{base.number}"))
            page.must_say("A Justiça homologou o acordo")
            self.say(f"Acordo enviado e homologado no processo {found.group()}.")

    def _package(self) -> None:
        with _story(self.port, self.city, self.say) as base:
            self._unsolved(base)
            self._approved(base)
            _send(base, "peticao")
            _waited(base, "peticao", "Pacote pronto")
            body = base.staff.fetch(_desk(base, "/peticao/pacote")).content
            with zipfile.ZipFile(io.BytesIO(body)) as package:
                manifest = json.loads(package.read("manifest.json"))
                for file in manifest["files"]:
                    if hashlib.sha256(package.read(file["path"])).hexdigest() != file["sha256"]:
                        raise Unexpected(f"{file['path']} não confere com o manifesto")
            self.say(f"Pacote com {len(manifest['files'])} arquivos, hashes conferidos.")
            page = base.staff.open(_desk(base))
            paper = [("comprovante", ("recibo.pdf", pdf("Recibo", ("JEC",)), "application/pdf"))]
            number = self._free_number()
            form = page.form("/peticao/comprovante")
            done = base.staff.submit(form, {"numero": number}, paper)
            done.must_say("Recebido pela Justiça", number)
            base.citizen.open(_own(base)).must_say(number, "Baixar o comprovante")
            self.say(f"Pacote levado ao tribunal, comprovante juntado: processo {number}.")

    def _free_number(self) -> str:
        """In a person's hands: the city takes a number for one case only."""
        sample = parse_court_number(_HAND_NUMBER)
        return type(sample)(_serial(), sample.year, sample.branch, sample.court, 24).printed

    def _unsolved(self, base: Story) -> None:
        base.files_complaint()
        base.issues_cip()
        base.answers()
        base.rates(solved=False)

    def _approved(self, base: Story) -> None:
        page = base.staff.open(_desk(base, "/peticao"))
        done = base.staff.submit(page.form("/justica/peticao"), {})
        done.must_say("Em preparo")
        page = base.citizen.open(_own(base))
        page.must_say("Texto da petição", "Juizado Especial Cível")
        done = base.citizen.submit(page.form("/justica/aprovar"), {})
        done.must_say("Você aprovou este texto")
        self.say("Analista preparou a petição; a consumidora leu e aprovou.")

    def _settles(self, base: Story) -> None:
        """The company offers, the consumer accepts."""
        browser, path = base.company, f"/processos/{base.number}/proposta"
        browser.open(browser.url(base.host, "/entrar/govbr?persona=supplier&voltar=/fornecedor"))
        page = browser.open(browser.url(base.host, f"/fornecedor{path}"))
        now = _now(self.city)
        first = now + timedelta(days=30)
        values = {
            "tipo": "pagamento",
            "texto": "Devolução do valor por Pix.",
            "valor": "900,00",
            "parcelas": "3",
            "primeira": f"{first:%d/%m/%Y}",
            "validade": f"{now + timedelta(days=10):%d/%m/%Y}",
            "passo": "conferir",
        }
        page = browser.submit(page.form(path), values)
        if page.path.endswith("/proposta") and "Confira antes de enviar" in page.text:
            browser.submit(page.form(path), {"passo": "enviar"})
        page = base.citizen.open(base.citizen.url(base.host, f"{path}/aceitar"))
        done = base.citizen.submit(page.form("/aceitar"), {})
        done.must_say("Acordo feito")
        self.say("Empresa propôs devolver R$ 900,00; a consumidora aceitou.")


def play_courts(port: int, cities: Iterable[Tenant], say: Say) -> None:
    """The story in each city that has a way into a court.

    Raises:
        Unexpected: the first thing that is not as it should be, or no city has one.
    """
    chosen = [city for city in cities if city.ports.get("court") in {MNI, PACKAGE}]
    if not chosen:
        raise Unexpected("nenhuma cidade tem um caminho para a Justiça no manifesto")
    for city in chosen:
        say(city.host)
        CourtStory(port, city, lambda line: say(f"  {line}")).play()


@contextmanager
def _story(port: int, city: Tenant, say: Say) -> Iterator[Story]:
    story = Story(port, city.host, say)
    try:
        yield story
    finally:
        story.close()


@contextmanager
def _running_court(city: Tenant) -> Iterator[str]:
    """The imitated court at the manifest's address, started here unless one is there already.

    Yields:
        The address that tells it what to do.
    """
    where = urlsplit(city.plugins[MNI]["endpoint"])
    port = where.port or 80
    control = f"http://127.0.0.1:{port}/controle"
    try:
        httpx.get(control, timeout=2)
    except httpx.ConnectError:
        with _thread(port, city):
            yield control
    else:
        yield control


def _now(city: Tenant) -> datetime:
    """The city's clock, which may be ahead in a demonstration; the court's goes with it, or it
    would not find what was brought today.
    """
    return datetime.now(UTC) + shift_in(CLOCKS)(city.slug)


@contextmanager
def _thread(port: int, city: Tenant) -> Iterator[None]:
    loop, up = asyncio.new_event_loop(), threading.Event()
    end = asyncio.Event()
    failed: list[OSError] = []

    async def serve() -> None:
        try:
            async with CourtServer(Court(first=_serial(), now=lambda: _now(city)), port=port):
                up.set()
                await end.wait()
        except OSError as error:
            failed.append(error)
            up.set()

    running = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    running.start()
    up.wait()
    if failed:
        raise Unexpected(f"o tribunal de mentira não começou na porta {port}: {failed[0]}")
    try:
        yield
    finally:
        loop.call_soon_threadsafe(end.set)
        running.join()
        loop.close()


def _serial() -> int:
    """Another one each time, as a court would give."""
    return int(datetime.now(UTC).timestamp()) % 9_000_000 + 1


def _send(base: Story, kind: str) -> None:
    page = base.staff.open(_desk(base, f"/{kind}/conferir"))
    page.must_say("Confira antes de enviar à Justiça")
    base.staff.submit(page.form("/conferir"), {}).must_say("Enviando")


def _waited(base: Story, kind: str, words: str) -> Page:
    """The staff's page, as soon as it says so."""
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        page = base.staff.open(_desk(base))
        if words in page.text:
            return page
        time.sleep(0.5)
    raise Unexpected(f"{kind}: “{words}” não apareceu em {WAIT_SECONDS:.0f} s")


def _cases(control: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = httpx.get(control, timeout=5).json()["processos"]
    return found


def _desk(base: Story, tail: str = "") -> str:
    return base.staff.url(base.host, f"/equipe/processos/{base.number}/justica{tail}")


def _own(base: Story) -> str:
    return base.citizen.url(base.host, f"/processos/{base.number}/justica")
