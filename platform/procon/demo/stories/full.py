"""The whole process over HTTP against a running demonstration, each person in their own browser.

A bad rating, the reclamação, a lawyer's defence, a hearing that is booked, moved and held, an
agreement that breaks, the decision, the appeal and the register. The city's clock is moved ahead
where the law makes people wait.
"""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pikepdf

from procon.demo.browser import Browser, Page, Unexpected
from procon.demo.files import pdf, photo
from procon.demo.stories.first import MAIL_SECONDS, Say, Story

Clock = Callable[[timedelta], None]
_HEARING = re.compile(r"/equipe/audiencias/([0-9a-f-]{36})")
_CHOICE = re.compile(r'<select[^>]*name="horario".*?</select>', re.DOTALL)
_RADIO = re.compile(r'<input[^>]*name="horario"[^>]*>')
_UUID = re.compile(r'value="([0-9a-f-]{36})"')
_CNPJ = re.compile(r"\b[0-9A-Z]{2}\.[0-9A-Z]{3}\.[0-9A-Z]{3}/[0-9A-Z]{4}-\d{2}\b")
_STARTS = re.compile(r"DTSTART[^:]*:(\d{8}T\d{6})Z?")
_SIX = re.compile(r"(?<![\d.])(\d{6})(?![\d-])")
PROMISE = "A empresa devolverá ao consumidor R$ 900,00 em três parcelas de R$ 300,00, por Pix."


