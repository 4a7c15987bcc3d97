"""Sheets and their rows, and the cases that a sheet may answer."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from procon.answers.inbox.queries import their_cases
from procon.auth.actor import Actor
from procon.auth.companies.queries import reach_of
from procon.cases.taxonomy import subject_title
from procon.kernel.documents import format_cnpj
from procon.kernel.errors import NotFound
from procon.portal.render import date_and_hour
from procon.tenancy.scope import Tx

# Where an answer can be taken; a defence has a page of its own.
ANSWERABLE = ("cip_issued", "unanswered")
MOST_EXPORTED = 10_000

SheetState = Literal["checked", "sending", "done"]
RowState = Literal["ok", "error", "sent", "refused"]


class Sheet(Struct, frozen=True):
    """A sheet that was checked. `actor` is the person, as JSON."""

    id: UUID
    actor: str
    name: str
    state: SheetState
    total: int
    made_at: datetime
    confirmed_at: datetime | None
    done_at: datetime | None


class Row(Struct, frozen=True):
    """One of its rows."""

    id: UUID
    line: int
    number: str
    case_id: UUID | None
    text: str
    state: RowState
    sentence: str


class Target(Struct, frozen=True):
    """A case that a row may be about. `may_answer` is False for who only reads its company."""

    id: UUID
    status: str
    outcome: str
    may_answer: bool


_SHEET = "SELECT id, actor, name, state, total, made_at, confirmed_at, done_at FROM answer_sheet"


async def exported(tx: Tx, *, actor: Actor) -> list[tuple[str, ...]]:
    """The open cases as the sheet has them, the nearest deadline first."""
    reach = await reach_of(tx, actor=actor)
    zone = ZoneInfo(tx.tenant.timezone)
    condition, arguments = their_cases(reach)
    rows = await tx.fetch(
        "SELECT c.number, p.name, s.name, s.cnpj, c.subject, c.narrative, c.wish, c.due_at"
        " FROM case_file c JOIN supplier s ON s.id = c.supplier_id"
        f" JOIN person p ON p.id = c.person_id WHERE {condition} AND c.status = ANY($4)"
        " ORDER BY c.due_at NULLS LAST, c.id LIMIT $5",
        *arguments,
        list(ANSWERABLE),
        MOST_EXPORTED,
    )
    return [
        (
            row[0],
            row[1],
            row[2],
            format_cnpj(row[3]) if row[3] else "",
            subject_title(row[4]),
            row[5],
            row[6],
            date_and_hour(row[7], zone) if row[7] else "",
            "",
        )
        for row in rows
    ]


async def targets(tx: Tx, *, actor: Actor, numbers: list[str]) -> dict[str, Target]:
    """Number → case, for those numbers that are the company's. Two queries at most."""
    wide, narrow = await reach_of(tx, actor=actor), await reach_of(tx, actor=actor, least="answers")
    found: dict[str, Target] = {}
    for reach, may in ((wide, False), (narrow, True)):
        condition, arguments = their_cases(reach)
        rows = await tx.fetch(
            f"SELECT c.number, c.id, c.status, c.outcome FROM case_file c WHERE {condition}"
            " AND c.number = ANY($4)",
            *arguments,
            numbers,
        )
        found |= {row[0]: Target(row[1], row[2], row[3], may) for row in rows}
    return found


async def sheet_of(tx: Tx, *, actor: Actor, sheet_id: UUID) -> Sheet:
    """One of the person's own sheets. Raises NotFound."""
    row = await tx.fetchrow(
        f"{_SHEET} WHERE id = $1 AND account_id = $2", sheet_id, actor.account_id
    )
    if row is None:
        raise NotFound("Não encontramos esta planilha. Envie de novo, por favor.")
    return Sheet(*row)


async def sheet_by_id(tx: Tx, sheet_id: UUID) -> Sheet | None:
    """A sheet, for the worker."""
    row = await tx.fetchrow(f"{_SHEET} WHERE id = $1", sheet_id)
    return Sheet(*row) if row else None


async def sheets_of(tx: Tx, *, actor: Actor, limit: int = 10) -> list[Sheet]:
    """The person's newest sheets."""
    rows = await tx.fetch(
        f"{_SHEET} WHERE account_id = $1 ORDER BY made_at DESC LIMIT $2", actor.account_id, limit
    )
    return [Sheet(*row) for row in rows]


async def counts_of(tx: Tx, sheet_id: UUID) -> dict[str, int]:
    """How many rows stand where."""
    rows = await tx.fetch(
        "SELECT state, count(*) FROM answer_sheet_row WHERE sheet_id = $1 GROUP BY state", sheet_id
    )
    return {"ok": 0, "error": 0, "sent": 0, "refused": 0} | {row[0]: row[1] for row in rows}


async def rows_of(tx: Tx, sheet_id: UUID, states: tuple[RowState, ...], *, limit: int) -> list[Row]:
    """Rows in these states, in the sheet's order."""
    rows = await tx.fetch(
        "SELECT id, line, number, case_id, text, state, sentence FROM answer_sheet_row"
        " WHERE sheet_id = $1 AND state = ANY($2) ORDER BY line LIMIT $3",
        sheet_id,
        list(states),
        limit,
    )
    return [Row(*row) for row in rows]
