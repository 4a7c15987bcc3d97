"""The pages of a sheet: before, the report, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from uuid import UUID

from msgspec import Struct

from procon.answers.sheet.queries import Row, Sheet, counts_of, rows_of, sheet_of, sheets_of
from procon.auth.actor import Actor
from procon.auth.companies.queries import reach_of
from procon.tenancy.scope import Tx

SHOWN = 500

STATES: Mapping[str, str] = MappingProxyType(
    {
        "checked": "Conferida, não enviada",
        "sending": "Sendo enviada",
        "done": "Terminada",
    }
)


class SheetsPage(Struct, frozen=True):
    """Download, upload, and what was sent before. `known`: the account acts for a company."""

    sheets: tuple[tuple[Sheet, str], ...]
    known: bool
    may_answer: bool
    errors: Mapping[str, str] = {}


class SheetPage(Struct, frozen=True):
    """The report of one sheet. `wrong`: rows that were not or will not be taken, at most SHOWN."""

    sheet: Sheet
    state: str
    ok: int
    error: int
    sent: int
    refused: int
    wrong: tuple[Row, ...]

    @property
    def more_wrong(self) -> int:
        """Wrong rows that the page leaves out."""
        return max(0, self.error + self.refused - len(self.wrong))


async def sheets_page(
    tx: Tx, actor: Actor, *, errors: Mapping[str, str] | None = None
) -> SheetsPage:
    """The door."""
    sheets = await sheets_of(tx, actor=actor) if actor.account_id else []
    return SheetsPage(
        sheets=tuple((one, STATES[one.state]) for one in sheets),
        known=bool(await reach_of(tx, actor=actor)),
        may_answer=bool(await reach_of(tx, actor=actor, least="answers")),
        errors=errors or {},
    )


async def sheet_page(tx: Tx, actor: Actor, sheet_id: UUID) -> SheetPage:
    """One of the person's own sheets. Raises NotFound."""
    sheet = await sheet_of(tx, actor=actor, sheet_id=sheet_id)
    counts = await counts_of(tx, sheet_id)
    return SheetPage(
        sheet=sheet,
        state=STATES[sheet.state],
        ok=counts["ok"],
        error=counts["error"],
        sent=counts["sent"],
        refused=counts["refused"],
        wrong=tuple(await rows_of(tx, sheet_id, ("error", "refused"), limit=SHOWN)),
    )
