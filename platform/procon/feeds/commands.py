"""Making and ending the secret address of a person's calendar feed."""

from __future__ import annotations

import base64
import hashlib
import hmac
from uuid import UUID

from procon.auth.accounts.queries import actor_by_id
from procon.auth.actor import Actor
from procon.kernel.errors import Conflict, Forbidden
from procon.kernel.ids import new_id
from procon.tenancy.scope import Tx


def hash_of(token: str) -> bytes:
    """What is stored of a token."""
    return hashlib.sha256(token.encode("utf-8", errors="replace")).digest()


async def make_token(tx: Tx, *, actor: Actor, secret: str, idempotency_key: str) -> str:
    """A new address for the actor's feed; the one before stops working. Who acts for a company
    has another feed as the company.

    The token follows from the installation's secret and the form's key, so the same form sent
    twice shows the same address, and only its hash has to be kept.

    Raises:
        Forbidden: nobody's account (who came in with the code of one case), or a disabled one.
        Conflict: this form's address was made and ended before.
    """
    account = _account(actor)
    if await actor_by_id(tx, account) is None:
        raise Forbidden("Sua conta não está ativa nesta cidade.")
    name = f"agenda\0{tx.tenant.slug}\0{account}\0{actor.kind}\0{idempotency_key}"
    digest = hmac.digest(secret.encode(), name.encode("utf-8", errors="replace"), "sha256")
    token = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    held = hash_of(token)
    await tx.execute(
        "UPDATE feed_token SET revoked_at = $2 WHERE account_id = $1 AND kind = $4"
        " AND revoked_at IS NULL AND token_hash <> $3",
        account,
        tx.now,
        held,
        actor.kind,
    )
    await tx.execute(
        "INSERT INTO feed_token (id, account_id, kind, token_hash, created_at)"
        " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (token_hash) DO NOTHING",
        new_id(),
        account,
        actor.kind,
        held,
        tx.now,
    )
    if await tx.fetchval("SELECT revoked_at FROM feed_token WHERE token_hash = $1", held):
        raise Conflict("Este endereço já foi desligado. Volte e faça outro.")
    return token


async def revoke_tokens(tx: Tx, *, actor: Actor) -> None:
    """End the address of the actor's feed. Raises Forbidden as `make_token` does."""
    await tx.execute(
        "UPDATE feed_token SET revoked_at = $2 WHERE account_id = $1 AND kind = $3"
        " AND revoked_at IS NULL",
        _account(actor),
        tx.now,
        actor.kind,
    )


def _account(actor: Actor) -> UUID:
    if actor.account_id is None:
        raise Forbidden(
            "Para ter uma agenda, entre com a sua conta e não com o código do processo."
        )
    return actor.account_id
