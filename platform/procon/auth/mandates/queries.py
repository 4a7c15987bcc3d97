"""Reads of lawyers, mandates, representatives, parties and views."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from procon.auth.actor import Actor
from procon.auth.mandates.access import (
    OF_PARTY,
    PARTIES,
    REACHED,
    SUPERVISED,
    CaseParties,
    active,
)
from procon.auth.mandates.model import LAWYER_KINDS, MandateKind, Oab, Side
from procon.tenancy.scope import Tx


class Lawyer(Struct, frozen=True):
    """A lawyer's inscription. `status`: pending, verified or refused; `card_key` names the copy
    of the professional card in the store."""

    id: UUID
    cpf: str
    name: str
    email: str
    oab_uf: str
    oab_number: str
    oab_letter: str
    kind: str
    supervisor_id: UUID | None
    supervisor_name: str
    card_key: str
    card_name: str
    card_type: str
    card_sha256: str
    status: str
    reason: str
    decided_name: str
    decided_at: datetime | None
    created_at: datetime

    @property
    def oab(self) -> str:
        """As people write it: "OAB/SP 123.456"."""
        return str(Oab(self.oab_uf, self.oab_number, self.oab_letter))

    @property
    def kind_title(self) -> str:
        """The kind of inscription in words."""
        return LAWYER_KINDS[self.kind]

    @property
    def verified(self) -> bool:
        """Found to be what they say."""
        return self.status == "verified"


class Mandate(Struct, frozen=True):
    """A mandate with the names around it. `client_key` tells clients apart in lists."""

    id: UUID
    lawyer_id: UUID
    lawyer_name: str
    lawyer_kind: str
    oab_uf: str
    oab_number: str
    oab_letter: str
    case_id: UUID | None
    case_number: str
    filed_in: UUID | None
    person_id: UUID | None
    supplier_id: UUID | None
    cnpj_root: str | None
    client: str
    kind: MandateKind
    powers: tuple[str, ...]
    parent_id: UUID | None
    parent_lawyer: str
    with_reserve: bool | None
    origin: str
    document_id: UUID | None
    sha256: str
    granted_name: str
    starts_at: datetime
    expires_at: datetime | None
    ended_at: datetime | None
    ended_name: str
    end_kind: str
    end_reason: str

    @property
    def oab(self) -> str:
        """The lawyer's number as people write it."""
        return str(Oab(self.oab_uf, self.oab_number, self.oab_letter))

    @property
    def side(self) -> Side:
        """Whose mandate it is."""
        return "consumer" if self.person_id is not None else "supplier"

    @property
    def client_key(self) -> str:
        """The same for all mandates of one client."""
        return str(self.person_id or self.cnpj_root or self.supplier_id)

    def runs(self, now: datetime) -> bool:
        """In force at `now`."""
        return (
            self.starts_at <= now
            and (self.expires_at is None or self.expires_at > now)
            and (self.ended_at is None or self.ended_at > now)
        )


class Recipient(Struct, frozen=True):
    """Who is told of what happens in a case. `role`: party, representative or lawyer."""

    name: str
    email: str
    role: str = "party"


class Party(Struct, frozen=True):
    """A party of a case. `entry` is None for the first two; `role` "" for them too."""

    side: Side
    name: str
    email: str
    role: str
    person_id: UUID | None
    supplier_id: UUID | None
    cpf: str | None
    cnpj: str | None
    entry: UUID | None


class Representative(Struct, frozen=True):
    """Who answers for a consumer."""

    id: UUID
    person_id: UUID
    person_name: str
    cpf: str
    name: str
    email: str
    kind: str
    document: str
    expires_at: datetime | None
    registered_name: str
    created_at: datetime


class View(Struct, frozen=True):
    """Somebody opened the case; `at` is the first time in that hour."""

    name: str
    side: str
    role: str
    at: datetime


_LAWYER = """
SELECT l.id, l.cpf, l.name, l.email, l.oab_uf, l.oab_number, l.oab_letter, l.kind,
       l.supervisor_id, coalesce(v.name, ''), l.card_key, l.card_name, l.card_type, l.card_sha256,
       l.status, l.reason, l.decided_name, l.decided_at, l.created_at
FROM lawyer l LEFT JOIN lawyer v ON v.id = l.supervisor_id
"""

