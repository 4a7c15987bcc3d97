"""`python -m bench.big`: the staff's list and search on 100 000 and on 1 000 000 cases.

Two cities in one throw-away database hold them, and each question is put to both in turns, so the
ratio does not depend on how fast the machine is. Timed are the whole page, as the application
answers it without a socket, and the queries behind it alone. The target is a page that takes twice
as long at most for ten times the cases.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx
from litestar import Litestar
from msgspec import Struct

from bench.stack import running
from procon.app import create_app
from procon.auth.actor import Actor
from procon.auth.sessions import cookie_name, open_session
from procon.cases.standard import STANDARD
from procon.cases.taxonomy import PROBLEMS, SUBJECTS
from procon.desk.lists.forms import parse_query
from procon.desk.lists.queries import list_cases
from procon.desk.search.pages import search_page
from procon.kernel.ids import new_id
from procon.settings import REPOSITORY, Settings, load
from procon.slices import tenant_apps
from procon.tenancy.keys import schema_name
from procon.tenancy.manifest import Tenant, read_all
from procon.tenancy.provision import apply, prepare_control
from procon.tenancy.scope import Database, Tx, raw_scope, tenant_scope

SMALL, LARGE = 100_000, 1_000_000
ROUNDS = 25
WARM_UP = 5
TARGET = 2.0
BATCH = 25_000
SUPPLIERS = 2_000
VOCABULARY = 20_000
# Made again after loading, as they stand in the migrations: one build is quicker than a million.
_REBUILT = ("case_search", "case_file", "person")

_SYLLABLES = "".join(a + b for a in "bcdfglmnpt" for b in "aeiou")
_STEP = 7_919  # a prime, so that neighbours in the vocabulary do not look alike

Ask = Callable[[Tx], Awaitable[object]]


class Question(Struct, frozen=True):
    """What is asked of both cities: a page, and the queries behind it."""

    name: str
    path: str
    ask: Ask


class Times(Struct, frozen=True):
    """Milliseconds of each round, in the small and in the large city."""

    small: list[float]
    large: list[float]

    @property
    def growth(self) -> float:
        """How much longer the large city takes."""
        return statistics.median(self.large) / statistics.median(self.small)

    def text(self) -> str:
        """Both medians and the growth, for the table."""
        medians = (statistics.median(self.small), statistics.median(self.large))
        return "".join(f"{one:>9.1f}" for one in medians) + f"{self.growth:>7.2f}"


class Answer(Struct, frozen=True):
    """How long a question took."""

    name: str
    page: Times
    queries: Times


def questions(now: datetime) -> tuple[Question, ...]:
    """Lists with six filters each, and searches for common, usual and rare words."""
    year = f"aberto_de={now - timedelta(days=400):%Y-%m-%d}&aberto_ate={now:%Y-%m-%d}"
    states = "estado=triage&estado=cip_issued&estado=notified&estado=answered"
    lists = {
        "lista, 6 filtros, por prazo": f"{states}&assunto=PRO&canal=online&posto=Posto+3"
        f"&responsavel=ninguem&{year}",
        "lista, 6 filtros, por abertura": f"{states}&assunto=FIN&canal=post&posto=Posto+1"
        f"&responsavel=ninguem&prazo_de={now:%Y-%m-%d}&ordem=aberto",
        "lista, 6 filtros com empresa": f"{states}&empresa=Loja+0042&canal=online&assunto=PRO"
        f"&responsavel=ninguem&{year}&ordem=mudanca",
        "lista, 6 filtros com texto": f"{states}&texto={word(5)}&canal=online&assunto=PRO"
        f"&responsavel=ninguem&{year}",
    }
    searches = {
        "busca, palavra comum": word(3),
        "busca, palavra usual": word(500),
        "busca, palavra rara": word(15_000),
        "busca, duas palavras": f"{word(20)} {word(50)}",
        "busca, nome da pessoa": "pessoa0007",
        "busca, erro de digitação": f"{word(777)[:4]}{word(777)[5:]}",
    }
    return (
        *(Question(name, f"/equipe/processos?{q}", _list(q)) for name, q in lists.items()),
        *(
            Question(name, f"/equipe/busca?q={text.replace(' ', '+')}", _search(text))
            for name, text in searches.items()
        ),
    )


def word(number: int) -> str:
    """Word `number` of the vocabulary: three syllables and an ending, no two alike."""
    scattered = number * _STEP % 125_000
    places = (scattered // 50**place % 50 for place in range(3))
    return "".join(_SYLLABLES[2 * place : 2 * place + 2] for place in places) + "vel"


def measure(*, small: int = SMALL, large: int = LARGE, rounds: int = ROUNDS) -> list[Answer]:
    """Start the services, load both cities, ask, and stop everything."""
    with running() as env:
        return asyncio.run(_measure(env, small, large, rounds))


def report(answers: list[Answer]) -> str:
    """The table that is printed."""
    head = f"{'pequena':>9}{'grande':>9}{'razão':>7}"
    lines = [f"{'ms da página, ms das consultas':<32}{head} {head}"]
    lines += [f"{one.name:<32}{one.page.text()} {one.queries.text()}" for one in answers]
    slow = [one.name for one in answers if one.page.growth > TARGET]
    lines.append(
        f"Meta de {TARGET:.0f}: " + (f"falta em {', '.join(slow)}." if slow else "alcançada.")
    )
    return "\n".join(lines)


async def _measure(env: dict[str, str], small: int, large: int, rounds: int) -> list[Answer]:
    os.environ.update(env)
    settings = load(env)
    owner = await Database(settings.owner_database_url, size=2, settings={}).open()
    await prepare_control(owner, "procon_app")
    tenants = read_all(REPOSITORY / "tenants")[:2]
    for tenant, count in zip(tenants, (small, large), strict=True):
        outcome = await apply(owner, tenant, tenant_apps(), app_role="procon_app")
        if outcome.error:
            raise RuntimeError(outcome.error)
        await _load(owner, tenant, count)
    async with owner.pool.acquire() as connection:
        await connection.execute("VACUUM ANALYZE", timeout=600)
    await owner.close()
    return await ask_both(settings, tenants, rounds)


async def ask_both(settings: Settings, tenants: Sequence[Tenant], rounds: int) -> list[Answer]:
    """Put every question to both cities, which are loaded."""
    db = Database(settings.database_url, size=2)
    app = create_app(settings, db)
    async with app.lifespan(), httpx.AsyncClient(transport=_transport(app)) as client:
        headers = [await _signed_in(app, tenant) for tenant in tenants]
        answers = []
        for question in questions(_now()):
            pages = [partial(_open, client, question.path, one) for one in headers]
            queries = [partial(_run, db, tenant, question.ask) for tenant in tenants]
            answers.append(
                Answer(
                    question.name,
                    page=Times(*await _in_turns(pages, rounds)),
                    queries=Times(*await _in_turns(queries, rounds)),
                )
            )
    return answers


async def _in_turns(
    both: Sequence[Callable[[], Awaitable[None]]], rounds: int
) -> tuple[list[float], list[float]]:
    """Milliseconds of each. The first rounds, not counted, warm up."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(-WARM_UP, rounds):
        for one, spent in zip(both, times, strict=True):
            start = time.perf_counter()
            await one()
            if number >= 0:
                spent.append((time.perf_counter() - start) * 1000)
    return times


