"""Keeping the search up to date. The worker does it after each act, so nobody waits for it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from procon.answers.queries import answers_of_case
from procon.cases.log import entries
from procon.cases.queries import detail_by_id
from procon.cases.taxonomy import problem_title, subject_title
from procon.desk.search.words import WORD_LEAST, quarter, words_of
from procon.jobs.outbox import put_out
from procon.parties.queries import supplier_by_id
from procon.process.queries import filings_of_case
from procon.tenancy.scope import Tx

INDEX_TOPIC = "search/index"
BODY_MOST = 200_000  # characters of a case that are searched
# Fields of log entries that are not words of people.
_NOT_WORDS = frozenset(
    {"kind", "case_id", "sha256", "filing_sha256", "rule_version", "procedure", "transition"}
    | {"before", "after", "legal_basis", "norm", "explanation", "letter", "filing", "topic", "act"}
    | {"channel", "by", "outcome"}
)


async def index_case(tx: Tx, case_id: UUID) -> None:
    """Write the case's words anew. Doing it twice is harmless."""
    # Two events of one case at once: the second reads after the first has written.
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"search/{case_id}")
    case = await detail_by_id(tx, case_id)
    if case is None:
        return
    supplier = await supplier_by_id(tx, case.supplier_id)
    told: list[Any] = [
        case.number,
        case.person_name,
        case.supplier_name,
        supplier.trade_name if supplier else "",
        subject_title(case.subject),
        problem_title(case.problem),
        case.narrative,
        case.wish,
        case.tried,
        case.sac_protocol,
        *(answer.text for answer in await answers_of_case(tx, case_id)),
        *(filing.text for filing in await filings_of_case(tx, case_id)),
    ]
    for entry in await entries(tx, case_id, internal=True):
        fields = msgspec.to_builtins(entry.act.event)
        told += [
            value
            for name, value in fields.items()
            if isinstance(value, str) and name not in _NOT_WORDS
        ]
    body = "\n".join(dict.fromkeys(text for text in told if text))[:BODY_MOST]
    words = words_of(body)
    await tx.execute(
        "INSERT INTO case_search (case_id, created_at, body, doc)"
        " VALUES ($1, $2, $3, to_tsvector('pg_catalog.portuguese', $4) || array_to_tsvector($5))"
        " ON CONFLICT (case_id) DO UPDATE SET body = excluded.body, doc = excluded.doc",
        case_id,
        case.created_at,
        body,
        " ".join(words),
        [quarter(case.created_at)],
    )
    # In one order, so that two workers never wait for each other's words.
    await tx.execute(
        "INSERT INTO search_word (word) SELECT word FROM unnest($1::text[]) AS word"
        " ON CONFLICT (word) DO NOTHING",
        sorted({word for word in words if len(word) > WORD_LEAST and not word.isdigit()}),
    )


async def index_later(tx: Tx, case_id: UUID, *, effect_key: str) -> None:
    """Promise `index_case` for what no event tells, such as a company's new name."""
    await put_out(tx, topic=INDEX_TOPIC, payload=str(case_id), effect_key=f"search/{effect_key}")
