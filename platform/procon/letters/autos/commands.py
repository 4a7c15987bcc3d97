"""Asking for the autos of a case. One volume is built for one state of the case, whoever asks."""

from __future__ import annotations

from uuid import UUID

from procon.jobs.outbox import put_out
from procon.kernel.ids import new_id
from procon.letters.autos.queries import GIVEN_UP, fingerprint_of
from procon.tenancy.scope import Tx

BUILD_TOPIC = "autos/build"


async def request_autos(tx: Tx, *, case_id: UUID) -> UUID:
    """The id of the volume for the case as it is now; the worker builds it if it is not there.

    The caller has decided that the actor may see the case.
    """
    # Given up on: its worker died again and again. It must not stand in the way for ever.
    await tx.execute(
        "UPDATE autos SET state = 'failed' WHERE case_id = $1"
        " AND state IN ('waiting', 'building') AND asked_at < $2",
        case_id,
        tx.now - GIVEN_UP,
    )
    seen = await fingerprint_of(tx, case_id)
    known: UUID | None = await tx.fetchval(
        "SELECT id FROM autos WHERE case_id = $1 AND fingerprint = $2 AND state <> 'failed'",
        case_id,
        seen,
    )
    if known is not None:
        return known
    # Two at once: the second gets nothing back here, and then the first one's volume.
    added: UUID | None = await tx.fetchval(
        "INSERT INTO autos (id, case_id, fingerprint, asked_at) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (case_id, fingerprint) WHERE state <> 'failed' DO NOTHING RETURNING id",
        new_id(),
        case_id,
        seen,
        tx.now,
    )
    if added is None:
        return await request_autos(tx, case_id=case_id)
    await put_out(tx, topic=BUILD_TOPIC, payload=added, effect_key=f"{BUILD_TOPIC}/{added}")
    return added
