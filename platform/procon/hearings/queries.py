"""Reads of rooms, hours and hearings, as hand-written SQL into Structs."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from procon.auth.actor import Actor
from procon.auth.companies.queries import reach_of
from procon.auth.mandates.queries import lawyer_of
from procon.cases.access import get_case_by_id, side_of
from procon.cases.queries import CaseDetail
from procon.ext.workflow import Side
from procon.kernel.errors import Forbidden, NotFound
from procon.lawyers.queries import cases_of_lawyer
from procon.tenancy.scope import Tx

RoomKind = Literal["presencial", "video", "sala_assistida"]
FREE_MOST = 60


class RoomRow(Struct, frozen=True):
    """A room. `address`: a street, or for video a URL in which {hearing} is replaced."""

    id: UUID
    name: str
    kind: RoomKind
    address: str
    service_point: str
    capacity: int
    active: bool


class SlotRow(Struct, frozen=True):
    """An hour of a room; `taken` counts the hearings that are booked in it."""

    id: UUID
    starts_at: datetime
    minutes: int
    tolerance: int
    capacity: int
    taken: int
    blocked: bool
    conciliator_id: UUID | None
    conciliator_name: str
    room_name: str
    room_kind: RoomKind
    room_address: str
    service_point: str


class HearingLine(Struct, frozen=True):
    """A hearing as lists, agendas and calendar feeds show it."""

    id: UUID
    case_number: str
    person_name: str
    supplier_name: str
    starts_at: datetime
    minutes: int
    status: str
    result: str
    sequence: int
    conciliator_id: UUID | None
    conciliator_name: str
    room_name: str
    room_kind: RoomKind
    room_address: str
    service_point: str

    @property
    def ends_at(self) -> datetime:
        """When it is planned to end."""
        return self.starts_at + timedelta(minutes=self.minutes)


class HearingRow(Struct, frozen=True):
    """A whole hearing with its hour and room."""

    id: UUID
    case_id: UUID
    slot_id: UUID
    status: str
    result: str
    remark: str
    instalments: str
    total: Decimal | None
    moves_consumer: int
    moves_supplier: int
    room_token: str
    sequence: int
    revision: int
    booked_at: datetime
    booked_by: str
    closed_at: datetime | None
    closed_by: str
    letter_id: UUID | None
    starts_at: datetime
    minutes: int
    tolerance: int
    conciliator_id: UUID | None
    conciliator_name: str
    room_name: str
    room_kind: RoomKind
    room_address: str
    service_point: str

    @property
    def ends_at(self) -> datetime:
        """When it is planned to end."""
        return self.starts_at + timedelta(minutes=self.minutes)

    @property
    def waits_until(self) -> datetime:
        """Until when a late party is waited for."""
        return self.starts_at + timedelta(minutes=self.tolerance)

    def moves_of(self, side: str) -> int:
        """How often this side has moved the hearing by itself."""
        return {"consumer": self.moves_consumer, "supplier": self.moves_supplier}.get(side, 0)


class PartyRow(Struct, frozen=True):
    """Somebody who came."""

    id: UUID
    side: Side
    name: str
    role: str
    document: str
    arrived_at: datetime
    noted_by: str


class ClauseRow(Struct, frozen=True):
    """A sentence of the minutes, as it stands now."""

    id: UUID
    position: int
    text: str
    author: str
    version: int


class VerdictRow(Struct, frozen=True):
    """What a side said of a clause, or of the whole minutes when `clause_id` is None."""

    clause_id: UUID | None
    clause_version: int
    digest: str
    side: Side
    verdict: Literal["accepts", "objects"]
    remark: str
    method: str
    author: str
    given_at: datetime


class MoveRow(Struct, frozen=True):
    """A hearing that went from one hour to another."""

    side: Side
    author: str
    from_at: datetime
    to_at: datetime
    reason: str
    moved_at: datetime


class Share(Struct, frozen=True, forbid_unknown_fields=True):
    """One line of what was agreed, as the minutes keep it. `due_on` ISO, `amount` in reais."""

    due_on: str
    amount: str
    what: str = ""


_HEARING = """
SELECT h.id, h.case_id, h.slot_id, h.status, h.result, h.remark, h.instalments, h.total,
       h.moves_consumer, h.moves_supplier, h.room_token, h.sequence, h.revision, h.booked_at,
       h.booked_by, h.closed_at, h.closed_by, h.letter_id, s.starts_at, s.minutes, s.tolerance,
       s.conciliator_id, s.conciliator_name, r.name, r.kind, r.address, r.service_point
