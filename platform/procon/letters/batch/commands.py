"""One document for many cases: asked for once, printed in pieces by the worker."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from procon.auth.actor import Actor
from procon.jobs.outbox import put_out
from procon.kernel.errors import Invalid, NotFound
from procon.kernel.ids import new_id, readable_code
from procon.letters.commands import CODE_LENGTH
from procon.letters.wording.documents import DOCUMENTS
from procon.letters.wording.queries import wording_in_force
from procon.tenancy.keys import object_key
from procon.tenancy.scope import Tx

MOST = 5_000
CHUNK = 50
CHUNK_TOPIC = "letters/batch"
JOIN_TOPIC = "letters/batch_join"


def chunk_key(slug: str, batch_id: UUID, first: int) -> str:
    """Where the letters of one piece lie together in S3, until the batch is joined."""
    return object_key(slug, "letter_batches", str(batch_id), f"{first:06d}.pdf")


def joined_key(slug: str, batch_id: UUID) -> str:
    """Where the batch's letters lie as one file in S3."""
    return object_key(slug, "letter_batches", str(batch_id), "joined.pdf")


async def merge_letters(
    tx: Tx,
    *,
    actor: Actor,
    case_ids: Sequence[UUID],
    code: str,
    words: str = "",
    idempotency_key: str,
) -> UUID:
    """Ask for one document for each of these cases, in this order; the worker prints them.

    The words in force now are copied: what the person confirmed is what is printed.

    Args:
        words: what the field "ato.texto" says in every letter.
        idempotency_key: the same key again gives the same batch.

    Returns:
        The batch's id; its page is /equipe/cartas/lotes/{id}.

    Raises:
        Invalid: no such document, no case, or more than MOST of them.
        NotFound: a case is not there.
    """
    if code not in DOCUMENTS:
        raise Invalid({"modelo": "Escolha o documento."})
    wanted = list(dict.fromkeys(case_ids))
    if not wanted or len(wanted) > MOST:
        raise Invalid({"processos": f"Escolha de 1 a {MOST} processos."})
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", idempotency_key)
    known: UUID | None = await tx.fetchval(
        "SELECT id FROM letter_batch WHERE idempotency_key = $1", idempotency_key
    )
    if known is not None:
        return known
    there = await tx.fetchval("SELECT count(*) FROM case_file WHERE id = ANY($1)", wanted)
    if there != len(wanted):
        raise NotFound("Um dos processos não existe. Atualize a lista e tente de novo.")
    wording, batch_id = await wording_in_force(tx, code), new_id()
    await tx.execute(
        "INSERT INTO letter_batch (id, idempotency_key, code, title, wording_version, body, words,"
        " total, created_by, created_name, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        batch_id,
        idempotency_key,
        code,
        wording.title,
        wording.version,
        wording.body,
        words,
        len(wanted),
        actor.label,
        actor.name,
        tx.now,
    )
    await _promise(tx, batch_id, wanted)
    return batch_id


async def _promise(tx: Tx, batch_id: UUID, wanted: list[UUID]) -> None:
    """One row for each letter, one piece of work for each CHUNK of them."""
    await tx.executemany(
        "INSERT INTO letter_batch_item (batch_id, place, case_id, letter_id, code)"
        " VALUES ($1, $2, $3, $4, $5)",
        [
            (batch_id, place, case_id, new_id(), readable_code(CODE_LENGTH))
            for place, case_id in enumerate(wanted)
        ],
    )
    for first in range(0, len(wanted), CHUNK):
        await put_out(
            tx,
            topic=CHUNK_TOPIC,
            payload=[str(batch_id), first],
            effect_key=f"{CHUNK_TOPIC}/{batch_id}/{first}",
        )
