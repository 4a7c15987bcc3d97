"""Making, changing and ending who acts for a company."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

from msgspec import Struct

from procon.auth.actor import Actor
from procon.auth.companies.queries import (
    ROLE_NAMES,
    Digest,
    Member,
    Role,
    Source,
    company_name,
    is_head_office,
    members_of,
)
from procon.auth.companies.registry import CompanyLink
from procon.kernel.documents import cnpj_root, format_cnpj, mask_cpf
from procon.kernel.errors import Conflict, Forbidden, NotFound
from procon.kernel.ids import new_id
from procon.tenancy.scope import Tx

INVITATION_DAYS = 14
# A link that gov.br confirmed holds this long without another login that confirms it.
LINK_DAYS = 30
_LAST = "A empresa precisa de pelo menos uma pessoa que administra. Antes, dê essa função a outra."
_LINK_ROLES: Mapping[str, Role] = MappingProxyType(
    {"SOCIO": "admin", "REPRESENTANTE_LEGAL": "admin", "CONTADOR": "reads", "COLABORADOR": "reads"}
)


class Wanted(Struct, frozen=True, kw_only=True):
    """A new member, checked and cleaned. With a CPF they may enter at once, else by the link."""

    email: str
    cpf: str | None
    name: str
    role: Role
    branch: str | None
    expires_at: datetime | None


class Invited(Struct, frozen=True):
    """A new member. `token` is "" for who was named by CPF and needs none."""

    member_id: UUID
    token: str


async def require_admin(tx: Tx, *, actor: Actor, root: str) -> None:
    """Let through who administers the whole company now.

    Raises:
        Forbidden: everybody else, also an administrator of one branch.
    """
    if actor.kind == "supplier" and holds_certificate(actor, root):
        return
    held = await tx.fetchval(
        "SELECT count(*) FROM company_member WHERE root = $1 AND branch IS NULL AND role = 'admin'"
        " AND removed_at IS NULL AND accepted_at IS NOT NULL"
        " AND (expires_at IS NULL OR expires_at > $2) AND (account_id = $3 OR cpf = $4)",
        root,
        tx.now,
        actor.account_id,
        actor.cpf,
    )
    if actor.kind != "supplier" or not held:
        raise Forbidden(
            "Só quem administra a empresa pode fazer isso. Peça a uma dessas pessoas.",
            code="company-admin",
        )


def holds_certificate(actor: Actor, root: str) -> bool:
    """Whether this session was opened with the certificate of the company's head office."""
    return any(cnpj_root(own) == root and is_head_office(own) for own in actor.cnpjs)


async def keep_company(tx: Tx, *, root: str, name: str) -> None:
    """Know the company; the name that is there already stays."""
    await tx.execute(
        "INSERT INTO company (root, name, created_at) VALUES ($1, $2, $3)"
        " ON CONFLICT (root) DO NOTHING",
        root,
        name,
        tx.now,
    )


async def link_certificate(tx: Tx, *, actor: Actor, cnpj: str, name: str) -> None:
    """Remember who holds the company's certificate, so that they may enter without it too.

    Raises:
        Forbidden: the session was not opened with this certificate.
    """
    if cnpj not in actor.cnpjs:
        raise Forbidden("Entre com o certificado digital da empresa (e-CNPJ) para fazer isso.")
    branch = None if is_head_office(cnpj) else cnpj
    await keep_company(tx, root=cnpj_root(cnpj), name=name)
    await keep_admin(tx, actor=actor, root=cnpj_root(cnpj), branch=branch, source="ecnpj")


async def keep_admin(
    tx: Tx, *, actor: Actor, root: str, branch: str | None, source: Source
) -> None:
    """Put the actor's own row as administrator; nothing when there is one already."""
    await lock_company(tx, root)
    held = await tx.fetchval(
        "SELECT count(*) FROM company_member WHERE root = $1 AND branch IS NOT DISTINCT FROM $2"
        " AND role = 'admin' AND removed_at IS NULL AND expires_at IS NULL"
        " AND (account_id = $3 OR cpf = $4)",
        root,
        branch,
        actor.account_id,
        actor.cpf,
    )
    if held:
        return
    await _insert(
        tx,
        root=root,
        branch=branch,
        account_id=actor.account_id,
        cpf=actor.cpf,
        name=actor.name,
        email=actor.email or "",
        role="admin",
        source=source,
        accepted_at=tx.now,
    )
    what = "a empresa" if branch is None else f"a filial {format_cnpj(branch)}"
    await note(tx, actor=actor, root=root, sentence=f"{actor.name} passou a administrar {what}.")