FROM hearing h JOIN hearing_slot s ON s.id = h.slot_id JOIN hearing_room r ON r.id = s.room_id
"""
_LINE = """
SELECT h.id, c.number, p.name, f.name, s.starts_at, s.minutes, h.status, h.result, h.sequence,
       s.conciliator_id, s.conciliator_name, r.name, r.kind, r.address, r.service_point
FROM hearing h JOIN hearing_slot s ON s.id = h.slot_id JOIN hearing_room r ON r.id = s.room_id
JOIN case_file c ON c.id = h.case_id JOIN person p ON p.id = c.person_id
JOIN supplier f ON f.id = c.supplier_id
"""
_SLOT = """
SELECT s.id, s.starts_at, s.minutes, s.tolerance, s.capacity,
       (SELECT count(*) FROM hearing h WHERE h.slot_id = s.id AND h.status IN ('set', 'held')),
       s.blocked, s.conciliator_id, s.conciliator_name, r.name, r.kind, r.address, r.service_point
FROM hearing_slot s JOIN hearing_room r ON r.id = s.room_id
"""


async def room_list(tx: Tx, *, active_only: bool = False) -> list[RoomRow]:
    """The city's rooms, those in use first."""
    rows = await tx.fetch(
        "SELECT id, name, kind, address, service_point, capacity, active FROM hearing_room"
        " WHERE active OR NOT $1 ORDER BY active DESC, name",
        active_only,
    )
    return [RoomRow(*row) for row in rows]


async def slot_list(tx: Tx, *, first: datetime, last: datetime) -> list[SlotRow]:
    """Every hour that starts from `first` to before `last`, blocked and full ones too."""
    rows = await tx.fetch(
        f"{_SLOT} WHERE s.starts_at >= $1 AND s.starts_at < $2 ORDER BY s.starts_at, r.name",
        first,
        last,
    )
    return [SlotRow(*row) for row in rows]


async def free_slots(tx: Tx, *, after: datetime, limit: int = FREE_MOST) -> list[SlotRow]:
    """The next hours after `after` in which a hearing can still be booked."""
    rows = await tx.fetch(
        f"{_SLOT} WHERE s.starts_at > $1 AND NOT s.blocked AND r.active AND s.capacity >"
        " (SELECT count(*) FROM hearing h WHERE h.slot_id = s.id AND h.status IN ('set', 'held'))"
        " ORDER BY s.starts_at, r.name LIMIT $2",
        after,
        limit,
    )
    return [SlotRow(*row) for row in rows]


async def hearing_list(
    tx: Tx, *, first: datetime, last: datetime, conciliator: UUID | None = None
) -> list[HearingLine]:
    """Hearings that start from `first` to before `last`; of one conciliator if given."""
    rows = await tx.fetch(
        f"{_LINE} WHERE s.starts_at >= $1 AND s.starts_at < $2 AND h.status IN ('set', 'held')"
        " AND ($3::uuid IS NULL OR s.conciliator_id = $3) ORDER BY s.starts_at, r.name",
        first,
        last,
        conciliator,
    )
    return [HearingLine(*row) for row in rows]


async def hearings_for(tx: Tx, *, actor: Actor) -> list[HearingLine]:
    """The person's own hearings that are still to come, for a calendar feed.

    Staff: those they conduct. Consumer: of their cases, and of a lawyer's clients. Company: of
    the CNPJs that the person acts for, or of the one case whose code was used.
    """
    reach = await reach_of(tx, actor=actor)
    rows = await tx.fetch(
        f"{_LINE} WHERE h.status = 'set' AND s.starts_at > $1 AND CASE $2::text"
        " WHEN 'staff' THEN s.conciliator_id = $3"
        " WHEN 'citizen' THEN p.cpf = $4 OR ($4 IS NULL AND p.email = $5) OR c.number = ANY($6)"
        " WHEN 'supplier' THEN f.cnpj = ANY($7) OR left(f.cnpj, 8) = ANY($8) OR c.id = $9"
        " ELSE FALSE END ORDER BY s.starts_at LIMIT 200",
        tx.now - timedelta(hours=4),
        actor.kind,
        actor.account_id,
        actor.cpf,
        actor.email,
        await _clients_cases(tx, actor),
        list(reach.cnpjs),
        list(reach.roots),
        actor.case_id,
    )
    return [HearingLine(*row) for row in rows]


