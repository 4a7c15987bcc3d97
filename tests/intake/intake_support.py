"""A citizen at the wizard: one browser that keeps its cookies through all questions."""

from __future__ import annotations

import base64
import re
from datetime import timedelta

import httpx

from procon.auth.actor import Actor
from support.cities import City
from support.web import Web, token_in

# One red pixel.
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
)
ANSWERS: dict[str, dict[str, str]] = {
    "o-que-houve": {"relato": "Comprei uma geladeira e ela nunca chegou à minha casa."},
    "empresa": {"empresa": "outra", "empresa_nome": "Loja do Zé", "empresa_cnpj": ""},
    "assunto": {"assunto": "0403", "problema": "401"},
    "quando": {"nao_lembro": "sim"},
    "valor": {"valor": "1.234,56"},
    "tentativa": {"tentou": "sim", "tentativa": "Liguei três vezes.", "protocolo": "SAC-77"},
    "pedido": {"pedido": "Quero o meu dinheiro de volta."},
    "arquivos": {},
    "contato": {
        "nome": "Ana Souza",
        "cpf": "529.982.247-25",
        "email": "ana@example.com",
        "telefone": "(19) 91234-5678",
    },
}


class Browser:
    """A client with the CSRF token of its last page."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def get(self, path: str) -> httpx.Response:
        answer = await self.client.get(path)
        if answer.status_code == 200 and 'name="_csrf"' in answer.text:
            self.client.headers["X-CSRF-Token"] = token_in(answer.text)
        return answer

    async def post(self, path: str, data: dict[str, str] | None = None) -> httpx.Response:
        return await self.client.post(path, data=data or {})

    async def begin(self) -> None:
        """Start a draft."""
        await self.get("/reclamar")
        answer = await self.post("/reclamar")
        assert (answer.status_code, answer.headers["location"]) == (303, "/reclamar/o-que-houve")

    async def answer_all(self, **changes: dict[str, str]) -> None:
        """Answer every question; `changes` by step, with _ for -."""
        await self.begin()
        for step, fields in ANSWERS.items():
            data = changes.get(step.replace("-", "_"), fields)
            answer = await self.post(f"/reclamar/{step}", data)
            assert answer.status_code == 303, (step, text_of(answer))


async def browser(web: Web, city: City, actor: Actor | None = None) -> Browser:
    """A browser on the city's pages."""
    return Browser(await web.client(city, actor))


def text_of(answer: httpx.Response) -> str:
    """What a person reads: no tags, one space between words."""
    body = re.sub(r"<(script|style|title|svg).*?</\1>", " ", answer.text, flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def errors_in(answer: httpx.Response) -> list[str]:
    """The sentences of the error summary."""
    return re.findall(r'<li><a href="#[^"]*">(.*?)</a></li>', answer.text)


def days(count: int) -> timedelta:
    """So many days."""
    return timedelta(days=count)
