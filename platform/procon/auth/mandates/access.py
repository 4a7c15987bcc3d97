"""On whose side somebody stands in a case. Asked of the database on every request, so that what
ended a second ago has ended.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from msgspec import Struct

from procon.auth.mandates.model import ALL_POWERS, ENDS, TRAINEE_POWERS, Oab, Side
from procon.tenancy.scope import Tx

As = Literal["party", "representative", "lawyer", "trainee"]


class CaseParties(Protocol):
    """What is needed to know of a case."""

    @property
    def id(self) -> UUID: ...
    @property
    def person_id(self) -> UUID: ...
    @property
    def person_name(self) -> str: ...
    @property
    def supplier_id(self) -> UUID: ...
    @property
    def supplier_name(self) -> str: ...
    @property
    def supplier_cnpj(self) -> str | None: ...


class Acting(Struct, frozen=True):
    """For whom somebody acts in a case, and with which powers. `oab` is a lawyer's, else ""."""

    side: Side
    role: As
    client: str
    powers: frozenset[str]
    oab: str = ""
    kind: str = ""


class Ended(Struct, frozen=True):
    """A mandate in this case that is over, or whose lawyer may not act any more ("status")."""

    at: datetime | None
    why: str


def active(alias: str, now: str) -> str:
    """SQL: the mandate `alias` is in force at the parameter `now` ("$3")."""
    return (
        f"{alias}.starts_at <= {now} AND ({alias}.expires_at IS NULL OR {alias}.expires_at > {now})"
        f" AND ({alias}.ended_at IS NULL OR {alias}.ended_at > {now})"
    )


# All parties of the case $1: the two in case_file, given as $2 (person) and $3 (supplier), and
# those that came later.
PARTIES = """
party AS (
    SELECT 'consumer'::text AS side, p.id AS person_id, NULL::uuid AS supplier_id,
           NULL::text AS root, NULL::text AS cnpj, p.cpf AS cpf, p.name, p.email,
           ''::text AS role, NULL::uuid AS entry
      FROM person p WHERE p.id = $2
    UNION ALL
    SELECT 'supplier', NULL, s.id, left(s.cnpj, 8), s.cnpj, NULL, s.name, s.email, '', NULL
      FROM supplier s WHERE s.id = $3
    UNION ALL
    SELECT x.side, x.person_id, x.supplier_id, left(s.cnpj, 8), s.cnpj, p.cpf,
           coalesce(p.name, s.name), coalesce(p.email, s.email), x.role, x.id
      FROM case_party x LEFT JOIN person p ON p.id = x.person_id
           LEFT JOIN supplier s ON s.id = x.supplier_id
     WHERE x.case_id = $1 AND x.removed_at IS NULL
)
"""
# Ids of the mandates that may concern the case: those for it alone, and those for all cases of one
# of its parties. A bank's thousands of mandates for other cases are never touched.
REACHED = """
reached AS (
    SELECT m.id FROM mandate m WHERE m.case_id = $1
    UNION SELECT m.id FROM party JOIN mandate m ON m.person_id = party.person_id
     WHERE m.case_id IS NULL
    UNION SELECT m.id FROM party JOIN mandate m ON m.supplier_id = party.supplier_id
     WHERE m.case_id IS NULL
    UNION SELECT m.id FROM party JOIN mandate m ON m.cnpj_root = party.root
     WHERE m.case_id IS NULL
)
"""
OF_PARTY = (
    "(m.person_id = party.person_id OR m.supplier_id = party.supplier_id"
    " OR m.cnpj_root = party.root)"
)

# A trainee sees and files only while the supervisor, verified, has a mandate for the same party.
SUPERVISED = f"""
(l.kind <> 'estagiario' OR EXISTS (
    SELECT 1 FROM lawyer v JOIN mandate w ON w.lawyer_id = v.id
     WHERE v.id = l.supervisor_id AND v.status = 'verified' AND {active("w", "$4")}
       AND (w.person_id = m.person_id OR w.supplier_id = m.supplier_id
            OR w.cnpj_root = m.cnpj_root)
       AND (w.case_id IS NULL OR w.case_id = $1)))
"""