async def _open(client: httpx.AsyncClient, path: str, headers: dict[str, str]) -> None:
    answer = await client.get(f"http://{headers['host']}{path}", headers=headers)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}")


async def _run(db: Database, tenant: Tenant, ask: Ask) -> None:
    async with tenant_scope(db, tenant) as tx:
        await ask(tx)


def _transport(app: Litestar) -> httpx.ASGITransport:
    return httpx.ASGITransport(app=app)  # type: ignore[arg-type]  # httpx types its own ASGI


async def _signed_in(app: Litestar, tenant: Tenant) -> dict[str, str]:
    """Headers of a browser in which an analyst is signed in."""
    token, _ = await open_session(
        app.state.redis,
        slug=tenant.slug,
        host=tenant.host,
        actor=Actor(
            kind="staff", name="Bia Lima", account_id=new_id(), roles=frozenset({"analyst"})
        ),
        provider="govbr",
        user_agent="Firefox",
        now=app.state.db.clock(),
    )
    return {"host": tenant.host, "cookie": f"{cookie_name(False)}={token}"}


def _list(query: str) -> Ask:
    wanted = parse_query(query)

    async def ask(tx: Tx) -> object:
        return await list_cases(tx, wanted, me=None)

    return ask


def _search(text: str) -> Ask:
    async def ask(tx: Tx) -> object:
        return await search_page(tx, text=text)

    return ask


async def _load(owner: Database, tenant: Tenant, count: int) -> None:
    """Cases of five years, their people, companies and texts, in batches."""
    opening = f'BEGIN; SET LOCAL search_path TO "{schema_name(tenant.slug)}", extensions'
    async with raw_scope(owner, opening) as connection:
        rebuilt = await connection.fetch(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = $1"
            " AND tablename = ANY($2) AND indexname NOT IN (SELECT conname FROM pg_constraint)",
            schema_name(tenant.slug),
            list(_REBUILT),
        )
        for index in rebuilt:
            await connection.execute(f'DROP INDEX "{index["indexname"]}"')
        await connection.execute(_COMPANIES, SUPPLIERS, _now())
        await connection.execute(_VOCABULARY, VOCABULARY, timeout=600)
    for first in range(0, count, BATCH):
        async with raw_scope(owner, opening) as connection:
            await _load_batch(connection, first, min(BATCH, count - first))
    async with raw_scope(owner, opening) as connection:
        for index in rebuilt:
            await connection.execute(index["indexdef"], timeout=600)


