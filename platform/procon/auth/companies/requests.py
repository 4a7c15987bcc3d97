"""Asking, with documents, to act for a company; the city's staff decide."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from procon.auth.actor import Actor
from procon.auth.companies.commands import keep_admin, keep_company
from procon.kernel.documents import cnpj_root
from procon.kernel.errors import Conflict, Forbidden, NotFound
from procon.tenancy.scope import Tx

State = Literal["pending", "approved", "refused"]
_REQUEST = (
    "SELECT id, cnpj, company_name, account_id, cpf, name, email, state, reason, created_at,"
    " decided_at, decided_by FROM company_request"
)


class Request(Struct, frozen=True):
    """What somebody asked for, and what was decided."""

    id: UUID
    cnpj: str
    company_name: str
    account_id: UUID
    cpf: str
    name: str
    email: str
    state: State
    reason: str
    created_at: datetime
    decided_at: datetime | None
    decided_by: str


class Document(Struct, frozen=True):
    """A document of a request. `size` in bytes."""

    id: UUID
    request_id: UUID
    object_key: str
    name: str
    media_type: str
    size: int
    sha256: str


class Stored(Struct, frozen=True):
    """A document whose bytes are in the store already."""

    id: UUID
    object_key: str
    name: str
    media_type: str
    size: int
    sha256: str


async def ask(
    tx: Tx,
    *,
    actor: Actor,
    cnpj: str,
    company: str,
    email: str,
    documents: Iterable[Stored],
    request_id: UUID,
) -> bool:
    """Keep a request for the staff; False when this id was kept before, and nothing is done.

    Raises:
        Forbidden: nobody with a CPF asks.
        Conflict: one of theirs for this CNPJ is waiting already.
    """
    if actor.account_id is None or actor.cpf is None:
        raise Forbidden("Entre com a sua conta gov.br: o pedido precisa do seu CPF.")
    await tx.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"company/{cnpj}/{actor.cpf}"
    )
    if await tx.fetchval("SELECT count(*) FROM company_request WHERE id = $1", request_id):
        return False
    waiting = await tx.fetchval(
        "SELECT count(*) FROM company_request WHERE cnpj = $1 AND cpf = $2 AND state = 'pending'",
        cnpj,
        actor.cpf,
    )
    if waiting:
        raise Conflict("Você já fez este pedido. O Procon ainda está conferindo os documentos.")
    await tx.execute(
        "INSERT INTO company_request (id, cnpj, company_name, account_id, cpf, name, email, state,"
        " created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 'pending', $8)",
        request_id,
        cnpj,
        company,
        actor.account_id,
        actor.cpf,
        actor.name,
        email,
        tx.now,
    )
    for one in documents:
        await tx.execute(
            "INSERT INTO company_document (id, request_id, object_key, name, media_type, size,"
            " sha256, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            one.id,
            request_id,
            one.object_key,
            one.name,
            one.media_type,
            one.size,
            one.sha256,
            tx.now,
        )
    return True


async def decide(tx: Tx, *, actor: Actor, request_id: UUID, approve: bool, reason: str) -> Request:
    """The staff's answer. Approved: the person administers the CNPJ's company from now on.

    Raises:
        NotFound; Conflict: a colleague has decided already.
    """
    found = await request_by_id(tx, request_id, lock=True)
    if found.state != "pending":
        raise Conflict(f"Este pedido já foi decidido por {found.decided_by}.", code="decided")
    await tx.execute(
        "UPDATE company_request SET state = $2, reason = $3, decided_at = $4, decided_by = $5"
        " WHERE id = $1",
        request_id,
        "approved" if approve else "refused",
        reason,
        tx.now,
        actor.name,
    )
    if approve:
        root = cnpj_root(found.cnpj)
        person = Actor(
            kind="supplier",
            name=found.name,
            account_id=found.account_id,
            cpf=found.cpf,
            email=found.email,
        )
        await keep_company(tx, root=root, name=found.company_name)
        # The articles of association are the whole company's, whichever branch was named.
        await keep_admin(tx, actor=person, root=root, branch=None, source="documents")
    return await request_by_id(tx, request_id)


async def request_by_id(tx: Tx, request_id: UUID, *, lock: bool = False) -> Request:
    """One request. Raises NotFound."""
    suffix = " FOR UPDATE" if lock else ""
    row = await tx.fetchrow(f"{_REQUEST} WHERE id = $1{suffix}", request_id)
    if row is None:
        raise NotFound("Não encontramos este pedido.")
    return Request(*row)


async def requests_in(tx: Tx, state: State, *, limit: int = 100) -> list[Request]:
    """Requests in one state: waiting ones oldest first, decided ones newest first."""
    order = "created_at" if state == "pending" else "decided_at DESC"
    rows = await tx.fetch(f"{_REQUEST} WHERE state = $1 ORDER BY {order} LIMIT $2", state, limit)
    return [Request(*row) for row in rows]


async def requests_of(tx: Tx, *, actor: Actor) -> list[Request]:
    """The person's own requests, newest first."""
    rows = await tx.fetch(f"{_REQUEST} WHERE cpf = $1 ORDER BY created_at DESC LIMIT 20", actor.cpf)
    return [Request(*row) for row in rows]


async def documents_of(tx: Tx, request_id: UUID) -> list[Document]:
    """The documents of a request."""
    rows = await tx.fetch(
        "SELECT id, request_id, object_key, name, media_type, size, sha256 FROM company_document"
        " WHERE request_id = $1 ORDER BY id",
        request_id,
    )
    return [Document(*row) for row in rows]
