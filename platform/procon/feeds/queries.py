"""Whose feed an address is, and what stands in it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from msgspec import Struct, structs

from procon.auth.accounts.queries import actor_by_id
from procon.auth.actor import Actor
from procon.auth.companies.queries import reach_of
from procon.auth.mandates.queries import lawyer_of, represented_by
from procon.cases.access import BEFORE_CIP
from procon.deadlines.compute import Deadline
from procon.feeds.commands import hash_of
from procon.lawyers.queries import cases_of_lawyer
from procon.tenancy.scope import Tx

# What has ended stays in calendars for a while; one feed holds so many entries at most.
KEPT = timedelta(days=30)
MOST = 500

_DATED = """
SELECT c.id, c.number, s.name, c.changed_at, c.version,
       jsonb_set(c.deadline::jsonb, '{steps}', '[]')::text AS deadline
FROM case_file c JOIN supplier s ON s.id = c.supplier_id JOIN person p ON p.id = c.person_id
WHERE c.deadline <> '' AND c.due_at > $1 AND c.closed_at IS NULL AND
"""


class DatedCase(Struct, frozen=True):
    """A case with the deadline that runs in it. Its `steps` are left out."""

    id: UUID
    number: str
    supplier_name: str
    changed_at: datetime
    version: int
    deadline: Deadline
    path: str


async def feed_since(tx: Tx, *, actor: Actor) -> datetime | None:
    """When the actor's present address was made, or None."""
    found: datetime | None = await tx.fetchval(
        "SELECT max(created_at) FROM feed_token WHERE account_id = $1 AND kind = $2"
        " AND revoked_at IS NULL",
        actor.account_id,
        actor.kind,
    )
    return found


async def actor_of_token(tx: Tx, token: str) -> Actor | None:
    """The person whose feed this is, as their account stands now; None when it is nobody's.

    For whom somebody acts as a company is not kept here: `dated_cases` asks for it each time.
    """
    row = await tx.fetchrow(
        "SELECT account_id, kind FROM feed_token WHERE token_hash = $1 AND revoked_at IS NULL",
        hash_of(token),
    )
    actor = await actor_by_id(tx, row["account_id"]) if row else None
    if actor is None or actor.kind == row["kind"]:
        return actor
    if (actor.kind, row["kind"]) == ("citizen", "supplier"):
        return structs.replace(actor, kind="supplier", roles=frozenset({"supplier"}))
    return None


async def dated_cases(tx: Tx, *, actor: Actor) -> list[DatedCase]:
    """Running deadlines of the cases that the actor may see as a party, or is in charge of."""
    if actor.kind == "staff":
        return await _fetch(tx, "c.assigned_to = $2", actor.account_id, path="/equipe/processos")
    if actor.kind == "supplier":
        reach = await reach_of(tx, actor=actor)
        return await _fetch(
            tx,
            "(s.cnpj = ANY($2) OR left(s.cnpj, 8) = ANY($3))"
            " AND (c.complaint_number <> '' OR (c.cip_round > 0 AND c.status <> ALL($4)))",
            list(reach.cnpjs),
            list(reach.roots),
            sorted(BEFORE_CIP),
            path="/fornecedor/processos",
        )
    if actor.cpf is None:
        return await _fetch(tx, "p.email = $2", actor.email or None, path="/processos")
    return await _of_citizen(tx, actor, actor.cpf)


async def _of_citizen(tx: Tx, actor: Actor, cpf: str) -> list[DatedCase]:
    """Own cases, those of people whom the citizen represents, and as a lawyer the clients'."""
    wards = [one.person_id for one in await represented_by(tx, cpf)]
    own = await _fetch(tx, "(p.cpf = $2 OR p.id = ANY($3))", cpf, wards, path="/processos")
    lawyer = await lawyer_of(tx, actor)
    if lawyer is None or not lawyer.verified:
        return own
    numbers = [one.number for one in await cases_of_lawyer(tx, lawyer.id)]
    held = {one.id for one in own}
    clients = await _fetch(tx, "c.number = ANY($2)", numbers, path="/advogado/processos")
    return own + [one for one in clients if one.id not in held]


async def _fetch(tx: Tx, condition: str, *values: object, path: str) -> list[DatedCase]:
    rows = await tx.fetch(
        f"{_DATED} {condition} ORDER BY c.due_at, c.id LIMIT {MOST}", tx.now - KEPT, *values
    )
    return [
        DatedCase(
            id=row["id"],
            number=row["number"],
            supplier_name=row["name"],
            changed_at=row["changed_at"],
            version=row["version"],
            deadline=msgspec.json.decode(row["deadline"], type=Deadline),
            path=f"{path}/{row['number']}",
        )
        for row in rows
    ]
