"""`python -m bench.letters`: one letter for each of 1 000 cases, from the order to the joined file.

The floor is bare typst: the very compilations that the product made, made again with nothing
around them. What is missing to 1 is what facts, codes, hashes, S3 and the register cost.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import typst
from msgspec import Struct

from bench.stack import running
from bench.town import Town, open_town
from procon.app import work_handlers
from procon.auth.actor import Actor
from procon.evidence.storage import Store
from procon.jobs.outbox import Handler, drain
from procon.kernel.ids import new_id
from procon.letters.batch.commands import CHUNK_TOPIC, JOIN_TOPIC, merge_letters
from procon.letters.batch.queries import batch_by_id, progress_of
from procon.settings import load
from procon.tenancy.scope import tenant_scope

COUNT = 1_000
WORDS = "O atendimento do Procon muda de endereço em dezembro. Nada muda no seu processo.\n\n" * 4


class Call(Struct, frozen=True):
    """One compilation as the product asked for it."""

    template: str
    options: dict[str, Any]


class Result(Struct, frozen=True):
    """Seconds for all letters, product and floor. `size` of the joined file in bytes."""

    count: int
    product: float
    floor: float
    size: int

    @property
    def ratio(self) -> float:
        """Letters per second, product to floor."""
        return self.floor / self.product


def measure(count: int = COUNT) -> Result:
    """Start everything, print the letters, replay the compilations and stop everything."""
    with running() as env:
        return asyncio.run(_measure(env, count))


def report(result: Result) -> str:
    """The lines that are printed."""
    return (
        f"{result.count} cartas: {result.count / result.product:.0f}/s, "
        f"{result.product:.1f} s até o arquivo único de {result.size / 1e6:.1f} MB\n"
        f"piso (typst sozinho): {result.count / result.floor:.0f}/s  razão {result.ratio:.2f}"
    )


async def _measure(env: dict[str, str], count: int) -> Result:
    settings = load(env)
    async with open_town(env) as town:
        await Store(settings).prepare()
        case_ids = [await town.open_case() for _ in range(count)]
        handlers = work_handlers(settings)
        printing = {topic: handlers[topic] for topic in (CHUNK_TOPIC, JOIN_TOPIC)}
        with _recorded() as calls:
            start = time.perf_counter()
            async with tenant_scope(town.db, town.tenant) as tx:
                # What filing the cases put out is not measured.
                await tx.execute("UPDATE outbox SET done_at = $1", tx.now)
                batch_id = await merge_letters(
                    tx,
                    actor=Actor(kind="staff", name="Bia Lima", account_id=new_id()),
                    case_ids=case_ids,
                    code="OFI",
                    words=WORDS,
                    idempotency_key="bench",
                )
            await _drain(town, printing)
            product = time.perf_counter() - start
        async with tenant_scope(town.db, town.tenant) as tx:
            batch = await batch_by_id(tx, batch_id)
            progress = await progress_of(tx, batch_id)
    if batch is None or batch.size is None or progress.done != count or len(calls) != count:
        raise RuntimeError(f"not every letter was printed: {progress}")
    return Result(count, product, _replayed(calls), batch.size)


async def _drain(town: Town, handlers: dict[str, Handler]) -> None:
    """The worker's rounds, until the last piece is joined."""
    while True:
        await drain(town.db, town.tenant, handlers)
        async with tenant_scope(town.db, town.tenant) as tx:
            if not await tx.fetchval(
                "SELECT count(*) FROM outbox WHERE done_at IS NULL AND topic LIKE 'letters/%'"
            ):
                return


def _replayed(calls: list[Call]) -> float:
    start = time.perf_counter()
    for call in calls:
        typst.compile(call.template, **call.options)
    return time.perf_counter() - start


@contextmanager
def _recorded() -> Iterator[list[Call]]:
    calls: list[Call] = []
    bare = typst.compile

    def noting(template: str, **options: Any) -> Any:
        calls.append(Call(template, options))
        return bare(template, **options)

    with patch.object(typst, "compile", noting):
        yield calls


def main() -> int:
    """Measure and print."""
    options = argparse.ArgumentParser(description="Cartas para muitos processos")
    options.add_argument("--cartas", type=int, default=COUNT)
    print(report(measure(options.parse_args().cartas)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
