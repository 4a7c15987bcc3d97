"""Issuing a letter: rendered, kept in S3, entered in the register, all or nothing."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from procon.auth.actor import Actor
from procon.auth.actor import Kind as ActorKind
from procon.cases.queries import detail_by_id
from procon.jobs.outbox import put_out
from procon.kernel.chain import canonical
from procon.kernel.errors import NotFound
from procon.kernel.ids import new_id, readable_code
from procon.letters.fields import FIELDS
from procon.letters.models import NUMBERED, TITLES, Brand, Kind, LetterData, Stamp, Worded
from procon.letters.queries import letter_by_id
from procon.letters.typeset.render import (
    SECRET_FIELDS,
    content_sha256,
    render,
    template_version,
    without_secrets,
)
from procon.letters.wording.documents import DOCUMENTS
from procon.tenancy.keys import object_key
from procon.tenancy.scope import Tx

# Puts bytes under an S3 key with a media type: store(key, body, "application/pdf").
Store: TypeAlias = Callable[[str, bytes, str], Awaitable[None]]
CODE_LENGTH = 12
ORDER_TOPIC = "letters/order"


class Order(Struct, frozen=True, forbid_unknown_fields=True):
    """A worded document that was asked for and is still to be printed; kept in the outbox.

    `more`: field name → text, for what only the caller knows. `due_at` and `explanation` are the
    case's running deadline as it was when the document was asked for.
    """

    letter_id: UUID
    case_id: UUID
    code: str
    more: dict[str, str]
    actor_kind: ActorKind
    actor_name: str
    actor_account: UUID | None
    at: datetime
    due_at: datetime | None = None
    explanation: str = ""


class IssuedLetter(Struct, frozen=True, forbid_unknown_fields=True):
    """A letter in the register. `code` has no hyphens; `sha256` is that of the PDF file."""

    id: UUID
    kind: str
    code: str
    sha256: bytes
    number: int | None = None
    year: int | None = None


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
    year, number = await next_number(tx, kind, moment)
    stamp = Stamp(code=readable_code(CODE_LENGTH), issued_at=moment, number=number, year=year)
    pdf = await asyncio.to_thread(render, kind, data, brand=brand, stamp=stamp)
    letter = IssuedLetter(
        letter_id or new_id(), kind, stamp.code, hashlib.sha256(pdf).digest(), number, year
    )
    await store(letter_key(tx.tenant.slug, letter.id), pdf, "application/pdf")
    await register(tx, letter, data, case_id=case_id, actor=actor, size=len(pdf), moment=moment)
    return letter


async def issue_pdf(
    tx: Tx,
    *,
    actor: Actor,
    case_id: UUID,
    code: str,
    title: str,
    body: bytes,
    store: Store,
    letter_id: UUID | None = None,
    verification: str = "",
) -> UUID:
    """Enter a PDF that was made elsewhere (signed minutes) into the register, as it is.

    Args:
        code: document type, a key of TITLES ("TAU").
        letter_id: makes a repeated call harmless: the letter that has this id is kept.
        verification: the code that the PDF shows already (`readable_code(CODE_LENGTH)`); "" makes
            one, and the document is then verified by its file.

    Returns:
        The letter's id.

    Raises:
        NotFound: no such case in this city.
        ValueError: not a PDF, or an unknown document type.
        Whatever `store` raises; then nothing is registered.
    """
    if code not in TITLES or not body.startswith(b"%PDF-"):
        raise ValueError(f"{code}: not a PDF of a known document type")
    number = await tx.fetchval("SELECT number FROM case_file WHERE id = $1", case_id)
    if number is None:
        raise NotFound("Não encontramos este processo.")
    identifier = letter_id or new_id()
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", str(identifier))
    if await letter_by_id(tx, identifier):
        return identifier
    sha256 = hashlib.sha256(body).digest()
    await store(letter_key(tx.tenant.slug, identifier), body, "application/pdf")
    await _insert(
        tx,
        IssuedLetter(identifier, code, verification or readable_code(CODE_LENGTH), sha256),
        case_id=case_id,
        case_number=number,
        content=sha256,
        size=len(body),
        data=canonical({"title": title}).decode(),
        moment=tx.now,
        actor=actor,
        title=title,
    )
    return identifier


async def issue_letter_for(
    tx: Tx,
    *,
    actor: Actor,
    case_id: UUID,
    code: str,
    extra: Mapping[str, str],
    store: object = None,
    letter_id: UUID | None = None,
) -> UUID:
    """Ask for a worded document of a case ("CERT", "AR"); the worker prints it after the commit.

    Args:
        extra: field name → text for what only the caller knows ("aviso.meio", "ato.texto").
        store: not used, the worker has its own; callers that hold one may pass it.
        letter_id: makes a repeated call harmless.

    Returns:
        The id that the letter will have in the register (`queries.letter_by_id`).

    Raises:
        NotFound: no such case in this city.
        ValueError: no such document, or a field that is not in `letters.fields.FIELDS`.
    """
    unknown = sorted(set(extra) - set(FIELDS))
    if code not in DOCUMENTS or unknown:
        raise ValueError(f"{code}: unknown document or fields {unknown}")
    case = await detail_by_id(tx, case_id)
    if case is None:
        raise NotFound("Não encontramos este processo.")
    deadline = case.deadline
    order = Order(
        letter_id=letter_id or new_id(),
        case_id=case_id,
        code=code,
        more=dict(extra),
        actor_kind=actor.kind,
        actor_name=actor.name,
        actor_account=actor.account_id,
        at=tx.now,
        due_at=deadline.due_at if deadline else None,
        explanation=deadline.explanation if deadline else "",
    )
    key = f"{ORDER_TOPIC}/{order.letter_id}"
    await put_out(tx, topic=ORDER_TOPIC, payload=order, effect_key=key)
    return order.letter_id


async def next_number(tx: Tx, kind: Kind, moment: datetime) -> tuple[int | None, int | None]:
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


async def register(
    tx: Tx,
    letter: IssuedLetter,
    data: LetterData,
    *,
    case_id: UUID,
    actor: Actor,
    size: int,
    moment: datetime,
) -> None:
    """Enter a printed and stored letter; one that is there already stays as it is."""
    worded = data if isinstance(data, Worded) else None
    await _insert(
        tx,
        letter,
        case_id=case_id,
        case_number=data.case_number,
        content=content_sha256(data),
        size=size,
        data=canonical(without_secrets(data)).decode(),
        moment=moment,
        actor=actor,
        title=worded.title if worded else "",
        wording_version=worded.wording_version if worded else None,
        only_for=worded.only_for if worded else "",
    )


async def _insert(
    tx: Tx,
    letter: IssuedLetter,
    *,
    case_id: UUID,
    case_number: str,
    content: bytes,
    size: int,
    data: str,
    moment: datetime,
    actor: Actor,
    title: str,
    wording_version: int | None = None,
    only_for: str = "",
) -> None:
    await tx.execute(
        "INSERT INTO letter (id, case_id, kind, year, number, code, case_number, sha256, "
        "content_sha256, size, data, template_version, created_at, created_by, title, "
        "wording_version, only_for) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, "
        "$13, $14, $15, $16, $17) ON CONFLICT (id) DO NOTHING",
        letter.id,
        case_id,
        letter.kind,
        letter.year,
        letter.number,
        letter.code,
        case_number,
        letter.sha256,
        content,
        size,
        data,
        template_version(),
        moment,
        actor.label,
        title,
        wording_version,
        only_for,
    )
