"""Freezing and publishing a year of the register, and correcting what it says."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from procon.auth.actor import Actor
from procon.auth.companies.queries import member_role
from procon.cases.moves import LAST_SECOND, lock, record_act
from procon.deadlines.compute import Deadline
from procon.deadlines.queries import deadline_for
from procon.kernel.chain import canonical
from procon.kernel.errors import Conflict, Forbidden, NotFound
from procon.kernel.ids import new_id
from procon.portal.render import date_and_hour
from procon.statistics.period import period_of, this_year
from procon.statistics.register.queries import (
    Entry,
    Publication,
    entry_of_case,
    frozen,
    living,
    publication_of,
    publications_with,
    request_by_id,
    requests_open_in,
)
from procon.tenancy.scope import Tx

NORM = "Código de Defesa do Consumidor, art. 44"
NORM_CORRECTION = "Decreto nº 2.181/1997, art. 61"
REQUEST_RULE, DECISION_RULE = "register_rectification_request", "register_rectification_decision"

Wish = Literal["attended", "remove"]


async def freeze(tx: Tx, *, actor: Actor, year: int) -> int:
    """Copy a year that is over, and open the companies' time to ask for corrections.

    Returns:
        How many complaints it holds.

    Raises:
        Conflict: the year is not over, is frozen already, or holds nothing.
    """
    if year >= this_year(tx):
        raise Conflict("Só dá para fechar um ano que já terminou.", code="year-not-over")
    entries = await living(tx, period_of(tx, year))
    if not entries:
        raise Conflict(f"Não há reclamações fundamentadas de {year}.", code="year-empty")
    deadline = await deadline_for(tx, key=REQUEST_RULE, start_at=tx.now)
    made = await tx.fetchval(
        "INSERT INTO register_publication (id, year, frozen_at, frozen_by, requests_until)"
        " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (year) DO NOTHING RETURNING id",
        new_id(),
        year,
        tx.now,
        actor.name,
        deadline.due_at,
    )
    if made is None:
        raise Conflict(f"O cadastro de {year} já foi fechado.", code="year-frozen")
    await _copy(tx, made, entries)
    until = date_and_hour(deadline.due_at, ZoneInfo(tx.tenant.timezone))
    # In one order everywhere, so that two acts over many cases never wait for each other.
    for entry in sorted(entries, key=lambda one: one.case_id):
        await record_act(
            tx,
            actor=actor,
            case_id=entry.case_id,
            topic="register_frozen",
            sentence=f"A reclamação está no cadastro de {year}. A empresa pode pedir correção"
            f" até {until}.",
            act="Fechamento do cadastro de reclamações fundamentadas",
            norm=NORM,
            detail=deadline.explanation,
            tells=("supplier",),
        )
    return len(entries)


async def publish(tx: Tx, *, actor: Actor, year: int) -> Publication:
    """Publish a frozen year.

    Raises:
        NotFound: the year is not frozen.
        Conflict: published already, companies may still ask, or a request waits for a decision.
    """
    found = await publication_of(tx, year, lock=True)
    if found is None:
        raise NotFound(f"O cadastro de {year} ainda não foi fechado.")
    if found.published_at is not None:
        raise Conflict(f"O cadastro de {year} já foi publicado.", code="year-published")
    if tx.now <= found.requests_until + LAST_SECOND:
        until = date_and_hour(found.requests_until, ZoneInfo(tx.tenant.timezone))
        raise Conflict(f"As empresas podem pedir correções até {until}.", code="requests-run")
    if waiting := await requests_open_in(tx, found.id):
        raise Conflict(
            f"Decida primeiro os pedidos de correção que esperam: {waiting}.", code="requests-wait"
        )
    digest = content_sha256(await frozen(tx, found))
    await tx.execute(
        "UPDATE register_publication SET published_at = $2, published_by = $3, sha256 = $4"
        " WHERE id = $1",
        found.id,
        tx.now,
        actor.name,
        digest,
    )
    return msgspec.structs.replace(
        found, published_at=tx.now, published_by=actor.name, sha256=digest
    )


def content_sha256(entries: Sequence[Entry]) -> bytes:
    """Hash of what the public reads of a register, in its order."""
    rows = [
        [one.cnpj, one.name, one.subject, one.problem, one.outcome, one.decided_at]
        for one in entries
    ]
    return hashlib.sha256(canonical({"rows": rows})).digest()


async def window_of(tx: Tx, entry: Entry) -> datetime:
    """Until when the company may ask: from the entry, the freeze or the publication, the last."""
    last = (await _counted(tx, entry.registered_at)).due_at
    for publication in await publications_with(tx, entry.case_id):
        last = max(last, publication.requests_until)
        if publication.published_at is not None:
            last = max(last, (await _counted(tx, publication.published_at)).due_at)
    return last


async def ask_correction(tx: Tx, *, actor: Actor, number: str, wish: Wish, text: str) -> Deadline:
    """Ask the office to correct an entry; returns until when it decides.

    Raises:
        NotFound: no entry of a company that the actor acts for.
        Forbidden: the actor only reads for it.
        Conflict: too late, or a request waits already.
    """
    entry = await entry_for(tx, actor=actor, number=number)
    if await member_role(tx, actor=actor, cnpj=entry.cnpj) == "reads":
        raise Forbidden("Seu acesso nesta empresa é só de leitura.")
    await lock(tx, entry.case_id)
    if tx.now > await window_of(tx, entry) + LAST_SECOND:
        raise Conflict("O prazo para pedir correção já terminou.", code="request-late")
    deadline = await deadline_for(tx, key=DECISION_RULE, start_at=tx.now)
    made = await tx.fetchval(
        "INSERT INTO register_request (id, case_id, wish, text, asked_by, asked_at, decide_until,"
        " state) VALUES ($1, $2, $3, $4, $5, $6, $7, 'open')"
        " ON CONFLICT (case_id) WHERE state = 'open' DO NOTHING RETURNING id",
        new_id(),
        entry.case_id,
        wish,
        text,
        actor.name or entry.name,
        tx.now,
        deadline.due_at,
    )
    if made is None:
        raise Conflict("Já há um pedido desta empresa à espera de decisão.", code="request-open")
    until = date_and_hour(deadline.due_at, ZoneInfo(tx.tenant.timezone))
    await record_act(
        tx,
        actor=actor,
        case_id=entry.case_id,
        topic="register_correction_asked",
        sentence=f"A empresa pediu a correção do cadastro. O Procon decide até {until}.",
        act="Pedido de correção do cadastro",
        norm=NORM_CORRECTION,
        detail=text,
    )
    return deadline


async def entry_for(tx: Tx, *, actor: Actor, number: str) -> Entry:
    """A company's own entry.

    Raises:
        NotFound: it has none for this case, or the case is another's.
    """
    entry = await entry_of_case(tx, number)
    if entry is None or await member_role(tx, actor=actor, cnpj=entry.cnpj) is None:
        raise NotFound("Não há registro desta empresa com este número.")
    return entry


async def decide_correction(
    tx: Tx, *, actor: Actor, request_id: UUID, grant: bool, answer: str
) -> None:
    """Grant or deny what a company asked.

    Raises:
        NotFound; Conflict: decided already.
    """
    asked = await request_by_id(tx, request_id)
    if asked is None:
        raise NotFound("Não encontramos este pedido.")
    await lock(tx, asked.case_id)
    done = await tx.fetchval(
        "UPDATE register_request SET state = $2, answer = $3, decided_by = $4, decided_at = $5"
        " WHERE id = $1 AND state = 'open' RETURNING id",
        request_id,
        "granted" if grant else "denied",
        answer,
        actor.name,
        tx.now,
    )
    if done is None:
        raise Conflict("Este pedido já foi decidido.", code="request-decided")
    result = "aceitou o pedido e corrigiu" if grant else "não aceitou o pedido de corrigir"
    await record_act(
        tx,
        actor=actor,
        case_id=asked.case_id,
        topic="register_correction_decided",
        sentence=f"O Procon {result} o cadastro.",
        act="Decisão sobre pedido de correção do cadastro",
        norm=NORM_CORRECTION,
        detail=answer,
        tells=("supplier",),
    )


async def _counted(tx: Tx, start_at: datetime) -> Deadline:
    return await deadline_for(tx, key=REQUEST_RULE, start_at=start_at)


async def _copy(tx: Tx, publication_id: UUID, entries: Sequence[Entry]) -> None:
    await tx.execute(
        "INSERT INTO register_entry (publication_id, case_id, root, cnpj, name, subject, problem,"
        " outcome, decided_at, registered_at)"
        " SELECT $1, e.case_id, e.root, e.cnpj, e.name, e.subject, e.problem, e.outcome,"
        " e.decided_at, e.registered_at FROM unnest($2::uuid[], $3::text[], $4::text[],"
        " $5::text[], $6::text[], $7::text[], $8::text[], $9::timestamptz[], $10::timestamptz[])"
        " AS e (case_id, root, cnpj, name, subject, problem, outcome, decided_at, registered_at)",
        publication_id,
        *(
            [getattr(entry, name) for entry in entries]
            for name in (
                *("case_id", "root", "cnpj", "name", "subject", "problem", "outcome"),
                *("decided_at", "registered_at"),
            )
        ),
    )
