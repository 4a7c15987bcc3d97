"""Lawyers, their papers and their clients, as the tests need them."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID, uuid4

import httpx

from procon.answers.commands import issue_cip_with_code
from procon.auth.actor import Actor
from procon.auth.mandates.model import Oab
from procon.auth.mandates.queries import lawyer_of
from procon.auth.mandates.registry import Card, card_id, decide_lawyer, register_lawyer
from procon.cases.commands import Opened
from procon.kernel.documents import complete_cpf
from procon.settings import Settings
from support.cities import CPF, City, staff
from support.web import Web

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
POWERS = ["receive_notice", "file", "appeal"]


def person(number: int, name: str) -> Actor:
    """Somebody signed in by gov.br with a CPF of their own."""
    return Actor(
        kind="citizen",
        name=name,
        account_id=uuid4(),
        cpf=complete_cpf(f"{700_000_000 + number}"),
        email=f"p{number}@adv.example",
        roles=frozenset({"citizen"}),
        level="gold",
    )


async def lawyer(
    city: City,
    number: int = 123456,
    *,
    name: str = "Otávio Brandão",
    kind: Any = "principal",
    supervisor: Oab | None = None,
    verified: bool = True,
) -> Actor:
    """A registered lawyer of this city."""
    actor = person(number, name)
    async with city.scope() as tx:
        await register_lawyer(
            tx,
            actor=actor,
            lawyer_id=card_id(),
            oab=Oab("SP", str(number), "E" if kind == "estagiario" else ""),
            kind=kind,
            supervisor=supervisor,
            card=Card("x/y", "carteira.pdf", "application/pdf", "0" * 64),
        )
        if verified:
            found = await lawyer_of(tx, actor)
            assert found
            await decide_lawyer(tx, actor=staff("analyst"), lawyer_id=found.id, verified=True)
    return actor


async def file(
    web: Web,
    city: City,
    actor: Actor,
    number: str,
    *,
    side: str = "consumer",
    document: str = CPF,
    scope: str = "este",
    powers: list[str] | None = None,
    body: bytes = PDF,
    **more: Any,
) -> httpx.Response:
    """A procuração filed with the form, by HTTP."""
    data = {
        "_chave": uuid4().hex,
        "numero": number,
        "lado": side,
        "documento": document,
        "alcance": scope,
        "poderes": POWERS if powers is None else powers,
        **more,
    }
    files = {"procuracao": ("procuracao.pdf", body, "application/pdf")}
    return await web.post(city, "/advogado/procuracoes/nova", data, actor=actor, files=files)


async def mandate_id(city: City, actor: Actor) -> UUID:
    """The newest mandate of this lawyer."""
    async with city.scope() as tx:
        found = await tx.fetchval(
            "SELECT m.id FROM mandate m JOIN lawyer l ON l.id = m.lawyer_id WHERE l.cpf = $1"
            " ORDER BY m.created_at DESC, m.id DESC LIMIT 1",
            actor.cpf,
        )
    assert isinstance(found, UUID) or found is not None
    return UUID(str(found))


async def issued(city: City, case: Opened, settings: Settings) -> None:
    """The case's CIP is out."""
    async with city.scope() as tx:
        await issue_cip_with_code(tx, actor=staff(), case_id=case.id, secret=settings.secret_key)


def path(number: str) -> str:
    """The lawyer's page of a case."""
    return f"/advogado/processos/{number}"


def errors_of(html: str) -> list[tuple[str, str]]:
    """What the error summary says, with the fields that it leads to."""
    box = re.search(r'govuk-error-summary__list">(.*?)</ul>', html, re.DOTALL)
    return re.findall(r'href="#([^"]+)">([^<]+)<', box.group(1)) if box else []


def notice_of(html: str) -> str:
    """The one-time sentence at the top of a page."""
    found = re.search(r'notification-banner__heading">([^<]+)<', html)
    return found.group(1) if found else ""
