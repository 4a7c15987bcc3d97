"""Keeping an attendance."""

from __future__ import annotations

from procon.auth.actor import Actor
from procon.desk.advice.forms import Advice
from procon.kernel.ids import new_id
from procon.tenancy.scope import Tx


async def keep_advice(tx: Tx, *, actor: Actor, advice: Advice, idempotency_key: str) -> None:
    """Write the attendance down, once for each key."""
    await tx.execute(
        "INSERT INTO attendance (id, idempotency_key, kind, subject, person_name, text, minutes,"
        " service_point, made_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        " ON CONFLICT (idempotency_key) DO NOTHING",
        new_id(),
        f"{actor.account_id}/{idempotency_key}",
        advice.kind,
        advice.subject,
        advice.person_name,
        advice.text,
        advice.minutes,
        advice.service_point,
        actor.name,
        tx.now,
    )