async def _clients_cases(tx: Tx, actor: Actor) -> list[str]:
    """Numbers of the cases in which the person is a lawyer."""
    lawyer = await lawyer_of(tx, actor) if actor.kind == "citizen" else None
    if lawyer is None or lawyer.status != "verified":
        return []
    return [case.number for case in await cases_of_lawyer(tx, lawyer.id)]


async def hearing_by_id(tx: Tx, hearing_id: UUID) -> HearingRow | None:
    """A hearing, for jobs; a person gets theirs by `get_hearing`."""
    row = await tx.fetchrow(f"{_HEARING} WHERE h.id = $1", hearing_id)
    return HearingRow(*row) if row else None


async def hearings_of_case(tx: Tx, case_id: UUID) -> list[HearingRow]:
    """The case's hearings, the newest first."""
    rows = await tx.fetch(f"{_HEARING} WHERE h.case_id = $1 ORDER BY h.id DESC", case_id)
    return [HearingRow(*row) for row in rows]


async def get_hearing(
    tx: Tx, *, actor: Actor, hearing_id: UUID
) -> tuple[HearingRow, CaseDetail, Side]:
    """A hearing, its case, and the side on which the actor stands in it.

    Raises:
        NotFound: no such hearing in this city.
        Forbidden: it is another person's.
    """
    hearing = await hearing_by_id(tx, hearing_id)
    if hearing is None:
        raise NotFound("Não encontramos esta audiência.")
    case = await get_case_by_id(tx, actor=actor, case_id=hearing.case_id)
    side = await side_of(tx, actor=actor, case=case)
    if side == "":
        raise Forbidden("Esta audiência não é de um processo seu.")
    return hearing, case, side


async def is_offered(tx: Tx, case_id: UUID) -> bool:
    """Whether the staff let the parties choose the hour."""
    found: bool = await tx.fetchval(
        "SELECT EXISTS (SELECT 1 FROM hearing_offer WHERE case_id = $1)", case_id
    )
    return found


async def parties_of(tx: Tx, hearing_id: UUID) -> list[PartyRow]:
    """Who came, in the order in which they did."""
    rows = await tx.fetch(
        "SELECT id, side, name, role, document, arrived_at, noted_by FROM hearing_party"
        " WHERE hearing_id = $1 ORDER BY arrived_at, id",
        hearing_id,
    )
    return [PartyRow(*row) for row in rows]


async def clauses_of(tx: Tx, hearing_id: UUID) -> list[ClauseRow]:
    """The clauses that stand, in order."""
    rows = await tx.fetch(
        "SELECT id, position, text, author, version FROM hearing_clause"
        " WHERE hearing_id = $1 AND removed_at IS NULL ORDER BY position",
        hearing_id,
    )
    return [ClauseRow(*row) for row in rows]


async def verdicts_of(tx: Tx, hearing_id: UUID) -> list[VerdictRow]:
    """Everything that the sides have said, the oldest first."""
    rows = await tx.fetch(
        "SELECT clause_id, clause_version, digest, side, verdict, remark, method, author, given_at"
        " FROM hearing_acceptance WHERE hearing_id = $1 ORDER BY id",
        hearing_id,
    )
    return [VerdictRow(*row) for row in rows]


async def moves_of(tx: Tx, hearing_id: UUID) -> list[MoveRow]:
    """How the hearing came to its hour."""
    rows = await tx.fetch(
        "SELECT side, author, from_at, to_at, reason, moved_at FROM hearing_move"
        " WHERE hearing_id = $1 ORDER BY id",
        hearing_id,
    )
    return [MoveRow(*row) for row in rows]


def shares_of(hearing: HearingRow) -> list[Share]:
    """What was agreed, line by line."""
    if not hearing.instalments:
        return []
    return msgspec.json.decode(hearing.instalments, type=list[Share])