async def keep_links(tx: Tx, *, actor: Actor, links: Iterable[CompanyLink]) -> None:
    """Bring the links that gov.br knows up to date at a login: new ones in, ended ones out."""
    kept: list[UUID] = []
    for link in links:
        role = _LINK_ROLES.get(link.part)
        if role is None:
            continue
        root = cnpj_root(link.cnpj)
        branch = None if is_head_office(link.cnpj) else link.cnpj
        await keep_company(tx, root=root, name=link.name)
        kept.append(await _keep_link(tx, actor, root, branch, role))
    await tx.execute(
        "UPDATE company_member SET removed_at = $1 WHERE source = 'govbr' AND removed_at IS NULL"
        " AND account_id = $2 AND NOT id = ANY($3)",
        tx.now,
        actor.account_id,
        kept,
    )


async def _keep_link(tx: Tx, actor: Actor, root: str, branch: str | None, role: Role) -> UUID:
    until = tx.now + timedelta(days=LINK_DAYS)
    known = await tx.fetchval(
        "UPDATE company_member SET expires_at = $1, role = $2 WHERE source = 'govbr'"
        " AND removed_at IS NULL AND account_id = $3 AND root = $4"
        " AND branch IS NOT DISTINCT FROM $5 RETURNING id",
        until,
        role,
        actor.account_id,
        root,
        branch,
    )
    if known is not None:
        return UUID(str(known))
    return await _insert(
        tx,
        root=root,
        branch=branch,
        account_id=actor.account_id,
        cpf=actor.cpf,
        name=actor.name,
        email=actor.email or "",
        role=role,
        source="govbr",
        accepted_at=tx.now,
        expires_at=until,
    )


async def invite(tx: Tx, *, actor: Actor, root: str, company: str, wanted: Wanted) -> Invited:
    """Let somebody act for the company, which is called `company`.

    Raises:
        Forbidden: the actor does not administer it.
        Conflict: the person is on the list already.
    """
    await require_admin(tx, actor=actor, root=root)
    await keep_company(tx, root=root, name=company)
    await lock_company(tx, root)
    for one in await members_of(tx, root):
        same = (one.cpf and one.cpf == wanted.cpf) or one.email.lower() == wanted.email.lower()
        if same and one.branch == wanted.branch and (one.active(tx.now) or not one.accepted_at):
            raise Conflict(
                "Esta pessoa já está na lista. Mude a função dela ou retire e convide de novo.",
                code="member-known",
            )
    token = "" if wanted.cpf else secrets.token_urlsafe(32)
    member_id = await _insert(
        tx,
        root=root,
        branch=wanted.branch,
        cpf=wanted.cpf,
        name=wanted.name,
        email=wanted.email,
        role=wanted.role,
        source="invitation",
        accepted_at=tx.now if wanted.cpf else None,
        expires_at=wanted.expires_at,
        invite_hash=_hash(token) if token else None,
    )
    who = wanted.name or (mask_cpf(wanted.cpf) if wanted.cpf else wanted.email)
    role = ROLE_NAMES[wanted.role].lower()
    await note(tx, actor=actor, root=root, sentence=f"{actor.name} convidou {who} ({role}).")
    return Invited(member_id, token)


async def invitation(tx: Tx, *, token: str) -> tuple[Member, str]:
    """An open invitation and the company's name.

    Raises:
        NotFound: no such invitation, it was used or taken back, or its time is over.
    """
    root = await tx.fetchval(
        "SELECT root FROM company_member WHERE invite_hash = $1 AND removed_at IS NULL"
        " AND accepted_at IS NULL AND created_at > $2 AND (expires_at IS NULL OR expires_at > $3)",
        _hash(token),
        tx.now - timedelta(days=INVITATION_DAYS),
        tx.now,
    )
    if root is None:
        raise NotFound("Este convite já foi usado ou não vale mais. Peça outro a quem convidou.")
    member_id = await tx.fetchval(
        "SELECT id FROM company_member WHERE invite_hash = $1", _hash(token)
    )
    member = next(one for one in await members_of(tx, str(root)) if one.id == member_id)
    return member, await company_name(tx, member.root)


async def accept_invitation(tx: Tx, *, actor: Actor, token: str) -> Member:
    """The person who reads the invited address takes it up with the account they are in.

    Raises:
        NotFound: see `invitation`; Forbidden: the actor is nobody who could be a member.
    """
    if actor.account_id is None or actor.kind not in {"citizen", "supplier"}:
        raise Forbidden("Entre com a sua conta gov.br para aceitar o convite.")
    member, _ = await invitation(tx, token=token)
    await tx.execute(
        "UPDATE company_member SET accepted_at = $2, account_id = $3, cpf = $4, invite_hash = NULL,"
        " name = CASE WHEN name = '' THEN $5 ELSE name END WHERE id = $1 AND accepted_at IS NULL",
        member.id,
        tx.now,
        actor.account_id,
        actor.cpf,
        actor.name,
    )
    sentence = f"{actor.name} aceitou o convite."
    await note(tx, actor=actor, root=member.root, sentence=sentence)
    return member


