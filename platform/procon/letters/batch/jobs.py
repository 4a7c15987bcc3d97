"""Printing a batch, piece by piece, and joining the pieces into one file to print.

Nothing is printed inside a transaction: numbers and codes are given first, so that a piece that
is tried again prints the very same letters.
"""

from __future__ import annotations

import asyncio
import hashlib
from io import BytesIO
from uuid import UUID

import msgspec
import pikepdf
from msgspec import Struct

from procon.auth.actor import Actor
from procon.cases.moves import record_act, workflow_of
from procon.cases.queries import detail_by_id
from procon.jobs.outbox import Handler, Work, put_out
from procon.kernel.errors import Refused
from procon.letters.batch.commands import CHUNK, CHUNK_TOPIC, JOIN_TOPIC, chunk_key, joined_key
from procon.letters.batch.queries import Batch, Item, batch_by_id, progress_of, waiting_items
from procon.letters.commands import IssuedLetter, letter_key, next_number, register
from procon.letters.fields import Deed, Facts
from procon.letters.models import Brand, Stamp, Worded
from procon.letters.typeset.press import Press, letterhead
from procon.letters.typeset.render import render
from procon.letters.wording.compose import compose
from procon.letters.wording.queries import Wording
from procon.tenancy.scope import Tx, tenant_scope

_AT_ONCE = 8


class Sheet(Struct, frozen=True):
    """One letter of a piece: what is to be printed, then the PDF, or why there is none."""

    item: Item
    data: Worded
    stamp: Stamp
    pdf: bytes = b""
    reason: str = ""


def handlers(press: Press) -> dict[str, Handler]:
    """Topic → handler, for the worker."""

    async def chunk(work: Work) -> None:
        await _print_chunk(work, press)

    async def join(work: Work) -> None:
        await _join(work, press)

    return {CHUNK_TOPIC: chunk, JOIN_TOPIC: join}


async def _print_chunk(work: Work, press: Press) -> None:
    batch_id, first = msgspec.json.decode(work.payload, type=tuple[UUID, int])
    async with tenant_scope(work.db, work.tenant) as tx:
        batch = await batch_by_id(tx, batch_id)
        if batch is None:
            raise LookupError("a piece without its batch")
        items = await waiting_items(tx, batch_id, first, CHUNK)
        sheets = [await _sheet(tx, batch, item, press) for item in items]
    if sheets:
        brand = letterhead(press, work.tenant)
        printed = await asyncio.to_thread(print_sheets, batch.code, sheets, brand)
        await _keep(press, work.tenant.slug, printed)
        together = await asyncio.to_thread(joined, [one.pdf for one in printed if one.pdf])
        await press.store(chunk_key(work.tenant.slug, batch_id, first), together, "application/pdf")
        async with tenant_scope(work.db, work.tenant) as tx:
            await _enter(tx, batch, printed)
    async with tenant_scope(work.db, work.tenant) as tx:
        if (await progress_of(tx, batch_id)).waiting == 0:
            key = f"{JOIN_TOPIC}/{batch_id}"
            await put_out(tx, topic=JOIN_TOPIC, payload=batch_id, effect_key=key)


async def _sheet(tx: Tx, batch: Batch, item: Item, press: Press) -> Sheet:
    """The letter's facts and number; the number stays the item's for ever."""
    case = await detail_by_id(tx, item.case_id)
    if case is None:
        raise LookupError("a letter without its case")
    deadline = case.deadline
    deed = Deed(
        at=batch.created_at,
        name=batch.title,
        text=batch.words,
        author=batch.created_name,
        signer=batch.created_name,
        result=workflow_of(case.procedure).outcomes.get(case.outcome, ""),
        due_at=deadline.due_at if deadline else None,
        explanation=deadline.explanation if deadline else "",
    )
    facts = Facts(tx.tenant, case, deed, lambda path: press.address_of(tx.tenant.host, path))
    year, number = item.year, item.number
    if number is None:
        year, number = await next_number(tx, batch.code, batch.created_at)
        await tx.execute(
            "UPDATE letter_batch_item SET year = $3, number = $4"
            " WHERE batch_id = $1 AND place = $2",
            batch.id,
            item.place,
            year,
            number,
        )
    wording = Wording(batch.code, batch.wording_version, batch.title, batch.body)
    stamp = Stamp(code=item.code, issued_at=batch.created_at, number=number, year=year)
    return Sheet(item, compose(wording, facts), stamp)


