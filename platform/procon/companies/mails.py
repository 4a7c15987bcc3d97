"""What is written to a company's people. Plain text; one message for each thing that happened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from procon.auth.companies.queries import ROLE_NAMES, Member, Recipient
from procon.auth.companies.requests import Request
from procon.kernel.documents import format_cnpj
from procon.notices.commands import write_message
from procon.portal.render import date_and_hour, plural
from procon.tenancy.manifest import Tenant
from procon.tenancy.scope import Tx

# Host and path → the address as people open it.
Address = Callable[[str, str], str]
SHOWN = 30


async def write_invitation(
    tx: Tx, *, address: Address, member_id: UUID, token: str, to: Recipient, company: str, role: str
) -> None:
    """The way in: a link that only its reader has, or the plain door for who is known by CPF."""
    path = f"/fornecedor/convite/{token}" if token else "/fornecedor"
    how = (
        "Abra o endereço abaixo em até 14 dias e aceite com a sua conta:"
        if token
        else "O seu CPF já tem acesso. Entre com a sua conta gov.br por aqui:"
    )
    lines = [
        _hello(to.name),
        f"Você foi convidado a acompanhar, no {tx.tenant.name}, as reclamações contra {company}."
        f" A sua função: {ROLE_NAMES[role].lower()}.",
        f"{how}\n{address(tx.tenant.host, path)}",
        "Se você não esperava este convite, ignore esta mensagem.",
        _end(tx.tenant),
    ]
    await _write(tx, f"company-invite/{member_id}", to.email, f"Convite: {company}", lines)


async def write_decision(tx: Tx, *, address: Address, request: Request) -> None:
    """What the staff decided about a request."""
    cnpj = format_cnpj(request.cnpj)
    if request.state == "approved":
        text = (
            f"O {tx.tenant.name} conferiu os documentos e aprovou o seu pedido: você agora"
            f" administra {request.company_name} (CNPJ {cnpj}) neste portal. Todos os processos da"
            " empresa, também os antigos, aparecem na sua conta."
        )
    else:
        text = (
            f"O {tx.tenant.name} conferiu os documentos e não aprovou o pedido de acesso a"
            f" {request.company_name} (CNPJ {cnpj}).\n\nMotivo: {request.reason}\n\n"
            "Você pode fazer outro pedido com os documentos certos."
        )
    path = "/fornecedor" if request.state == "approved" else "/fornecedor/vincular"
    lines = [_hello(request.name), text, address(tx.tenant.host, path), _end(tx.tenant)]
    subject = f"Pedido de acesso: {request.company_name}"
    await _write(tx, f"company-request/{request.id}/{request.state}", request.email, subject, lines)


async def write_digest(
    tx: Tx,
    *,
    address: Address,
    member: Member,
    key: str,
    lines: list[tuple[str, str, datetime | None]],
    total: int,
) -> None:
    """The summary: (number, consumer's name, due) of what waits for the company."""
    zone = ZoneInfo(tx.tenant.timezone)
    listed = [
        f"- {number}, {person}: "
        + (f"responda até {date_and_hour(due, zone)}" if due else "sem prazo correndo")
        for number, person, due in lines
    ]
    if total > len(lines):
        listed.append(f"- e mais {total - len(lines)}")
    count = plural(total, "processo espera a empresa", "processos esperam a empresa")
    body = [
        _hello(member.name),
        f"No {tx.tenant.name}, {count}:",
        "\n".join(listed),
        f"Veja todos: {address(tx.tenant.host, '/fornecedor')}",
        f"Mude a frequência deste resumo em: {address(tx.tenant.host, '/fornecedor/avisos')}",
        _end(tx.tenant),
    ]
    await _write(tx, key, member.email, f"Resumo: {count}", body)


async def _write(tx: Tx, key: str, to: str, subject: str, parts: list[str]) -> None:
    # A company's name is somebody's text: it must not break the mail's header.
    plain = " ".join(subject.split())[:150]
    await write_message(
        tx, effect_key=key, case_id=None, recipient=to, subject=plain, body="\n\n".join(parts)
    )


def _hello(name: str) -> str:
    return f"Olá, {name}." if name else "Olá."


def _end(tenant: Tenant) -> str:
    return f"{tenant.name}\nNunca pedimos senha nem pagamento por e-mail.\n"
