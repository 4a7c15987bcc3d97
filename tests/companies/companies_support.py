"""People of a company, and what reaches them."""

from __future__ import annotations

import re
from uuid import UUID, uuid4

from procon.auth.actor import Actor
from support.cities import City, supplier
from support.web import Web

MEMBER_CPF = "39053344705"
OTHER_CPF = "86288366757"
ROOT = "11222333"
BRANCH = "11222333000262"
BRANCH_TWO = "11222333000343"
OTHER_CNPJ = "11444777000161"


def person(cpf: str = MEMBER_CPF, name: str = "Rui Prado") -> Actor:
    """Somebody signed in with gov.br, as a consumer."""
    return Actor(
        kind="citizen",
        name=name,
        account_id=uuid4(),
        cpf=cpf,
        email=f"{cpf}@empresa.example",
        roles=frozenset({"citizen"}),
        level="silver",
    )


def member(cpf: str = MEMBER_CPF, name: str = "Rui Prado") -> Actor:
    """The same, gone on as the company."""
    return Actor(
        kind="supplier",
        name=name,
        account_id=uuid4(),
        cpf=cpf,
        email=f"{cpf}@empresa.example",
        roles=frozenset({"supplier"}),
        level="silver",
    )


async def invited(web: Web, city: City, role: str, cpf: str = MEMBER_CPF, **more: str) -> UUID:
    """A member by CPF, invited by the holder of the certificate; the row's id."""
    form = {
        "empresa": ROOT,
        "nome": "Rui Prado",
        "email": f"{cpf}@empresa.example",
        "cpf": cpf,
        "funcao": role,
        "_chave": uuid4().hex,
        **more,
    }
    answer = await web.post(city, "/fornecedor/empresa/convidar", form, actor=supplier())
    assert answer.status_code == 303, answer.text
    async with city.scope() as tx:
        found = await tx.fetchval(
            "SELECT id FROM company_member WHERE cpf = $1 AND removed_at IS NULL", cpf
        )
    assert isinstance(found, UUID)
    return found


async def messages(city: City) -> list[tuple[str, str, str]]:
    """Recipient, subject and body of every message, oldest first."""
    async with city.scope() as tx:
        rows = await tx.fetch("SELECT recipient, subject, body FROM message ORDER BY id")
    return [tuple(row) for row in rows]


def token_of(body: str) -> str:
    """The token of an invitation's link."""
    found = re.search(r"/fornecedor/convite/([\w-]+)", body)
    assert found, body
    return found.group(1)
