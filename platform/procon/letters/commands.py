"""Issuing a letter: rendered, kept in S3, entered in the register, all or nothing."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from procon.auth.actor import Actor
from procon.kernel.chain import canonical
from procon.kernel.ids import new_id, readable_code
from procon.letters.models import NUMBERED, Brand, Kind, LetterData, Stamp
from procon.letters.queries import letter_by_id
from procon.letters.typeset.render import (
    SECRET_FIELDS,
    content_sha256,
    render,
    template_version,
    without_secrets,
)
from procon.tenancy.keys import object_key
from procon.tenancy.scope import Tx

# Puts bytes under an S3 key with a media type: store(key, body, "application/pdf").
Store: TypeAlias = Callable[[str, bytes, str], Awaitable[None]]
CODE_LENGTH = 12


class IssuedLetter(Struct, frozen=True, forbid_unknown_fields=True):
    """A letter in the register. `code` has no hyphens; `sha256` is that of the PDF file."""

    id: UUID
    kind: str
    code: str
    sha256: bytes
    number: int | None
    year: int | None


def letter_key(slug: str, letter_id: UUID) -> str:
    """Where the PDF lies in S3."""
    return object_key(slug, "letters", f"{letter_id}.pdf")


async def issue_letter(
    tx: Tx,
    *,
    actor: Actor,
    kind: Kind,
    case_id: UUID,
    data: LetterData,
    brand: Brand,
    store: Store,
    letter_id: UUID | None = None,
    issued_at: datetime | None = None,
) -> IssuedLetter:
    """Render, store and register one letter.

    `issued_at` is the moment of the act that the letter is of, when the printing came later.
    `letter_id` makes a repeated call harmless: the letter that already has this id is returned.
    When the transaction rolls back, an object that nothing points to may stay in S3.

    Raises:
        ValueError: `data` holds an access code. The consumer may read the filed letter, so the
            code goes to the supplier alone, by e-mail or on a copy made with `render`.
        Refused: too long.
        Whatever `store` raises; then nothing is registered.
    """
    if any(getattr(data, name, "") for name in SECRET_FIELDS):
        raise ValueError("a filed letter holds no access code")
    if letter_id is not None:
        # Two at once would each put a file of their own under the one key.
        await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", str(letter_id))
        if found := await letter_by_id(tx, letter_id):
            return IssuedLetter(
                found.id, found.kind, found.code, found.sha256, found.number, found.year
            )
    moment = issued_at or tx.now
    year, number = await _next_number(tx, kind, moment)
    stamp = Stamp(code=readable_code(CODE_LENGTH), issued_at=moment, number=number, year=year)
    pdf = await asyncio.to_thread(render, kind, data, brand=brand, stamp=stamp)
    letter = IssuedLetter(
        letter_id or new_id(), kind, stamp.code, hashlib.sha256(pdf).digest(), number, year
    )
    await store(letter_key(tx.tenant.slug, letter.id), pdf, "application/pdf")
    await _register(tx, letter, data, case_id=case_id, actor=actor, size=len(pdf), moment=moment)
    return letter


async def _next_number(tx: Tx, kind: Kind, moment: datetime) -> tuple[int | None, int | None]:
    """Year and number; the counter row stays locked until the transaction ends: no gaps."""
    if kind not in NUMBERED:
        return None, None
    year = moment.astimezone(ZoneInfo(tx.tenant.timezone)).year
    number: int = await tx.fetchval(
        "INSERT INTO letter_counter (kind, year, last) VALUES ($1, $2, 1) "
        "ON CONFLICT (kind, year) DO UPDATE SET last = letter_counter.last + 1 RETURNING last",
        kind,
        year,
    )
    return year, number


async def _register(
    tx: Tx,
    letter: IssuedLetter,
    data: LetterData,
    *,
    case_id: UUID,
    actor: Actor,
    size: int,
    moment: datetime,
) -> None:
    await tx.execute(
        "INSERT INTO letter (id, case_id, kind, year, number, code, case_number, sha256, "
        "content_sha256, size, data, template_version, created_at, created_by) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        letter.id,
        case_id,
        letter.kind,
        letter.year,
        letter.number,
        letter.code,
        data.case_number,
        letter.sha256,
        content_sha256(data),
        size,
        canonical(without_secrets(data)).decode(),
        template_version(),
        moment,
        actor.label,
    )