_MANDATE = """
SELECT m.id, m.lawyer_id, l.name, l.kind, l.oab_uf, l.oab_number, l.oab_letter, m.case_id,
       coalesce(c.number, ''), m.filed_in, m.person_id, m.supplier_id, m.cnpj_root,
       coalesce(p.name, s.name), m.kind, m.powers, m.parent_id, coalesce(pl.name, ''),
       m.with_reserve, m.origin, m.document_id, m.sha256, m.granted_name, m.starts_at,
       m.expires_at, m.ended_at, m.ended_name, m.end_kind, m.end_reason
FROM mandate m JOIN lawyer l ON l.id = m.lawyer_id
     LEFT JOIN case_file c ON c.id = m.case_id LEFT JOIN person p ON p.id = m.person_id
     LEFT JOIN supplier s ON s.id = m.supplier_id LEFT JOIN mandate pm ON pm.id = m.parent_id
     LEFT JOIN lawyer pl ON pl.id = pm.lawyer_id
"""


async def lawyer_of(tx: Tx, actor: Actor) -> Lawyer | None:
    """The inscription of the signed-in person: the one that counts, or the last refused one."""
    if actor.cpf is None:
        return None
    row = await tx.fetchrow(
        f"{_LAWYER} WHERE l.cpf = $1 ORDER BY (l.status = 'refused'), l.created_at DESC LIMIT 1",
        actor.cpf,
    )
    return Lawyer(*row) if row else None


async def lawyer_by_id(tx: Tx, lawyer_id: UUID) -> Lawyer | None:
    """One inscription, or None."""
    row = await tx.fetchrow(f"{_LAWYER} WHERE l.id = $1", lawyer_id)
    return Lawyer(*row) if row else None


async def lawyer_by_oab(tx: Tx, oab: Oab) -> Lawyer | None:
    """The inscription with this number that was not refused, or None."""
    row = await tx.fetchrow(
        f"{_LAWYER} WHERE l.oab_uf = $1 AND l.oab_number = $2 AND l.oab_letter = $3"
        " AND l.status <> 'refused'",
        oab.uf,
        oab.number,
        oab.letter,
    )
    return Lawyer(*row) if row else None


async def lawyers(tx: Tx, *, status: str, limit: int = 200) -> list[Lawyer]:
    """Inscriptions with this status: those that wait by age, the others the newest first."""
    order = "l.created_at" if status == "pending" else "l.decided_at DESC"
    rows = await tx.fetch(f"{_LAWYER} WHERE l.status = $1 ORDER BY {order} LIMIT $2", status, limit)
    return [Lawyer(*row) for row in rows]


async def mandate_by_id(tx: Tx, mandate_id: UUID, *, lock: bool = False) -> Mandate | None:
    """One mandate, or None."""
    row = await tx.fetchrow(
        f"{_MANDATE} WHERE m.id = $1{' FOR UPDATE OF m' if lock else ''}", mandate_id
    )
    return _mandate(row) if row else None


async def mandates_of_lawyer(tx: Tx, lawyer_id: UUID, *, limit: int = 500) -> list[Mandate]:
    """All that this lawyer has or had, those in force first."""
    rows = await tx.fetch(
        f"{_MANDATE} WHERE m.lawyer_id = $1 ORDER BY ({active('m', '$2')}) DESC,"
        " coalesce(p.name, s.name), m.created_at DESC LIMIT $3",
        lawyer_id,
        tx.now,
        limit,
    )
    return [_mandate(row) for row in rows]


async def mandates_of_client(
    tx: Tx, *, person_ids: list[UUID], cnpj_roots: list[str], limit: int = 500
) -> list[Mandate]:
    """What these people, or these companies (CNPJ roots), have given; in force first."""
    rows = await tx.fetch(
        f"{_MANDATE} WHERE m.person_id = ANY($1) OR m.cnpj_root = ANY($2)"
        f" ORDER BY ({active('m', '$3')}) DESC, m.created_at DESC LIMIT $4",
        person_ids,
        cnpj_roots,
        tx.now,
        limit,
    )
    return [_mandate(row) for row in rows]