_ACTING = f"""
WITH {PARTIES}, {REACHED}
SELECT 1 AS place, party.side, 'party' AS role, party.name, NULL::text[] AS powers,
       party.role AS kind, '' AS uf, '' AS number, '' AS letter
  FROM party WHERE party.cpf = $5
UNION ALL
SELECT 2, party.side, 'representative', party.name, NULL, r.kind, '', '', ''
  FROM party JOIN representative r ON r.person_id = party.person_id
 WHERE r.cpf = $5 AND r.ended_at IS NULL AND (r.expires_at IS NULL OR r.expires_at > $4)
UNION ALL
SELECT 3, party.side, 'lawyer', party.name, m.powers, l.kind, l.oab_uf, l.oab_number, l.oab_letter
  FROM reached JOIN mandate m ON m.id = reached.id JOIN lawyer l ON l.id = m.lawyer_id
       JOIN party ON {OF_PARTY}
 WHERE l.cpf = $5 AND l.status = 'verified' AND {active("m", "$4")} AND {SUPERVISED}
ORDER BY 1
"""

_ENDED = f"""
WITH {PARTIES}, {REACHED}
SELECT least(coalesce(m.ended_at, m.expires_at), m.expires_at) AS at,
       CASE WHEN m.ended_at IS NOT NULL AND (m.expires_at IS NULL OR m.ended_at <= m.expires_at)
            THEN m.end_kind ELSE 'expiry' END AS why, l.status,
       ({active("m", "$4")}) AS runs
  FROM reached JOIN mandate m ON m.id = reached.id JOIN lawyer l ON l.id = m.lawyer_id
       JOIN party ON {OF_PARTY}
 WHERE l.cpf = $5 ORDER BY runs DESC, at DESC LIMIT 1
"""


async def acting_in(tx: Tx, *, cpf: str, case: CaseParties) -> Acting | None:
    """For whom the person with this CPF acts in the case, or None. One query.

    A further consumer of the case and a representative have all powers; of several mandates of
    one lawyer for one side the powers add up.
    """
    rows = await tx.fetch(_ACTING, case.id, case.person_id, case.supplier_id, tx.now, cpf)
    if not rows:
        return None
    first = rows[0]
    if first["role"] != "lawyer":
        return Acting(first["side"], first["role"], first["name"], ALL_POWERS, kind=first["kind"])
    same = [row for row in rows if row["side"] == first["side"] and row["role"] == "lawyer"]
    powers = frozenset[str]().union(*(row["powers"] for row in same))
    trainee = first["kind"] == "estagiario"
    return Acting(
        side=first["side"],
        role="trainee" if trainee else "lawyer",
        client=first["name"],
        powers=powers & TRAINEE_POWERS if trainee else powers,
        oab=str(Oab(first["uf"], first["number"], first["letter"])),
        kind=first["kind"],
    )


async def ended_in(tx: Tx, *, cpf: str, case: CaseParties) -> Ended | None:
    """The last mandate in this case of somebody who may not see it now, for the sentence."""
    row = await tx.fetchrow(_ENDED, case.id, case.person_id, case.supplier_id, tx.now, cpf)
    if row is None:
        return None
    if row["runs"] or row["at"] is None:
        return Ended(None, "status")
    return Ended(row["at"], ENDS.get(row["why"], ""))


async def further_cnpjs(tx: Tx, case_id: UUID) -> list[str]:
    """CNPJs of the suppliers that were added to the case."""
    rows = await tx.fetch(
        "SELECT s.cnpj FROM case_party x JOIN supplier s ON s.id = x.supplier_id"
        " WHERE x.case_id = $1 AND x.removed_at IS NULL AND s.cnpj IS NOT NULL",
        case_id,
    )
    return [row[0] for row in rows]
