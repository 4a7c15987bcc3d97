"""Which autos of a case exist, and whether they are still up to date."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from procon.evidence.queries import files_of_case
from procon.kernel.chain import canonical
from procon.letters.queries import Letter, case_letters, letter_by_id
from procon.letters.typeset.render import template_version
from procon.letters.wording.documents import AUTOS
from procon.process.queries import filings_of_case
from procon.tenancy.scope import Tx

# A volume takes seconds; one that is not there after this long will not come.
GIVEN_UP = timedelta(minutes=15)


class Autos(Struct, frozen=True):
    """One volume: asked for, being built, ready or failed. `size` in bytes."""

    id: UUID
    case_id: UUID
    fingerprint: bytes
    state: str
    step: str
    done: int
    total: int
    pages: int
    size: int
    letter_id: UUID | None
    asked_at: datetime
    ready_at: datetime | None


_COLUMNS = (
    "id, case_id, fingerprint, state, step, done, total, pages, size, letter_id, asked_at, ready_at"
)


async def autos_by_id(tx: Tx, autos_id: UUID) -> Autos | None:
    """The volume, or None."""
    row = await tx.fetchrow(f"SELECT {_COLUMNS} FROM autos WHERE id = $1", autos_id)
    return Autos(*row) if row else None


async def latest_autos(tx: Tx, case_id: UUID) -> Autos | None:
    """The volume asked for last, in any state."""
    row = await tx.fetchrow(
        f"SELECT {_COLUMNS} FROM autos WHERE case_id = $1 ORDER BY asked_at DESC, id DESC LIMIT 1",
        case_id,
    )
    return Autos(*row) if row else None


async def letter_of(tx: Tx, autos: Autos) -> Letter | None:
    """A ready volume's entry in the register, with its code and hash."""
    return None if autos.letter_id is None else await letter_by_id(tx, autos.letter_id)


async def fingerprint_of(tx: Tx, case_id: UUID) -> bytes:
    """32 bytes that change when anything changes that the autos show.

    The log's head alone would not do: a letter is printed, and a file checked, after its act.
    """
    head = await tx.fetchval("SELECT log_head FROM case_file WHERE id = $1", case_id)
    letters = await case_letters(tx, case_id)
    seen = {
        "head": (head or b"").hex(),
        "letters": [str(one.id) for one in letters if one.kind != AUTOS],
        "files": [[str(one.id), one.state] for one in await files_of_case(tx, case_id)],
        "filings": [str(one.id) for one in await filings_of_case(tx, case_id)],
        "templates": template_version(),
    }
    return hashlib.sha256(canonical(seen)).digest()
