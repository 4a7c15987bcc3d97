"""Building the autos: gather the pieces, fetch their bytes, stitch, keep and register."""

from __future__ import annotations

import asyncio
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import structlog

from procon.auth.actor import SYSTEM
from procon.cases.log import verify_log
from procon.cases.pages import status_label
from procon.cases.queries import CaseDetail, detail_by_id
from procon.cases.taxonomy import subject_title
from procon.jobs.outbox import Handler, Work
from procon.kernel.ids import readable_code
from procon.letters.autos.assemble import Built, Cover, assemble
from procon.letters.autos.commands import BUILD_TOPIC
from procon.letters.autos.pieces import Piece, parties, pieces_of
from procon.letters.autos.queries import Autos, autos_by_id
from procon.letters.commands import CODE_LENGTH, issue_pdf
from procon.letters.typeset.press import Press, letterhead
from procon.letters.typeset.render import moment_shown
from procon.letters.wording.documents import AUTOS, AUTOS_TITLE
from procon.tenancy.scope import Tx, tenant_scope

_AT_ONCE = 6
_REPORT_EVERY = 5

log = structlog.get_logger()


def handlers(press: Press) -> dict[str, Handler]:
    """Topic → handler, for the worker."""

    async def build(work: Work) -> None:
        await _build(work, press)

    return {BUILD_TOPIC: build}


async def _build(work: Work, press: Press) -> None:
    """Build one volume. What fails is said on the page, where one may ask again."""
    autos_id = msgspec.json.decode(work.payload, type=UUID)
    async with tenant_scope(work.db, work.tenant) as tx:
        autos = await autos_by_id(tx, autos_id)
        if autos is None or autos.state in ("ready", "failed"):
            return
        case = await detail_by_id(tx, autos.case_id)
        if case is None:
            raise LookupError("autos without their case")
        pieces = await pieces_of(tx, case, lambda path: press.address_of(work.tenant.host, path))
        cover = await _cover(tx, case, pieces)
        total = sum(bool(piece.key) for piece in pieces)
        await tx.execute(
            "UPDATE autos SET state = 'building', step = 'files', done = 0, total = $2"
            " WHERE id = $1",
            autos_id,
            total,
        )
    try:
        bodies = await _bodies(work, press, autos_id, pieces)
        built = await asyncio.to_thread(
            assemble, pieces, bodies, cover, letterhead(press, work.tenant)
        )
        async with tenant_scope(work.db, work.tenant) as tx:
            await _enter(tx, press, autos, built, code=cover.code)
    except BaseException:
        async with tenant_scope(work.db, work.tenant) as tx:
            await tx.execute("UPDATE autos SET state = 'failed' WHERE id = $1", autos_id)
        raise


async def _cover(tx: Tx, case: CaseDetail, pieces: list[Piece]) -> Cover:
    zone = ZoneInfo(tx.tenant.timezone)
    verdict = await verify_log(tx, case.id)
    rows = pieces[-1].rows
    now: datetime = tx.now.astimezone(zone)
    return Cover(
        case_number=case.number,
        facts=(
            *parties(case),
            ("Assunto", subject_title(case.subject)),
            ("Reclamação nº", case.complaint_number),
            ("Situação", status_label(case.status, case.outcome).text),
            ("Registrado em", moment_shown(case.created_at, zone)),
        ),
        made_at=moment_shown(tx.now, zone),
        acts=len(rows),
        verdict=(
            "O registro dos atos foi conferido elo por elo e está íntegro."
            if not verdict.broken_at
            else f"Atenção: o registro não confere a partir do ato {verdict.broken_at}."
        ),
        head=rows[-1].hash if rows else "",
        code=readable_code(CODE_LENGTH),
        at=now,
    )


async def _bodies(
    work: Work, press: Press, autos_id: UUID, pieces: list[Piece]
) -> dict[str, bytes]:
    """The bytes of every piece that has some. One that the store does not have stays away."""
    gate = asyncio.Semaphore(_AT_ONCE)
    wanted = [piece.key for piece in pieces if piece.key]
    found: dict[str, bytes] = {}

    async def get(key: str) -> None:
        async with gate:
            try:
                found[key] = await press.fetch(key)
            except Exception:
                log.warning("autos_piece_missing", tenant=work.tenant.slug, autos=str(autos_id))

    for start in range(0, len(wanted), _REPORT_EVERY * _AT_ONCE):
        part = wanted[start : start + _REPORT_EVERY * _AT_ONCE]
        await asyncio.gather(*(get(key) for key in part))
        await _report(work, autos_id, "files", start + len(part))
    await _report(work, autos_id, "pages", len(wanted))
    return found


async def _report(work: Work, autos_id: UUID, step: str, done: int) -> None:
    async with tenant_scope(work.db, work.tenant) as tx:
        await tx.execute(
            "UPDATE autos SET step = $2, done = $3 WHERE id = $1", autos_id, step, done
        )


async def _enter(tx: Tx, press: Press, autos: Autos, built: Built, *, code: str) -> None:
    """Keep the volume and put it into the register, so that it can be verified like a letter."""
    letter_id = await issue_pdf(
        tx,
        actor=SYSTEM,
        case_id=autos.case_id,
        code=AUTOS,
        title=AUTOS_TITLE,
        body=built.pdf,
        store=press.store,
        verification=code,
    )
    await tx.execute(
        "UPDATE autos SET state = 'ready', pages = $2, size = $3, letter_id = $4, ready_at = $5"
        " WHERE id = $1",
        autos.id,
        built.pages,
        len(built.pdf),
        letter_id,
        tx.now,
    )