async def change_member(
    tx: Tx, *, actor: Actor, member_id: UUID, role: Role, expires_at: datetime | None
) -> Member:
    """Give a member another role or another end.

    Raises:
        NotFound; Forbidden: not the actor's company to administer.
        Conflict: nobody would be left who administers it.
    """
    member = await managed_member(tx, actor=actor, member_id=member_id)
    await tx.execute(
        "UPDATE company_member SET role = $2, expires_at = $3 WHERE id = $1",
        member_id,
        role,
        expires_at,
    )
    await _keep_one_admin(tx, actor, member)
    sentence = f"{actor.name} mudou a função de {_called(member)}: {ROLE_NAMES[role].lower()}."
    await note(tx, actor=actor, root=member.root, sentence=sentence)
    return member


async def remove_member(tx: Tx, *, actor: Actor, member_id: UUID) -> Member:
    """End a membership, or take an invitation back, at once.

    Raises:
        NotFound; Forbidden: not the actor's company to administer.
        Conflict: nobody would be left who administers it.
    """
    member = await managed_member(tx, actor=actor, member_id=member_id)
    await tx.execute("UPDATE company_member SET removed_at = $2 WHERE id = $1", member_id, tx.now)
    await _keep_one_admin(tx, actor, member)
    sentence = f"{actor.name} retirou {_called(member)}."
    await note(tx, actor=actor, root=member.root, sentence=sentence)
    return member


async def set_digest(tx: Tx, *, actor: Actor, digest: Digest) -> int:
    """How the actor hears of their companies' cases; returns how many rows it was set on."""
    done = await tx.execute(
        "UPDATE company_member SET digest = $1 WHERE removed_at IS NULL"
        " AND accepted_at IS NOT NULL AND (account_id = $2 OR cpf = $3)",
        digest,
        actor.account_id,
        actor.cpf,
    )
    return int(done.rpartition(" ")[2])


async def digest_sent(tx: Tx, *, member: Member, today: Any) -> None:
    """Note that this day's summary was made, whether or not there was anything to say."""
    await tx.execute("UPDATE company_member SET digest_on = $2 WHERE id = $1", member.id, today)


async def note(tx: Tx, *, actor: Actor, root: str, sentence: str) -> None:
    """Write a line into the history of the company's people."""
    await tx.execute(
        "INSERT INTO company_act (id, root, actor, actor_name, sentence, at)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        new_id(),
        root,
        actor.label,
        actor.name,
        sentence,
        tx.now,
    )


async def lock_company(tx: Tx, root: str) -> None:
    """One at a time: two administrators who remove each other must not both succeed."""
    await tx.fetchval("SELECT root FROM company WHERE root = $1 FOR UPDATE", root)


async def managed_member(tx: Tx, *, actor: Actor, member_id: UUID) -> Member:
    """A member of a company that the actor administers; the company is locked.

    Raises:
        NotFound: nobody (any more); Forbidden: of another company.
    """
    root = await tx.fetchval(
        "SELECT root FROM company_member WHERE id = $1 AND removed_at IS NULL", member_id
    )
    if root is None:
        raise NotFound("Esta pessoa já não está na lista.")
    await require_admin(tx, actor=actor, root=str(root))
    await lock_company(tx, str(root))
    for one in await members_of(tx, str(root)):
        if one.id == member_id:
            return one
    raise NotFound("Esta pessoa já não está na lista.")


async def _keep_one_admin(tx: Tx, actor: Actor, member: Member) -> None:
    """Raises Conflict unless somebody administers the whole company after this change."""
    if member.role != "admin" or member.branch is not None or not member.active(tx.now):
        return
    if holds_certificate(actor, member.root):
        return
    left = await members_of(tx, member.root)
    if not any(one.role == "admin" and one.branch is None and one.active(tx.now) for one in left):
        raise Conflict(_LAST, code="last-admin")


def _called(member: Member) -> str:
    return member.name or member.email or "uma pessoa"


def _hash(token: str) -> bytes:
    return hashlib.sha256(f"invitation\0{token}".encode()).digest()


async def _insert(tx: Tx, **values: Any) -> UUID:
    """A new row; names come from this folder only."""
    member_id = new_id()
    columns = {"id": member_id, "created_at": tx.now, "branch": None, **values}
    places = ", ".join(f"${place}" for place in range(1, len(columns) + 1))
    await tx.execute(
        f"INSERT INTO company_member ({', '.join(columns)}) VALUES ({places})", *columns.values()
    )
    return member_id