async def mandates_in_case(tx: Tx, case: CaseParties) -> list[Mandate]:
    """The mandates that are in force in a case, on both sides."""
    rows = await tx.fetch(
        f"WITH {PARTIES}, {REACHED} {_MANDATE} WHERE m.id IN (SELECT id FROM reached)"
        f" AND l.status = 'verified' AND {active('m', '$4')} AND {SUPERVISED}"
        f" AND EXISTS (SELECT 1 FROM party WHERE {OF_PARTY})"
        " ORDER BY m.created_at",
        case.id,
        case.person_id,
        case.supplier_id,
        tx.now,
    )
    return [_mandate(row) for row in rows]


async def parties_of(tx: Tx, case: CaseParties) -> list[Party]:
    """All parties of a case, the first two first."""
    rows = await tx.fetch(
        f"WITH {PARTIES} SELECT party.side, party.name, party.email, party.role, party.person_id,"
        " party.supplier_id, party.cpf, party.cnpj, party.entry FROM party"
        " ORDER BY party.entry NULLS FIRST, party.side",
        case.id,
        case.person_id,
        case.supplier_id,
    )
    return [Party(*row) for row in rows]


async def recipients_of(tx: Tx, *, case: CaseParties, side: str) -> list[Recipient]:
    """Who on this side is told, each address once: parties, representatives of consumers, and
    lawyers whose mandate has the power to receive notices. Those without an e-mail come too,
    with "" (a letter may reach them). One query.
    """
    rows = await tx.fetch(
        f"WITH {PARTIES}, {REACHED}"
        " SELECT 1 AS place, party.name, party.email, 'party' AS role FROM party"
        "  WHERE party.side = $5"
        " UNION ALL SELECT 2, r.name, r.email, 'representative' FROM party"
        "  JOIN representative r ON r.person_id = party.person_id"
        "  WHERE party.side = $5 AND r.ended_at IS NULL"
        "   AND (r.expires_at IS NULL OR r.expires_at > $4)"
        " UNION ALL SELECT DISTINCT 3, l.name, l.email, 'lawyer' FROM reached"
        f"  JOIN mandate m ON m.id = reached.id JOIN party ON {OF_PARTY}"
        "  JOIN lawyer l ON l.id = m.lawyer_id"
        f"  WHERE party.side = $5 AND l.status = 'verified' AND {active('m', '$4')}"
        "   AND l.kind <> 'estagiario' AND 'receive_notice' = ANY(m.powers)"
        " ORDER BY 1, 2",
        case.id,
        case.person_id,
        case.supplier_id,
        tx.now,
        side,
    )
    found: dict[str, Recipient] = {}
    for row in rows:
        one = Recipient(row["name"], row["email"], row["role"])
        found.setdefault(one.email.lower() or f"{one.role}/{one.name}", one)
    return list(found.values())


async def representatives_of(tx: Tx, person_ids: list[UUID]) -> list[Representative]:
    """Who answers for these consumers now."""
    return await _representatives(tx, "r.person_id = ANY($1)", person_ids)


async def represented_by(tx: Tx, cpf: str) -> list[Representative]:
    """For whom the person with this CPF answers now."""
    return await _representatives(tx, "r.cpf = $1", cpf)


async def views_of(tx: Tx, case_id: UUID, *, limit: int = 500) -> list[View]:
    """Who opened the case, the newest first."""
    rows = await tx.fetch(
        "SELECT name, side, role, at FROM case_view WHERE case_id = $1 ORDER BY at DESC LIMIT $2",
        case_id,
        limit,
    )
    return [View(*row) for row in rows]


async def _representatives(tx: Tx, condition: str, value: Any) -> list[Representative]:
    rows = await tx.fetch(
        "SELECT r.id, r.person_id, p.name, r.cpf, r.name, r.email, r.kind, r.document,"
        " r.expires_at, r.registered_name, r.created_at FROM representative r"
        f" JOIN person p ON p.id = r.person_id WHERE {condition} AND r.ended_at IS NULL"
        " AND (r.expires_at IS NULL OR r.expires_at > $2) ORDER BY r.created_at",
        value,
        tx.now,
    )
    return [Representative(*row) for row in rows]


def _mandate(row: Any) -> Mandate:
    values = list(row)
    values[15] = tuple(values[15])
    return Mandate(*values)
