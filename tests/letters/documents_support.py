"""Cases at the stages that have documents, and what came out of the printer."""

from __future__ import annotations

import hashlib
from uuid import UUID, uuid4

from letters.letters_support import text_of
from procon.app import work_handlers
from procon.cases.moves import move
from procon.cases.queries import CaseDetail, detail_by_id
from procon.evidence.storage import Store
from procon.jobs.outbox import drain, parked
from procon.letters.commands import letter_key
from procon.letters.queries import Letter, case_letters
from procon.process.commands import bring_about
from procon.settings import Settings
from support.cities import City, citizen, filed, staff, supplier

WHY = "A empresa não respondeu à carta e o consumidor não recebeu a geladeira."


def squeezed(text: str) -> str:
    return "".join(text.split())


async def worked(city: City, settings: Settings) -> None:
    """The worker's rounds, until nothing is due; nothing may be left behind with an error."""
    await Store(settings).prepare()  # tests without pages start no application that does
    handlers = work_handlers(settings)
    for _ in range(4):
        await drain(city.db, city.tenant, handlers)
    async with city.scope() as tx:
        assert [row for row in await parked(tx) if "letter" in row[0] or "autos" in row[0]] == []
        left = await tx.fetch(
            "SELECT topic, last_error FROM outbox WHERE done_at IS NULL AND last_error <> ''"
            " AND (topic LIKE '%letter%' OR topic LIKE 'autos%')"
        )
    assert [tuple(row) for row in left] == []


async def opened(city: City, **more: str) -> UUID:
    """A complaint that has become a process: the first act with a document (TAB)."""
    case_id = (await filed(city, **more)).id  # type: ignore[arg-type]  # plain words
    async with city.scope() as tx:
        await move(
            tx,
            actor=staff("analyst", name="Bia Lima"),
            side="staff",
            case_id=case_id,
            transition="open_complaint",
            text=WHY,
        )
    return case_id


async def act(city: City, case_id: UUID, transition: str, *, text: str, outcome: str = "") -> None:
    """One act of the procedure, by who may do it."""
    case = await detail(city, case_id)
    actors = {"file_defence": (supplier(), "supplier"), "decide": (staff("authority"), "staff")}
    actor, side = actors.get(transition, (staff("analyst"), "staff"))
    async with city.scope() as tx:
        await bring_about(
            tx,
            actor=actor,
            side=side,  # type: ignore[arg-type]  # a Side
            case=case,
            transition=transition,
            text=text,
            outcome=outcome,
            idempotency_key=uuid4().hex,
        )


async def detail(city: City, case_id: UUID) -> CaseDetail:
    async with city.scope() as tx:
        case = await detail_by_id(tx, case_id)
    assert case is not None
    return case


async def letters_of(city: City, case_id: UUID, kind: str) -> list[Letter]:
    async with city.scope() as tx:
        return [one for one in await case_letters(tx, case_id) if one.kind == kind]


async def pdf_of(settings: Settings, city: City, letter: Letter) -> bytes:
    pdf = await Store(settings).get(letter_key(city.slug, letter.id))
    assert hashlib.sha256(pdf).digest() == letter.sha256
    return pdf


async def printed(settings: Settings, city: City, letter: Letter) -> str:
    return text_of(await pdf_of(settings, city, letter))


__all__ = ["WHY", "act", "citizen", "detail", "letters_of", "opened", "pdf_of", "printed"]
