"""The supplier enters and answers; the consumer rates."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from procon.auth.actor import Actor
from procon.cases.access import BEFORE_CIP
from procon.cases.commands import issue_cip, mark_answered, mark_rated
from procon.cases.log import entries
from procon.cases.moves import log_event
from procon.deadlines.compute import Deadline
from procon.ext.events import CipIssued, SupplierEntered
from procon.kernel.chain import canonical
from procon.kernel.errors import NotFound
from procon.kernel.ids import new_id, normalise_code
from procon.tenancy.scope import Tx

CODE_LENGTH = 12
CODE_GROUP = 4


class Receipt(Struct, frozen=True):
    """Proof of an answer. `new` is False when the same form had been sent before."""

    answer_id: UUID
    sha256: str
    submitted_at: datetime
    late: bool
    new: bool


def access_code(secret: str, slug: str, case_id: UUID, round_no: int = 1) -> str:
    """The code of a case's CIP number `round_no`, in three groups of four.

    Derived, so that e-mail and letter can name it again although only its hash is stored.
    """
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    digest = hmac.new(secret.encode(), f"access\0{slug}\0{case_id}\0{round_no}".encode(), "sha256")
    letters = "".join(alphabet[byte % 32] for byte in digest.digest()[:CODE_LENGTH])
    return "-".join(letters[i : i + CODE_GROUP] for i in range(0, CODE_LENGTH, CODE_GROUP))


async def issue_cip_with_code(tx: Tx, *, actor: Actor, case_id: UUID, secret: str) -> Deadline:
    """Issue the CIP and open the supplier's one-case way in; the code of an earlier one ends."""
    issued = await issue_cip(tx, actor=actor, case_id=case_id)
    code = access_code(secret, tx.tenant.slug, case_id, issued.round_no)
    await tx.execute(
        "INSERT INTO access_code (case_id, code_hash, created_at) VALUES ($1, $2, $3)"
        " ON CONFLICT (case_id) DO UPDATE SET code_hash = excluded.code_hash,"
        " created_at = excluded.created_at, first_used_at = NULL",
        case_id,
        _hash(code),
        tx.now,
    )
    return issued.deadline


async def enter_with_code(tx: Tx, *, code: str) -> Actor:
    """The supplier's actor for the one case of this code.

    Raises:
        NotFound: no such code here, or its case is with the city's staff again. The caller limits
            the rate of tries.
    """
    row = await tx.fetchrow(
        "SELECT a.case_id, a.first_used_at, s.name, c.status, c.cip_round FROM access_code a"
        " JOIN case_file c ON c.id = a.case_id JOIN supplier s ON s.id = c.supplier_id"
        " WHERE a.code_hash = $1",
        _hash(code),
    )
    if row is None:
        raise NotFound("Este código não confere. Veja de novo no e-mail ou na carta que recebeu.")
    if row["status"] in BEFORE_CIP:
        raise NotFound("Este código não vale agora: o processo voltou para análise do Procon.")
    actor = Actor(
        kind="supplier",
        name=row["name"],
        case_id=row["case_id"],
        cip_round=row["cip_round"],
    )
    if row["first_used_at"] is None:
        await tx.execute(
            "UPDATE access_code SET first_used_at = $2 WHERE case_id = $1", row["case_id"], tx.now
        )
    await note_first_reading(tx, actor=actor, case_id=row["case_id"], by="access_code")
    return actor


async def note_first_reading(
    tx: Tx, *, actor: Actor, case_id: UUID, by: Literal["access_code", "govbr"]
) -> None:
    """Log that the company opened the case: once for each CIP, whichever way came first."""
    for entry in reversed(await entries(tx, case_id, internal=False)):
        if isinstance(entry.act.event, SupplierEntered):
            return
        if isinstance(entry.act.event, CipIssued):
            break
    await log_event(tx, actor=actor, event=SupplierEntered(case_id=case_id, by=by))


async def submit_answer(
    tx: Tx,
    *,
    actor: Actor,
    case_id: UUID,
    text: str,
    idempotency_key: str,
    file_hashes: tuple[str, ...] = (),
) -> Receipt:
    """Store the answer exactly as sent, hash it, log it. The same key again: the same receipt."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", idempotency_key)
    known = await tx.fetchrow(
        "SELECT id, sha256, submitted_at, late FROM answer"
        " WHERE idempotency_key = $1 AND case_id = $2",
        idempotency_key,
        case_id,
    )
    if known is not None:
        answer_id, sha256, submitted_at, late = known
        return Receipt(answer_id, sha256, submitted_at, late, new=False)
    payload = canonical({"case": case_id, "text": text, "files": list(file_hashes)})
    sha256 = hashlib.sha256(payload).hexdigest()
    late = await mark_answered(
        tx, actor=actor, case_id=case_id, sha256=sha256, files=len(file_hashes)
    )
    answer_id = new_id()
    await tx.execute(
        "INSERT INTO answer (id, case_id, idempotency_key, text, author, sha256, late,"
        " submitted_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        answer_id,
        case_id,
        idempotency_key,
        text,
        actor.name,
        sha256,
        late,
        tx.now,
    )
    return Receipt(answer_id=answer_id, sha256=sha256, submitted_at=tx.now, late=late, new=True)


async def rate_answer(
    tx: Tx, *, actor: Actor, case_id: UUID, solved: bool, stars: int, why: str
) -> None:
    """The consumer says whether the problem is solved (1-5 stars, why); closes the case."""
    await mark_rated(tx, actor=actor, case_id=case_id, solved=solved, stars=stars, why=why)
    await tx.execute(
        "INSERT INTO rating (case_id, solved, stars, why, rated_at) VALUES ($1, $2, $3, $4, $5)",
        case_id,
        solved,
        stars,
        why,
        tx.now,
    )


def _hash(code: str) -> bytes:
    return hashlib.sha256(normalise_code(code).encode()).digest()