async def _load_batch(connection: Any, first: int, many: int) -> None:
    await connection.execute(_PEOPLE, first, many, _now(), timeout=600)
    await connection.execute(
        _CASES,
        first,
        many,
        _now(),
        SUPPLIERS,
        [one.code for one in SUBJECTS],
        [one.code for one in PROBLEMS],
        [one.key for one in STANDARD.states],
        timeout=600,
    )
    await connection.execute(_TEXTS, first, many, VOCABULARY, timeout=600)


def _now() -> datetime:
    return datetime.now(UTC)


def _word(number: str) -> str:
    """SQL for `word` of a column."""
    places = (f"{number} * {_STEP} % 125000 / {50**place} % 50" for place in range(3))
    return " || ".join(f"substr('{_SYLLABLES}', 1 + 2 * ({place}), 2)" for place in places) + (
        " || 'vel'"
    )


_COMPANIES = """
INSERT INTO supplier (id, cnpj, name, trade_name, email, search, created_at)
SELECT md5('s' || i)::uuid, lpad(i::text, 14, '0'), 'Loja ' || lpad(i::text, 4, '0'), '', '',
    'loja ' || lpad(i::text, 4, '0'), $2
FROM generate_series(1, $1::int) i
"""
_VOCABULARY = f"""
INSERT INTO search_word (word) SELECT {_word("i")} FROM generate_series(0, $1::int) i
ON CONFLICT (word) DO NOTHING
"""
# A third as many people as cases.
_PEOPLE = """
INSERT INTO person (id, cpf, name, created_at)
SELECT md5('p' || i)::uuid, lpad(i::text, 11, '0'), 'Pessoa' || lpad((i % 10000)::text, 4, '0'), $3
FROM generate_series($1::int, $1::int + $2::int - 1) i WHERE i % 3 = 0
"""
# Most cases are long closed; of the others each state holds some.
_CASES = """
INSERT INTO case_file (id, number, idempotency_key, person_id, supplier_id, subject, problem,
    status, outcome, channel, service_point, narrative, wish, due_at, created_at, changed_at)
SELECT md5('c' || i)::uuid, i::text, i::text, md5('p' || (i - i % 3))::uuid,
    md5('s' || 1 + floor($4 * power(random(), 3))::int)::uuid,
    ($5::text[])[1 + floor(random() * cardinality($5::text[]))::int],
    ($6::text[])[1 + floor(random() * cardinality($6::text[]))::int],
    CASE WHEN random() < 0.8 THEN 'closed'
        ELSE ($7::text[])[1 + floor(random() * cardinality($7::text[]))::int] END,
    'RESOLVIDA', CASE WHEN random() < 0.7 THEN 'online' ELSE 'post' END,
    'Posto ' || floor(random() * 5)::int, 'Relato.', 'Solução.',
    CASE WHEN random() < 0.2 THEN $3::timestamptz + (random() * 40 - 10) * interval '1 day' END,
    $3::timestamptz - random() * 1800 * interval '1 day',
    $3::timestamptz - random() * 300 * interval '1 day'
FROM generate_series($1::int, $1::int + $2::int - 1) i
"""
# Twelve words of a vocabulary in which, as in any language, few are used often and most seldom.
_TEXTS = f"""
INSERT INTO case_search (case_id, created_at, body, doc)
SELECT c.id, c.created_at, t.body, to_tsvector('pg_catalog.portuguese', t.body)
    || array_to_tsvector(ARRAY[to_char(c.created_at AT TIME ZONE 'UTC', '"@"YYYY"q"Q')])
FROM generate_series($1::int, $1::int + $2::int - 1) i
JOIN case_file c ON c.id = md5('c' || i)::uuid
CROSS JOIN LATERAL (
    SELECT 'pessoa' || lpad(((i - i % 3) % 10000)::text, 4, '0') || ' ' || string_agg(
        {_word("w.k")}, ' ') AS body
    FROM (SELECT floor(power($3::float, random()))::int AS k FROM generate_series(1, 12) n
        WHERE i IS NOT NULL) w
) t
"""


def main() -> int:
    """Measure and print. A growth above the target is said, and is no error."""
    options = argparse.ArgumentParser(description="Lista e busca com muitos processos")
    options.add_argument("--pequena", type=int, default=SMALL)
    options.add_argument("--grande", type=int, default=LARGE)
    options.add_argument("--rodadas", type=int, default=ROUNDS)
    given = options.parse_args()
    start = time.monotonic()
    print(report(measure(small=given.pequena, large=given.grande, rounds=given.rodadas)))
    print(f"Levou {time.monotonic() - start:.0f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
