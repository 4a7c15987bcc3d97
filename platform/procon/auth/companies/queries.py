"""Who acts for which company. Asked of the database on every request, never of the session.

The one exception is a company's own certificate (e-CNPJ): the session holds its CNPJ, and that
person needs no row. The certificate of the head office (order 0001) speaks for every branch.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Literal
from uuid import UUID

from msgspec import Struct

from procon.auth.actor import Actor
from procon.kernel.documents import cnpj_root
from procon.tenancy.scope import Tx

Role = Literal["admin", "answers", "reads"]
Source = Literal["ecnpj", "govbr", "documents", "invitation"]
Digest = Literal["immediate", "daily", "weekly"]

ROLE_NAMES: Mapping[str, str] = MappingProxyType(
    {"admin": "Administra", "answers": "Responde", "reads": "Só lê"}
)
SOURCE_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "ecnpj": "certificado da empresa (e-CNPJ)",
        "govbr": "vínculo no gov.br",
        "documents": "documentos aprovados pelo Procon",
        "invitation": "convite da empresa",
    }
)
_RANK: Mapping[str, int] = MappingProxyType({"reads": 1, "answers": 2, "admin": 3})
_HEAD_OFFICE = "0001"

_ACTIVE = (
    "m.removed_at IS NULL AND m.accepted_at IS NOT NULL"
    " AND (m.expires_at IS NULL OR m.expires_at > $1)"
)
_MEMBER = (
    "m.id, m.root, m.branch, m.account_id, m.cpf, m.name, m.email, m.role, m.source, m.digest,"
    " m.digest_on, m.created_at, m.accepted_at, m.expires_at"
)


class Membership(Struct, frozen=True):
    """One company, or one branch of it, that a person acts for.

    `branch` is None for the whole company; `member_id` None when only the certificate says so.
    """

    root: str
    name: str
    branch: str | None
    role: Role
    source: Source
    expires_at: datetime | None
    member_id: UUID | None

    def covers(self, cnpj: str) -> bool:
        """Whether this CNPJ is among what the person acts for."""
        return cnpj_root(cnpj) == self.root and self.branch in {None, cnpj}


class Member(Struct, frozen=True):
    """A row of a company's list of people. Not accepted yet: an invitation."""

    id: UUID
    root: str
    branch: str | None
    account_id: UUID | None
    cpf: str | None
    name: str
    email: str
    role: Role
    source: Source
    digest: Digest
    digest_on: date | None
    created_at: datetime
    accepted_at: datetime | None
    expires_at: datetime | None

    def active(self, now: datetime) -> bool:
        """Whether they may act now."""
        return self.accepted_at is not None and (self.expires_at is None or self.expires_at > now)


class Reach(Struct, frozen=True):
    """Every CNPJ that a person acts for: some by name, whole companies by their root."""

    cnpjs: tuple[str, ...] = ()
    roots: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.cnpjs or self.roots)


class Recipient(Struct, frozen=True):
    """Whom to write to."""

    name: str
    email: str


class Act(Struct, frozen=True):
    """A line of the history of a company's people."""

    actor_name: str
    sentence: str
    at: datetime


async def member_role(tx: Tx, *, actor: Actor, cnpj: str | None) -> Role | None:
    """What the actor may do for this CNPJ now, or None. At most one query.

    Only for who is signed in as a company: as a consumer nobody is a member of anything. Who came
    in with the access code of one case is no member either; see `cases.access`.
    """
    if not cnpj or actor.kind != "supplier" or actor.case_id is not None:
        return None
    if certified(actor, cnpj):
        return "admin"
    if actor.account_id is None and actor.cpf is None:
        return None
    roles = await tx.fetch(
        f"SELECT m.role FROM company_member m WHERE {_ACTIVE} AND m.root = $2"
        " AND (m.branch IS NULL OR m.branch = $3) AND (m.account_id = $4 OR m.cpf = $5)",
        tx.now,
        cnpj_root(cnpj),
        cnpj,
        actor.account_id,
        actor.cpf,
    )
    return max((row[0] for row in roles), key=_RANK.__getitem__, default=None)


def certified(actor: Actor, cnpj: str) -> bool:
    """Whether a certificate in this session speaks for the CNPJ."""
    return cnpj in actor.cnpjs or any(
        cnpj_root(own) == cnpj_root(cnpj) and is_head_office(own) for own in actor.cnpjs
    )


def is_head_office(cnpj: str) -> bool:
    """Whether this is the establishment that stands for the whole company (order 0001)."""
    return cnpj[8:12] == _HEAD_OFFICE


