"""What a company's people see of themselves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from msgspec import Struct

from procon.auth.actor import Actor
from procon.auth.companies.commands import (
    holds_certificate,
    invitation,
    managed_member,
    require_admin,
)
from procon.auth.companies.queries import (
    ROLE_NAMES,
    SOURCE_NAMES,
    Act,
    Member,
    Membership,
    acts_of,
    companies_of,
    company_name,
    members_of,
    own_members,
)
from procon.kernel.documents import format_cnpj, mask_cpf
from procon.kernel.errors import Forbidden
from procon.portal.shell import Option
from procon.tenancy.scope import Tx

ROLES = (
    Option("reads", "Só lê", "Vê os processos. Não responde."),
    Option("answers", "Responde", "Vê, responde e envia arquivos."),
    Option("admin", "Administra", "Faz tudo e cuida das pessoas da empresa."),
)
FREQUENCIES = (
    Option("immediate", "Na hora", "Uma mensagem a cada novidade."),
    Option("daily", "Uma vez por dia", "Um resumo de manhã, se houver processos esperando."),
    Option("weekly", "Uma vez por semana", "Um resumo na segunda-feira de manhã."),
)


class MemberLine(Struct, frozen=True):
    """A person of the company, or an invitation."""

    id: UUID
    name: str
    contact: str
    role: str
    role_name: str
    where: str
    source: str
    state: str
    tone: str
    until: datetime | None


class CompanyPage(Struct, frozen=True):
    """The company's people, for who administers it. `companies`: the others one administers."""

    root: str
    name: str
    companies: tuple[Membership, ...]
    members: tuple[MemberLine, ...]
    branches: tuple[Option, ...]
    acts: tuple[Act, ...]
    key: str
    roles: tuple[Option, ...] = ROLES
    form: Mapping[str, str] = {}
    errors: Mapping[str, str] = {}


class MemberPage(Struct, frozen=True):
    """One person of the company, to change or to take out."""

    root: str
    company: str
    member: MemberLine
    form: Mapping[str, str]
    errors: Mapping[str, str]
    problem: str
    roles: tuple[Option, ...] = ROLES


class InvitationPage(Struct, frozen=True):
    """An invitation that waits for its reader."""

    company: str
    role: str
    token: str
    may_accept: bool


class DigestPage(Struct, frozen=True):
    """How often one hears of the company's cases. `companies` is empty for who is no member."""

    companies: tuple[str, ...]
    chosen: str
    email: str
    options: tuple[Option, ...] = FREQUENCIES
    errors: Mapping[str, str] = {}


async def company_page(
    tx: Tx,
    actor: Actor,
    root: str,
    *,
    form: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> CompanyPage:
    """The page of one company, "" for the first that the actor administers.

    Raises:
        Forbidden: the actor administers none, or not this one.
    """
    mine = [
        one
        for one in await companies_of(tx, actor=actor)
        if one.role == "admin" and one.branch is None
    ]
    if not root and not mine:
        raise Forbidden(
            "Só quem administra uma empresa cuida das pessoas dela.", code="company-admin"
        )
    root = root or mine[0].root
    await require_admin(tx, actor=actor, root=root)
    members = await members_of(tx, root)
    return CompanyPage(
        root=root,
        name=await name_of(tx, root),
        companies=tuple({one.root: one for one in mine}.values()),
        members=tuple(_line(one, tx) for one in members),
        branches=(Option("", "Toda a empresa"), *(await _branches(tx, root))),
        acts=tuple(await acts_of(tx, root)),
        key=uuid4().hex,
        form=form or {},
        errors=errors or {},
    )


async def member_page(
    tx: Tx,
    actor: Actor,
    member_id: UUID,
    *,
    form: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    problem: str = "",
) -> MemberPage:
    """One person, for who administers the company.

    Raises:
        NotFound: nobody (any more); Forbidden: of another company.
    """
    member = await managed_member(tx, actor=actor, member_id=member_id)
    end: dict[str, str] = {}
    if member.expires_at is not None:
        local = member.expires_at.astimezone(ZoneInfo(tx.tenant.timezone))
        end = {
            "validade_dia": str(local.day),
            "validade_mes": str(local.month),
            "validade_ano": str(local.year),
        }
    return MemberPage(
        root=member.root,
        company=await name_of(tx, member.root),
        member=_line(member, tx),
        form=form or end,
        errors=errors or {},
        problem=problem,
    )


async def name_of(tx: Tx, root: str) -> str:
    """What to call the company: its own name, the supplier's, or the root of its CNPJ."""
    known = await company_name(tx, root)
    if not known:
        known = str(
            await tx.fetchval(
                "SELECT name FROM supplier WHERE left(cnpj, 8) = $1 ORDER BY cnpj LIMIT 1", root
            )
            or ""
        )
    return known or f"CNPJ {root[:2]}.{root[2:5]}.{root[5:]}"


async def invitation_page(tx: Tx, actor: Actor, token: str) -> InvitationPage:
    """What is being offered. Raises NotFound."""
    member, name = await invitation(tx, token=token)
    return InvitationPage(
        company=name or await name_of(tx, member.root),
        role=ROLE_NAMES[member.role],
        token=token,
        may_accept=actor.kind in {"citizen", "supplier"} and actor.account_id is not None,
    )


async def digest_page(
    tx: Tx, actor: Actor, *, errors: Mapping[str, str] | None = None
) -> DigestPage:
    """The choice, as it stands."""
    rows = await own_members(tx, actor=actor)
    names = [await name_of(tx, root) for root in dict.fromkeys(one.root for one in rows)]
    return DigestPage(
        companies=tuple(names),
        chosen=rows[0].digest if rows else "immediate",
        email=next((one.email for one in rows if one.email), ""),
        errors=errors or {},
    )


def administers(actor: Actor, memberships: list[Membership]) -> bool:
    """Whether the person administers a whole company."""
    return any(one.role == "admin" and one.branch is None for one in memberships) or any(
        holds_certificate(actor, cnpj[:8]) for cnpj in actor.cnpjs
    )


async def _branches(tx: Tx, root: str) -> tuple[Option, ...]:
    rows = await tx.fetch(
        "SELECT cnpj, name FROM supplier WHERE left(cnpj, 8) = $1 ORDER BY cnpj LIMIT 200", root
    )
    return tuple(Option(row[0], f"{format_cnpj(row[0])}, {row[1]}") for row in rows)


def _line(member: Member, tx: Tx) -> MemberLine:
    if member.accepted_at is None:
        state, tone = "Convite enviado", "waiting"
    elif member.active(tx.now):
        state, tone = "Com acesso", "success"
    else:
        state, tone = "Acesso terminado", "neutral"
    return MemberLine(
        id=member.id,
        name=member.name or "Sem nome ainda",
        contact=", ".join(filter(None, (member.email, mask_cpf(member.cpf) if member.cpf else ""))),
        role=member.role,
        role_name=ROLE_NAMES[member.role],
        where=format_cnpj(member.branch) if member.branch else "Toda a empresa",
        source=SOURCE_NAMES[member.source],
        state=state,
        tone=tone,
        until=member.expires_at,
    )
