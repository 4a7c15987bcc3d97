"""The first story over HTTP against a running demonstration, with real files.

Each step says what it did; the first thing that is not as it should be ends the story.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime

from procon.demo.browser import Browser, Page, Unexpected
from procon.demo.files import pdf, photo, video

Say = Callable[[str], None]
MAIL_SECONDS = 30.0
_CODE = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}\b")
_CHOICE = re.compile(r'<input[^>]*name="empresa"[^>]*value="([0-9a-f-]{36})"')
_NUMBER = re.compile(r"\b\d{4}\.\d{6}-\d\b")
ANSWER = "Pedimos desculpas. A geladeira será entregue em três dias úteis, com o frete devolvido."


class Story:
    """One complaint in one city, from the first sentence to the rating."""

    def __init__(self, port: int, host: str, say: Say) -> None:
        self.host, self.say = host, say
        self.citizen, self.staff, self.company, self.mail = (Browser(port) for _ in range(4))
        self._mark = datetime.now(UTC).strftime("%Y%m%d%H%M%S%f")
        self.number = ""

    def play(self) -> str:
        """Play everything; returns the case number.

        Raises:
            Unexpected: a page, an e-mail or a file is not as it should be.
        """
        self.files_complaint()
        self.issues_cip()
        self.answers()
        self.rates()
        self.checks_the_end()
        return self.number

    def close(self) -> None:
        """Close the browsers."""
        for browser in (self.citizen, self.staff, self.company, self.mail):
            browser.close()

    def files_complaint(self) -> None:
        """The consumer's wizard, from the first question to the receipt."""
        browser = self.citizen
        start = browser.open(browser.url(self.host, "/reclamar"))
        page = browser.submit(start.form("/reclamar"), {})
        story = f"Comprei uma geladeira e ela não chegou. Pedido {self._mark}. <b>negrito</b>"
        page = self._step(page, "o-que-houve", {"relato": story})
        page = self._choose_company(page)
        page = self._step(page, "assunto", {"assunto": "0403", "problema": "401"})
        page = self._step(page, "quando", {"nao_lembro": "sim"})
        page = self._step(page, "valor", {"valor": "2.499,00"})
        tried = {"tentou": "sim", "tentativa": "Liguei três vezes.", "protocolo": "202611250001"}
        page = self._step(page, "tentativa", tried)
        page = self._step(page, "pedido", {"pedido": "Receber a geladeira."})
        page = self._attach(page)
        contact = {"nome": "Pessoa Exemplo", "cpf": "529.982.247-25", "email": "x@exemplo.example"}
        page = self._step(page, "contato", contact)
        page = browser.open(
            browser.url(self.host, "/entrar/govbr?persona=consumer&voltar=/reclamar/conferir")
        )
        page.must_say("Liguei três vezes.", "<b>negrito</b>", "Receber a geladeira.")
        receipt = browser.submit(page.form("/reclamar/enviar"), {})
        found = _NUMBER.search(receipt.text)
        if found is None:
            raise Unexpected(f"{receipt.url} ({receipt.status}) não mostra o número")
        self.number = found.group()
        self.say(f"Consumidora registrou o processo {self.number}, com foto, PDF e vídeo.")
        self.mail_about("Recebemos sua reclamação")

    def _step(self, page: Page, step: str, values: dict[str, str]) -> Page:
        if not page.path.endswith(f"/{step}"):
            raise Unexpected(f"esperava a pergunta {step}, veio {page.url} ({page.status})")
        return self.citizen.submit(page.form(f"/reclamar/{step}"), values)

    def _choose_company(self, page: Page) -> Page:
        searched = self.citizen.open(page.url + "?q=sabia")
        searched.must_say("Sabiá")
        found = re.search(
            r'name="empresa"[^>]*value="([0-9a-f-]{36})"', searched.html
        ) or re.search(r'value="([0-9a-f-]{36})"[^>]*name="empresa"', searched.html)
        if found is None:
            raise Unexpected("a busca de empresa não oferece a Sabiá")
        return self._step(searched, "empresa", {"empresa": found.group(1)})

    def _attach(self, page: Page) -> Page:
        if not page.path.endswith("/arquivos"):
            raise Unexpected(f"esperava a página de arquivos, veio {page.url} ({page.status})")
        proofs = {
            "nota.jpg": (photo(f"NOTA FISCAL {self._mark}"), "image/jpeg"),
            "pedido.pdf": (pdf("Pedido", (self._mark, "Geladeira R$ 2.499,00")), "application/pdf"),
            "porta.mov": (video(), "video/quicktime"),
        }
        for name, (body, kind) in proofs.items():
            page = self.citizen.submit(
                page.form("/arquivos/enviar"), {}, [("arquivo", (name, body, kind))]
            )
            page.must_say(name)
        return self.citizen.submit(page.form("/reclamar/arquivos"), {})

    def issues_cip(self) -> None:
        """An analyst takes the case and issues the CIP."""
        browser = self.staff
        day = browser.open(browser.url(self.host, "/entrar/equipe?persona=analyst&voltar=/equipe"))
        day.must_say("Meu dia")
        path = f"/equipe/processos/{self.number}"
        case = browser.open(browser.url(self.host, path))
        case.must_say(self.number, "Liguei três vezes.")
        if self._mark not in case.text or "<b>negrito</b>" in case.html:
            raise Unexpected("o relato não aparece como texto no processo")
        case = browser.submit(case.form("/assumir"), {})
        case = browser.submit(case.form("/nota"), {"nota": "Nota interna da história."})
        case.must_say("Nota interna da história.")
        confirm = browser.open(browser.url(self.host, f"{path}/cip"))
        confirm.must_say("Contamos")
        browser.submit(confirm.form("/cip"), {})
        self.say("Analista assumiu o processo, deixou uma nota interna e emitiu a CIP.")
        message = self.mail_about("Carta de Informações Preliminares")
        code = _CODE.search(message)
        if code is None:
            raise Unexpected("o e-mail da CIP não traz o código de acesso")
        self._code = code.group()

    def answers(self) -> None:
        """The company enters with its code and answers."""
        browser = self.company
        door = browser.open(browser.url(self.host, "/fornecedor"))
        wrong = browser.submit(door.form("/fornecedor/codigo"), {"codigo": "0000-0000-0000"})
        if wrong.status != 422:
            raise Unexpected(f"um código errado respondeu {wrong.status}")
        case = browser.submit(wrong.form("/fornecedor/codigo"), {"codigo": self._code})
        case.must_say(self.number, "Receber a geladeira.", "Contamos")
        if "Nota interna da história." in case.html:
            raise Unexpected("a empresa vê a nota interna")
        form = case.form("/responder")
        receipt = browser.submit(form, {"resposta": ANSWER})
        digest = re.search(r"\b[0-9a-f]{64}\b", receipt.text)
        if digest is None:
            raise Unexpected(f"{receipt.url} ({receipt.status}) não mostra o SHA-256 da resposta")
        browser.page = case
        again = browser.submit(form, {"resposta": ANSWER})
        again.must_say(digest.group())
        self.say(f"Empresa entrou com o código {self._code} e respondeu: {digest.group()[:16]}…")
        self.mail_about("A empresa respondeu")

    def rates(self, *, solved: bool = True) -> None:
        """The consumer reads the answer and rates it."""
        browser = self.citizen
        case = browser.open(browser.url(self.host, f"/processos/{self.number}"))
        case.must_say(ANSWER)
        values = {"resolvido": "sim", "nota": "5", "motivo": "Cumpriram o combinado."}
        if not solved:
            values = {"resolvido": "nao", "nota": "1", "motivo": "A geladeira não chegou."}
        done = browser.submit(case.form("/avaliar"), values)
        done.must_say("foi resolvido" if solved else "não foi resolvido")
        verdict = "resolvido, nota 5" if solved else "não resolvido, nota 1"
        self.say(f"Consumidora leu a resposta e avaliou: {verdict}.")

    def checks_the_end(self) -> None:
        """The chain of the log holds, and the staff's page is the staff's."""
        browser = self.staff
        path = f"/equipe/processos/{self.number}"
        verdict = browser.open(browser.url(self.host, f"{path}/verificar"))
        verdict.must_say("O histórico está intacto")
        other = self.company.open(self.company.url(self.host, path))
        if other.status not in {401, 403, 404}:
            raise Unexpected(f"a empresa abriu a página da equipe: {other.status}")
        self.say("A cadeia de atos do processo confere.")

    def mail_about(self, subject: str, *, to: str = "") -> str:
        """Text of the newest e-mail about this case with such a subject, waiting for it.

        Raises:
            Unexpected: it did not come.
        """
        browser, end = self.mail, time.monotonic() + MAIL_SECONDS
        address = browser.url("correio.localhost", "/api/messages?limit=50")
        while time.monotonic() < end:
            for message in browser.fetch(address).json():
                # Two cities may have cases of the same number.
                ours = self.host in message["text"] and self.number in message["subject"]
                if ours and subject in message["subject"] and to in str(message["to"]):
                    self.say(f"  e-mail para {message['to']}: {message['subject']}")
                    return str(message["text"])
            time.sleep(0.2)
        raise Unexpected(f"o e-mail “{subject}” não chegou em {MAIL_SECONDS:.0f} s")