async def companies_of(tx: Tx, *, actor: Actor) -> list[Membership]:
    """What the person acts for now, by company name; also for who is signed in as a consumer."""
    found = [_by_certificate(cnpj) for cnpj in sorted(actor.cnpjs)]
    if actor.account_id is not None or actor.cpf is not None:
        rows = await tx.fetch(
            "SELECT m.root, c.name, m.branch, m.role, m.source, m.expires_at, m.id"
            f" FROM company_member m JOIN company c ON c.root = m.root WHERE {_ACTIVE}"
            " AND (m.account_id = $2 OR m.cpf = $3) ORDER BY c.name, m.root, m.branch NULLS FIRST",
            tx.now,
            actor.account_id,
            actor.cpf,
        )
        held = [Membership(*row) for row in rows]
        known = {(one.root, one.branch) for one in held if one.role == "admin"}
        found = [one for one in found if (one.root, one.branch) not in known] + held
    return found


def _by_certificate(cnpj: str) -> Membership:
    branch = None if is_head_office(cnpj) else cnpj
    return Membership(cnpj_root(cnpj), "", branch, "admin", "ecnpj", None, None)


async def reach_of(tx: Tx, *, actor: Actor, least: Role = "reads") -> Reach:
    """The CNPJs for which the actor has at least this role. At most one query."""
    if actor.kind != "supplier" or actor.case_id is not None:
        return Reach()
    found = [one for one in await companies_of(tx, actor=actor) if _RANK[one.role] >= _RANK[least]]
    return Reach(
        cnpjs=tuple(sorted({one.branch for one in found if one.branch is not None})),
        roots=tuple(sorted({one.root for one in found if one.branch is None})),
    )


async def company_name(tx: Tx, root: str) -> str:
    """What the company is called here, "" when nobody has entered for it yet."""
    return str(await tx.fetchval("SELECT name FROM company WHERE root = $1", root) or "")


async def members_of(tx: Tx, root: str) -> list[Member]:
    """People and open invitations of a company, administrators first; ended ones too."""
    rows = await tx.fetch(
        f"SELECT {_MEMBER} FROM company_member m WHERE m.root = $1 AND m.removed_at IS NULL"
        " ORDER BY m.role <> 'admin', m.name, m.id",
        root,
    )
    return [Member(*row) for row in rows]


async def own_members(tx: Tx, *, actor: Actor) -> list[Member]:
    """The actor's own rows that are active now, one for each company or branch."""
    rows = await tx.fetch(
        f"SELECT {_MEMBER} FROM company_member m WHERE {_ACTIVE}"
        " AND (m.account_id = $2 OR m.cpf = $3) ORDER BY m.root, m.branch NULLS FIRST",
        tx.now,
        actor.account_id,
        actor.cpf,
    )
    return [Member(*row) for row in rows]


async def acts_of(tx: Tx, root: str, *, limit: int = 30) -> list[Act]:
    """What was done with the company's people, the newest first."""
    rows = await tx.fetch(
        "SELECT actor_name, sentence, at FROM company_act WHERE root = $1"
        " ORDER BY id DESC LIMIT $2",
        root,
        limit,
    )
    return [Act(*row) for row in rows]


async def immediate_members(tx: Tx, *, cnpj: str | None) -> list[Recipient]:
    """Members who want each alert at once, besides the company's official address."""
    if not cnpj:
        return []
    rows = await tx.fetch(
        f"SELECT DISTINCT m.name, m.email FROM company_member m WHERE {_ACTIVE} AND m.root = $2"
        " AND (m.branch IS NULL OR m.branch = $3) AND m.digest = 'immediate' AND m.email <> ''"
        " ORDER BY m.email",
        tx.now,
        cnpj_root(cnpj),
        cnpj,
    )
    return [Recipient(*row) for row in rows]


async def wants_immediate(tx: Tx, *, cnpj: str | None, email: str) -> bool:
    """Whether alerts about this CNPJ go to this address at once.

    Only a member who asked for a daily or weekly summary is spared. Legal notices go to the
    company's official address in any case: the caller does not ask for that one.
    """
    if not cnpj:
        return True
    wishes = await tx.fetch(
        f"SELECT m.digest FROM company_member m WHERE {_ACTIVE} AND m.root = $2"
        " AND (m.branch IS NULL OR m.branch = $3) AND lower(m.email) = lower($4)",
        tx.now,
        cnpj_root(cnpj),
        cnpj,
        email,
    )
    return not wishes or any(row[0] == "immediate" for row in wishes)


async def digest_members(tx: Tx, *, today: date, weekday: int) -> list[Member]:
    """Members whose summary is due: not sent today yet; weekly ones on Mondays (`weekday` 0)."""
    rows = await tx.fetch(
        f"SELECT {_MEMBER} FROM company_member m WHERE {_ACTIVE} AND m.email <> ''"
        " AND (m.digest = 'daily' OR (m.digest = 'weekly' AND $2::int = 0))"
        " AND (m.digest_on IS NULL OR m.digest_on < $3) ORDER BY m.id LIMIT 200",
        tx.now,
        weekday,
        today,
    )
    return [Member(*row) for row in rows]
