"""`python -m bench.autos`: the autos of 200 pages, from the request to the stored file.

The floor is a plain pikepdf merge of the same pages: nothing typeset, numbered, flattened or
bookmarked, no database and no S3.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import io
import statistics
import sys
import time
from datetime import UTC, datetime
from uuid import UUID

import pikepdf
from msgspec import Struct
from PIL import Image

from bench.stack import running
from bench.town import Town, open_town
from procon.app import work_handlers
from procon.auth.actor import Actor
from procon.cases.commands import write_note
from procon.evidence.storage import Store
from procon.jobs.outbox import Handler, drain
from procon.kernel.ids import new_id
from procon.letters.autos.commands import BUILD_TOPIC, request_autos
from procon.letters.autos.queries import autos_by_id
from procon.letters.commands import issue_letter_for, letter_key
from procon.settings import load
from procon.tenancy.keys import object_key
from procon.tenancy.scope import tenant_scope

TARGET_SECONDS = 5.0
ROUNDS = 5
LETTERS, PDFS, PDF_PAGES, PHOTOS, SOUNDS = 40, 30, 4, 25, 5
STAFF = Actor(kind="staff", name="Bia Lima", account_id=UUID(int=7))


class Result(Struct, frozen=True):
    """Seconds of each round. `size` in bytes."""

    pages: int
    size: int
    product: tuple[float, ...]
    floor: tuple[float, ...]


def measure(rounds: int = ROUNDS) -> Result:
    """Start everything, build the autos again and again, and stop everything."""
    with running() as env:
        return asyncio.run(_measure(env, rounds))


def report(result: Result) -> str:
    """The lines that are printed."""
    product, floor = statistics.median(result.product), statistics.median(result.floor)
    verdict = "alcançada" if product <= TARGET_SECONDS else "não alcançada"
    return (
        f"autos de {result.pages} folhas ({result.size / 1e6:.1f} MB): {product:.2f} s, do pedido "
        f"ao arquivo guardado\npiso (pikepdf só junta): {floor:.2f} s  razão {floor / product:.2f}"
        f"\nMeta de {TARGET_SECONDS:.0f} s por 200 folhas: {verdict}."
    )


async def _measure(env: dict[str, str], rounds: int) -> Result:
    settings = load(env)
    store = Store(settings)
    async with open_town(env) as town:
        await store.prepare()
        case_id = await _case(town, store, work_handlers(settings))
        building = {BUILD_TOPIC: work_handlers(settings)[BUILD_TOPIC]}
        product, floor, body, pages = [], [], b"", 0
        for place in range(rounds):
            async with tenant_scope(town.db, town.tenant) as tx:
                # An internal note: the case has changed, so that the volume is built anew.
                await write_note(tx, actor=STAFF, case_id=case_id, text=f"Rodada {place}.")
            start = time.perf_counter()
            pages, body = await _built(town, store, building, case_id)
            product.append(time.perf_counter() - start)
            floor.append(_merged(_split(body)))
    return Result(pages, len(body), tuple(product), tuple(floor))


async def _built(
    town: Town, store: Store, handlers: dict[str, Handler], case_id: UUID
) -> tuple[int, bytes]:
    async with tenant_scope(town.db, town.tenant) as tx:
        autos_id = await request_autos(tx, case_id=case_id)
    await drain(town.db, town.tenant, handlers)
    async with tenant_scope(town.db, town.tenant) as tx:
        autos = await autos_by_id(tx, autos_id)
    if autos is None or autos.letter_id is None:
        raise RuntimeError("the autos were not built")
    return autos.pages, await store.get(letter_key(town.tenant.slug, autos.letter_id))


async def _case(town: Town, store: Store, handlers: dict[str, Handler]) -> UUID:
    case_id = await town.open_case()
    async with tenant_scope(town.db, town.tenant) as tx:
        for _ in range(LETTERS):
            await issue_letter_for(tx, actor=STAFF, case_id=case_id, code="CERT", extra={})
    ours = {name: one for name, one in handlers.items() if "letter" in name}
    await drain(town.db, town.tenant, ours)
    pdf, photo = _pdf(), _photo()
    files = [(pdf, "application/pdf")] * PDFS + [(photo, "image/jpeg")] * PHOTOS
    for body, kind in [*files, *[(b"som", "audio/mpeg")] * SOUNDS]:
        key = object_key(town.tenant.slug, "evidence", str(new_id()))
        await store.put(key, body, kind)
        async with tenant_scope(town.db, town.tenant) as tx:
            await tx.execute(
                "INSERT INTO evidence_file (id, owner_kind, owner_id, case_id, attached_to,"
                " object_key, upload_id, name, declared_size, size, sha256, media_type, state,"
                " reason, parts, uploaded_by, created_at, attached_at, copy_key) VALUES ($1, 'case'"
                ", $1, $2, $2, $3, '', 'prova', $4, $4, $5, $6, 'kept', '', '{}', 'citizen:', $7,"
                " $7, $8)",
                new_id(),
                case_id,
                key,
                len(body),
                hashlib.sha256(body).hexdigest(),
                kind,
                datetime.now(UTC),
                key if kind == "image/jpeg" else None,
            )
    return case_id


def _pdf() -> bytes:
    """A scanned paper: pages that are pictures."""
    page = Image.effect_noise((1240, 1754), 6).convert("L")
    out = io.BytesIO()
    page.save(out, "PDF", save_all=True, append_images=[page] * (PDF_PAGES - 1), quality=40)
    return out.getvalue()


def _photo() -> bytes:
    out = io.BytesIO()
    Image.effect_noise((1600, 1200), 20).convert("RGB").save(out, "JPEG", quality=60)
    return out.getvalue()


def _split(body: bytes) -> list[bytes]:
    """The finished pages as files of their own, five pages each."""
    parts = []
    with pikepdf.open(io.BytesIO(body)) as book:
        for first in range(0, len(book.pages), 5):
            with pikepdf.new() as part:
                part.pages.extend(book.pages[first : first + 5])
                out = io.BytesIO()
                part.save(out)
            parts.append(out.getvalue())
    return parts


def _merged(parts: list[bytes]) -> float:
    start = time.perf_counter()
    with pikepdf.new() as whole:
        for part in parts:
            with pikepdf.open(io.BytesIO(part)) as one:
                whole.pages.extend(one.pages)
        whole.save(io.BytesIO())
    return time.perf_counter() - start


def main() -> int:
    """Measure and print."""
    options = argparse.ArgumentParser(description="Autos de um processo")
    options.add_argument("--rodadas", type=int, default=ROUNDS)
    print(report(measure(options.parse_args().rodadas)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
