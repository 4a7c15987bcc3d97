"""Reads of handovers."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from procon.ext.ports import CourtParty, HandoverKind
from procon.tenancy.manifest import Tenant
from procon.tenancy.scope import Tx

Status = Literal["draft", "reviewed", "sent", "delivered", "refused", "homologated", "error"]
AT_ONCE = 100


class FileRef(Struct, frozen=True, forbid_unknown_fields=True):
    """A file that goes with the text. `key`: where its bytes are; sizes in bytes."""

    code: str
    name: str
    title: str
    media_type: str
    key: str
    size: int
    sha256: str


class Facts(Struct, frozen=True, forbid_unknown_fields=True):
    """What goes to the court with the text, as it was when the text was saved."""

    author: CourtParty
    defendant: CourtParty
    subject: str
    files: tuple[FileRef, ...]
    left_out: tuple[str, ...] = ()


class HandoverRow(Struct, frozen=True):
    """One handover, see `tables.Handover`."""

    id: UUID
    case_id: UUID
    kind: HandoverKind
    status: Status
    text: str
    value: Decimal | None
    facts_json: str
    sha256: str
    prepared_by: str
    prepared_at: datetime
    approved_by: str
    approved_at: datetime | None
    wish: str
    round: int
    attempts: int
    in_doubt: bool
    first_sent_at: datetime | None
    via: str
    court_number: str
    protocol: str
    message: str
    package_key: str
    package_sha256: str
    package_signed: bool
    receipt_letter: UUID | None
    delivered_at: datetime | None
    ended_at: datetime | None

    @property
    def facts(self) -> Facts:
        """What goes with the text."""
        return msgspec.json.decode(self.facts_json, type=Facts)


_HANDOVER = """
SELECT id, case_id, kind, status, text, value, facts, sha256, prepared_by, prepared_at,
       approved_by, approved_at, wish, round, attempts, in_doubt, first_sent_at, via, court_number,
       protocol, message, package_key, package_sha256, package_signed, receipt_letter,
       delivered_at, ended_at
FROM court_handover
"""


def has_court(tenant: Tenant) -> bool:
    """Whether the city has chosen a way into a court, and it is enabled."""
    return tenant.ports.get("court", "-") in tenant.plugins


async def handovers_of_case(tx: Tx, case_id: UUID) -> list[HandoverRow]:
    """Every handover of a case, oldest first."""
    rows = await tx.fetch(f"{_HANDOVER} WHERE case_id = $1 ORDER BY prepared_at, id", case_id)
    return [HandoverRow(*row) for row in rows]


async def handover_of(tx: Tx, case_id: UUID, kind: HandoverKind) -> HandoverRow | None:
    """The one that counts: the newest of its kind."""
    row = await tx.fetchrow(
        f"{_HANDOVER} WHERE case_id = $1 AND kind = $2 ORDER BY prepared_at DESC, id DESC LIMIT 1",
        case_id,
        kind,
    )
    return HandoverRow(*row) if row else None


async def handover_by_id(tx: Tx, handover_id: UUID, *, lock: bool = False) -> HandoverRow | None:
    """One handover, for commands and jobs."""
    row = await tx.fetchrow(
        f"{_HANDOVER} WHERE id = $1{' FOR UPDATE' if lock else ''}", handover_id
    )
    return HandoverRow(*row) if row else None


async def to_ask(tx: Tx) -> list[UUID]:
    """Handovers whose court is due to be asked; 100 at most."""
    rows = await tx.fetch(
        "SELECT id FROM court_handover WHERE ask_at <= $1 ORDER BY ask_at, id LIMIT $2",
        tx.now,
        AT_ONCE,
    )
    return [row[0] for row in rows]