def print_sheets(code: str, sheets: list[Sheet], brand: Brand) -> list[Sheet]:
    """The sheets with their PDFs, in order. One that cannot be printed says why."""
    printed = []
    for sheet in sheets:
        try:
            pdf = render(code, sheet.data, brand=brand, stamp=sheet.stamp)
            printed.append(msgspec.structs.replace(sheet, pdf=pdf))
        except Refused as refusal:
            printed.append(msgspec.structs.replace(sheet, reason=refusal.reason))
    return printed


def joined(pdfs: list[bytes]) -> bytes:
    """All pages in order as one file, for the printer. Empty input gives a file without pages."""
    out = BytesIO()
    with pikepdf.new() as whole:
        for pdf in pdfs:
            with pikepdf.open(BytesIO(pdf)) as one:
                whole.pages.extend(one.pages)
        whole.save(out, deterministic_id=True)
    return out.getvalue()


async def _keep(press: Press, slug: str, sheets: list[Sheet]) -> None:
    gate = asyncio.Semaphore(_AT_ONCE)

    async def put(sheet: Sheet) -> None:
        async with gate:
            key = letter_key(slug, sheet.item.letter_id)
            await press.store(key, sheet.pdf, "application/pdf")

    await asyncio.gather(*(put(sheet) for sheet in sheets if sheet.pdf))


async def _enter(tx: Tx, batch: Batch, sheets: list[Sheet]) -> None:
    """Register the piece's letters and say so in each case's log; again: no effect."""
    actor = _creator(batch)
    # In the order of their ids, as everybody who locks more than one case does.
    for sheet in sorted(sheets, key=lambda one: one.item.case_id):
        state = "done" if sheet.pdf else "failed"
        changed = await tx.fetchval(
            "UPDATE letter_batch_item SET state = $3, reason = $4"
            " WHERE batch_id = $1 AND place = $2 AND state = 'waiting' RETURNING TRUE",
            batch.id,
            sheet.item.place,
            state,
            sheet.reason,
        )
        if not changed or not sheet.pdf:
            continue
        stamp = sheet.stamp
        letter = IssuedLetter(
            sheet.item.letter_id,
            batch.code,
            stamp.code,
            hashlib.sha256(sheet.pdf).digest(),
            stamp.number,
            stamp.year,
        )
        await register(
            tx,
            letter,
            sheet.data,
            case_id=sheet.item.case_id,
            actor=actor,
            size=len(sheet.pdf),
            moment=batch.created_at,
        )
        await record_act(
            tx,
            actor=actor,
            case_id=sheet.item.case_id,
            topic="letter_issued",
            sentence=f"O Procon emitiu um documento: {batch.title}.",
            act=f"Emissão de documento: {batch.title}",
            detail=batch.words,
            tells=("consumer", "supplier"),
        )


def _creator(batch: Batch) -> Actor:
    account = batch.created_by.partition(":")[2]
    return Actor(kind="staff", name=batch.created_name, account_id=UUID(account))


async def _join(work: Work, press: Press) -> None:
    batch_id = msgspec.json.decode(work.payload, type=UUID)
    slug = work.tenant.slug
    async with tenant_scope(work.db, work.tenant) as tx:
        batch = await batch_by_id(tx, batch_id)
    if batch is None or batch.state == "ready":
        return
    pieces = [
        await press.fetch(chunk_key(slug, batch_id, first))
        for first in range(0, batch.total, CHUNK)
    ]
    whole = await asyncio.to_thread(joined, pieces)
    await press.store(joined_key(slug, batch_id), whole, "application/pdf")
    async with tenant_scope(work.db, work.tenant) as tx:
        await tx.execute(
            "UPDATE letter_batch SET state = 'ready', size = $2, finished_at = $3 WHERE id = $1",
            batch_id,
            len(whole),
            tx.now,
        )
