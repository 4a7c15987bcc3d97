"""Signing in: the account is found by (issuer, subject), never by e-mail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal
from uuid import NAMESPACE_URL, UUID, uuid5

from msgspec import Struct

from procon.auth.actor import Actor, Level
from procon.auth.oidc import Identity
from procon.kernel.errors import Forbidden
from procon.kernel.ids import new_id
from procon.tenancy.scope import Tx

AccountKind = Literal["citizen", "supplier", "staff"]

STAFF_ROLES = frozenset(
    {"attendant", "analyst", "conciliator", "inspector", "authority", "cityadmin"}
)
EMAIL_ISSUER = "email"

_UPSERT = """
INSERT INTO account (id, iss, sub, kind, name, cpf, cnpj, email, email_verified, level, roles,
                     created_at, last_login_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)
ON CONFLICT (iss, sub) DO UPDATE SET
    kind = excluded.kind,
    name = CASE WHEN excluded.name = '' THEN account.name ELSE excluded.name END,
    cpf = excluded.cpf, cnpj = excluded.cnpj,
    email = excluded.email, email_verified = excluded.email_verified,
    level = excluded.level, roles = excluded.roles, last_login_at = excluded.last_login_at
RETURNING id, kind, name, cpf, cnpj, email, level, roles, last_login_at, disabled_at
"""


class Account(Struct, frozen=True, forbid_unknown_fields=True):
    """A row of `account` as the session needs it."""

    id: UUID
    kind: AccountKind
    name: str
    cpf: str | None
    cnpj: str | None
    email: str | None
    level: Level
    roles: tuple[str, ...]
    last_login_at: datetime
    disabled_at: datetime | None

    def actor(self) -> Actor:
        """The actor that a session of this account carries."""
        return Actor(
            kind=self.kind,
            name=self.name,
            account_id=self.id,
            cpf=self.cpf,
            email=self.email,
            roles=frozenset(self.roles or (self.kind,)),
            level=self.level,
            cnpjs=frozenset({self.cnpj} if self.cnpj else ()),
        )


def roles_of(groups: Iterable[str], role_map: Mapping[str, str]) -> frozenset[str]:
    """The staff roles that a provider's groups give.

    Raises:
        Forbidden: none of the groups has a role in this city.
    """
    roles = frozenset(role_map[group] for group in groups if group in role_map) & STAFF_ROLES
    if not roles:
        raise Forbidden(
            "A sua conta existe, mas ainda não tem função neste Procon. "
            "Peça à administração do Procon para incluir você em um grupo de trabalho.",
            code="login-no-role",
        )
    return roles


def kind_of(identity: Identity) -> AccountKind:
    """Who entered with a company's certificate acts for the company; everybody else as a person."""
    return "supplier" if identity.cnpj else "citizen"


def subject_of(identity: Identity) -> str:
    """The account's subject: a person and the same person with a company's certificate differ."""
    return f"{identity.sub}/{identity.cnpj}" if identity.cnpj else identity.sub


def email_identity(email: str) -> Identity:
    """Who proved to read `email` by a one-time code."""
    return Identity(
        iss=EMAIL_ISSUER, sub=email, name="", cpf=None, email=email, email_verified=True
    )


async def sign_in(
    tx: Tx, *, identity: Identity, kind: AccountKind, roles: frozenset[str] = frozenset()
) -> Account:
    """Create or refresh the account of `identity`; roles and level are always the newest.

    Raises:
        Forbidden: the account was disabled.
    """
    record = await tx.fetchrow(
        _UPSERT,
        new_id(),
        identity.iss,
        subject_of(identity),
        kind,
        identity.name,
        identity.cpf,
        identity.cnpj,
        identity.email or None,
        identity.email_verified,
        identity.level,
        sorted(roles),
        tx.now,
    )
    account = Account(**{**record, "roles": tuple(record["roles"])})
    if account.disabled_at is not None:
        raise Forbidden(
            "Esta conta foi desativada. Fale com o Procon para saber o motivo.",
            code="login-disabled",
        )
    return account


def actor_without_city(identity: Identity, kind: Literal["vendor", "supplier"]) -> Actor:
    """The actor on a host that belongs to no city: the id follows from issuer and subject."""
    return Actor(
        kind=kind,
        name=identity.name,
        account_id=uuid5(NAMESPACE_URL, f"{identity.iss}|{subject_of(identity)}"),
        cpf=identity.cpf,
        email=identity.email or None,
        roles=frozenset({kind}),
        level=identity.level,
        # Here one only sees what waits where; each city asks for itself again.
        cnpjs=frozenset({identity.cnpj} if identity.cnpj else ())
        | frozenset(link.cnpj for link in identity.links or () if kind == "supplier"),
    )