class FullStory:
    """One complaint in one city, through every stage to the register.

    Args:
        forward: moves this city's clock ahead.
        ahead: how far it is ahead now.
    """

    def __init__(
        self, port: int, host: str, say: Say, *, forward: Clock, ahead: Callable[[], timedelta]
    ) -> None:
        self.base = Story(port, host, say)
        self._forward, self._ahead = forward, ahead
        people = ("lawyer", "supplier", "conciliator", "authority", "cityadmin")
        self._browsers = {name: Browser(port) for name in people}

    def play(self) -> str:
        """Play everything; returns the case number.

        Raises:
            Unexpected: something is not as it should be.
        """
        base = self.base
        base.files_complaint()
        base.issues_cip()
        base.answers()
        base.rates(solved=False)
        self._opens_complaint()
        self._lawyer_defends()
        hearing = self._hearing_is_booked_and_moved()
        self._hearing_is_held(hearing)
        self._agreement_breaks()
        self._decision_and_appeal()
        base.checks_the_end()
        self._autos_are_whole()
        return base.number

    def close(self) -> None:
        """Close the browsers."""
        self.base.close()
        for browser in self._browsers.values():
            browser.close()

    def _opens_complaint(self) -> None:
        self._act("staff", "open_complaint", texto="A resposta não resolveu o pedido.")
        self._act("staff", "notify_supplier", texto="Prove a entrega, por favor.")
        self.base.say("Analista abriu a reclamação e notificou a empresa para defesa.")

    def _lawyer_defends(self) -> None:
        browser, number = self._as("lawyer", "/advogado/cadastro"), self.base.number
        page = browser.page
        if page is not None and page.path.endswith("/cadastro"):
            form = page.form("/advogado/cadastro")
            card = [("carteira", ("carteira.jpg", photo("OAB"), "image/jpeg"))]
            values = {"tipo": "principal", "uf": "SP", "oab": "123.456"}
            browser.submit(form, values, card).must_say("Cadastro recebido")
            desk = self._staff("/equipe/advogados")
            chosen = [f for f in desk.forms if f.values.get("decisao") == "conferido"]
            if not chosen:
                raise Unexpected("nenhum cadastro de advogado espera conferência")
            self.base.staff.submit(chosen[0], {})
        page = browser.open(self._url(f"/advogado/procuracoes/nova?processo={number}"))
        mandate: dict[str, str | list[str]] = {
            "lado": "supplier",
            "documento": self._cnpj(),
            "alcance": "este",
            "poderes": ["file", "settle", "appeal"],
        }
        paper = [
            ("procuracao", ("procuracao.pdf", pdf("Procuração", (number,)), "application/pdf"))
        ]
        done = browser.submit(page.form("/advogado/procuracoes/nova"), mandate, paper)
        done.must_say("Procuração juntada")
        self._act("lawyer", "file_defence", texto="A transportadora atrasou; propomos acordo.")
        self.base.say("Advogada se cadastrou, juntou a procuração e apresentou a defesa.")

    def _hearing_is_booked_and_moved(self) -> str:
        base, number = self.base, self.base.number
        self._make_hours()
        page = self._staff(f"/equipe/processos/{number}/audiencia")
        form = page.form(f"/processos/{number}/audiencia")
        base.staff.submit(form, {"horario": self._hours(page)[0]}).must_say("Audiência")
        shown = self._staff(f"/equipe/processos/{number}/audiencia")
        found = _HEARING.search(shown.html)
        if found is None:
            raise Unexpected("a página do processo não leva à audiência")
        page = base.citizen.open(self._url(f"/processos/{number}/audiencia"))
        values = {"horario": self._hours(page)[-1], "motivo": "Tenho médico nesse dia."}
        base.citizen.submit(page.form("/audiencia/remarcar"), values).must_say("Audiência")
        base.say("Analista marcou a audiência; a consumidora remarcou sozinha, uma vez.")
        shown = self._staff(f"/equipe/processos/{number}/audiencia")
        return (_HEARING.search(shown.html) or found).group(1)

    def _make_hours(self) -> None:
        base, admin = self.base, self._as("cityadmin", "/equipe/audiencias/salas")
        page = admin.open(self._url("/equipe/audiencias/salas"))
        room = {"nome": f"Sala {base.number}", "tipo": "presencial", "endereco": "Rua Um, 10"}
        admin.submit(page.form("/audiencias/salas"), room)
        page = admin.open(self._url("/equipe/audiencias/horarios"))
        rooms = re.findall(r'<option value="([0-9a-f-]{36})"[^>]*>\s*([^<]*)', page.html)
        ours = [key for key, label in rooms if base.number in label]
        first = self._now() + timedelta(days=20)
        values: dict[str, str | list[str]] = {
            "sala": ours[0],
            "de": first.date().isoformat(),
            "ate": (first + timedelta(days=75)).date().isoformat(),
            "dias": ["0", "1", "2", "3", "4"],
            "abre": "09:00",
            "fecha": "10:00",
            "duracao": "40",
            "tolerancia": "15",
        }
        admin.submit(page.form("/audiencias/horarios"), values).must_say("hor")

    def _hearing_is_held(self, hearing: str) -> None:
        base = self.base
        invitation = base.citizen.fetch(self._url(f"/audiencias/{hearing}/convite.ics")).text
        starts = _STARTS.search(invitation)
        if starts is None or "METHOD:PUBLISH" not in invitation:
            raise Unexpected("o convite da audiência não está em ordem")
        at = datetime.strptime(starts.group(1), "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        self._forward(at - self._now() + timedelta(minutes=1))
        root = f"/equipe/audiencias/{hearing}"
        browser = self._as("conciliator", root)
        self._company_is_there(hearing)
        base.citizen.open(self._url(f"/audiencias/{hearing}"))
        self._press(base.citizen, "/presenca")
        page = browser.open(self._url(root))
        browser.submit(page.form(f"{hearing}/clausulas"), {"texto": PROMISE}).must_say(PROMISE)
        base.citizen.open(self._url(f"/audiencias/{hearing}")).must_say(PROMISE)
        for person in (base.citizen, self._browsers["supplier"]):
            self._accepts(person, hearing)
        page = browser.open(self._url(root))
        days = [(self._now() + timedelta(days=n)).date() for n in (5, 35, 65)]
        lines = "\n".join(f"{day:%d/%m/%Y}; 300,00; Pix" for day in days)
        values = {"resultado": "agreement", "total": "900,00", "parcelas": lines}
        browser.submit(page.form(f"{hearing}/encerrar"), values).must_say("Resultado")
        base.say("Audiência feita: as duas partes aceitaram o termo, acordo em 3 parcelas.")

    def _company_is_there(self, hearing: str) -> None:
        browser = self._as("supplier", f"/audiencias/{hearing}")
        self._press(browser, "/presenca")

    def _accepts(self, browser: Browser, hearing: str) -> None:
        seen = set(self._codes())
        page = browser.open(self._url(f"/audiencias/{hearing}/aceitar"))
        page = browser.submit(page.form("/codigo"), {})
        code = self._new_code(seen)
        done = browser.submit(page.form("/aceitar"), {"codigo": code})
        done.must_say("Seu aceite do termo foi registrado")

    def _agreement_breaks(self) -> None:
        base, number = self.base, self.base.number
        self._forward(timedelta(days=8))
        page = base.citizen.open(self._url(f"/processos/{number}/acordo"))
        forms = [form for form in page.forms if form.action.endswith("/acordo")]
        base.citizen.submit(forms[0], {"resposta": "sim"})
        self._forward(timedelta(days=31))
        page = base.citizen.open(self._url(f"/processos/{number}/acordo"))
        found = re.search(r"/acordo/nao-cumpriu\?data=([0-9a-f-]{36})", page.html)
        if found is None:
            raise Unexpected("a página do acordo não deixa avisar que não foi cumprido")
        page = base.citizen.open(
            self._url(f"/processos/{number}/acordo/nao-cumpriu?data={found.group(1)}")
        )
        base.citizen.submit(page.form("/acordo"), {"texto": "Não pagaram a segunda."})
        page = self._staff(f"/equipe/processos/{number}/acordo")
        values = {"data": found.group(1), "resposta": "nao", "texto": "Sem comprovante."}
        done = base.staff.submit(page.form("/acordo"), values)
        done.must_say("Decisão registrada", "Não cumprido")
        self._act("staff", "resume", texto="O acordo foi descumprido.")
        base.say("Uma parcela paga, a segunda não: acordo descumprido, processo retomado.")

    def _decision_and_appeal(self) -> None:
        given = {"texto": "A reclamação procede.", "resultado": "FUND_NAO_ATENDIDA"}
        self._as("authority", f"/equipe/processos/{self.base.number}")
        self._act("authority", "decide", **given)
        self._act("lawyer", "appeal", texto="O pagamento atrasou por erro do banco.")
        self._act("authority", "decide_appeal", **given)
        self._act("staff", "register")
        self.base.say("Decisão, recurso da advogada, decisão definitiva e cadastro do art. 44.")

    def _autos_are_whole(self) -> None:
        base, path = self.base, f"/processos/{self.base.number}/autos"
        page, end = base.citizen.open(self._url(path)), time.monotonic() + MAIL_SECONDS
        page = base.citizen.submit(page.form("/autos"), {})
        while f"{path}/pdf" not in page.html:
            if time.monotonic() > end:
                raise Unexpected(f"os autos não ficaram prontos em {MAIL_SECONDS:.0f} s")
            time.sleep(0.3)
            page = base.citizen.open(self._url(path))
        body = base.citizen.fetch(self._url(f"{path}/pdf")).content
        with pikepdf.open(io.BytesIO(body)) as document, document.open_outline() as outline:
            pages, marks = len(document.pages), len(outline.root)
        if pages < 10 or marks < 5:
            raise Unexpected(f"os autos têm só {pages} folhas e {marks} marcadores")
        base.say(f"Processo completo em PDF: {pages} folhas, {marks} marcadores.")

    def _act(self, who: str, transition: str, **fields: str) -> None:
        """An act of the procedure on its page, through the last look when there is one."""
        side = "/advogado/processos" if who == "lawyer" else "/equipe/processos"
        browser = self.base.staff if who == "staff" else self._browsers[who]
        page = browser.open(self._url(f"{side}/{self.base.number}/atos/{transition}"))
        done = browser.submit(page.form(f"/atos/{transition}"), fields)
        if done.path.endswith(f"/atos/{transition}"):
            done = browser.submit(done.form(f"/atos/{transition}"), {})
        if done.path.endswith(f"/atos/{transition}") or done.status != 200:
            raise Unexpected(f"o ato {transition} não foi feito: {done.url} ({done.status})")

    def _as(self, persona: str, path: str) -> Browser:
        """That person's browser, signed in and on `path`."""
        browser = self._browsers[persona]
        door = "equipe" if persona in {"conciliator", "authority", "cityadmin"} else "govbr"
        page = browser.open(self._url(f"/entrar/{door}?persona={persona}&voltar={path}"))
        if page.status != 200:
            raise Unexpected(f"{persona} não chegou a {path}: {page.url} ({page.status})")
        return browser

    def _staff(self, path: str) -> Page:
        return self.base.staff.open(self._url(path))

    def _press(self, browser: Browser, action: str) -> Page:
        if browser.page is None:
            raise Unexpected("nenhuma página está aberta")
        return browser.submit(browser.page.form(action), {})

    def _hours(self, page: Page) -> list[str]:
        # The staff choose from a list, the parties from radios.
        choice = _CHOICE.search(page.html)
        radios = _RADIO.findall(page.html)
        found = _UUID.findall(choice.group() if choice else " ".join(radios))
        if not found:
            raise Unexpected(f"{page.url} ({page.status}) não oferece horários")
        return found

    def _cnpj(self) -> str:
        found = _CNPJ.search(self._staff(f"/equipe/processos/{self.base.number}").text)
        if found is None:
            raise Unexpected("a página do processo não mostra o CNPJ da empresa")
        return found.group()

    def _codes(self) -> list[str]:
        """Six-digit codes in the mail box, the newest first."""
        address = self.base.mail.url("correio.localhost", "/api/messages?limit=50")
        found = []
        for message in self.base.mail.fetch(address).json():
            code = _SIX.search(message["subject"]) or _SIX.search(message["text"])
            if code and "audiência" in message["text"].lower():
                found.append(f"{message.get('id', '')}/{code.group(1)}")
        return found

    def _new_code(self, seen: set[str]) -> str:
        end = time.monotonic() + MAIL_SECONDS
        while time.monotonic() < end:
            for one in self._codes():
                if one not in seen:
                    return one.rpartition("/")[2]
            time.sleep(0.2)
        raise Unexpected("o código de aceite não chegou por e-mail")

    def _now(self) -> datetime:
        return datetime.now(UTC) + self._ahead()

    def _url(self, path: str) -> str:
        return self.base.staff.url(self.base.host, path)
