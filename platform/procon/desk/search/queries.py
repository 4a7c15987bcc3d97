"""Finding cases by what is written in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from procon.desk.search.words import WORD_LEAST, lately, searched, tsquery
from procon.tenancy.scope import Tx

HITS = 50
# How alike two words must be for one to be a typing error of the other (pg_trgm, 0 to 1).
_ALIKE = 0.4
_HIT = (
    "f.doc @@ to_tsquery('pg_catalog.portuguese', $1) AND ($3::text[] IS NULL OR EXISTS"
    " (SELECT 1 FROM case_file c WHERE c.id = f.case_id AND c.status = ANY($3)))"
)


class Hit(Struct, frozen=True):
    """A case that holds all of the words. `body`: every text of it, one a line."""

    number: str
    status: str
    outcome: str
    subject: str
    supplier_name: str
    person_name: str
    assigned_name: str
    due_at: datetime | None
    created_at: datetime
    body: str


async def search_texts(
    tx: Tx, words: Sequence[str], *, states: Sequence[str] = (), limit: int = HITS
) -> list[Hit]:
    """Cases that hold all words, the newest first.

    Args:
        words: of `searched`; none finds nothing.
        states: only cases that stand in one of these; none given: in any.
    """
    if not words:
        return []
    # The last half year first: however many cases a city has, only its hits are sorted. A word that
    # fills no page there is rare, and then all of its hits are few enough.
    found = await _newest(tx, words, states, limit)
    if len(found) < limit:
        found = await _all_time(tx, words, states, limit)
    rows = await tx.fetch(
        "SELECT c.number, c.status, c.outcome, c.subject, s.name, p.name, c.assigned_name,"
        " c.due_at, c.created_at, f.body FROM case_search f JOIN case_file c ON c.id = f.case_id"
        " JOIN supplier s ON s.id = c.supplier_id JOIN person p ON p.id = c.person_id"
        " WHERE f.case_id = ANY($1) ORDER BY f.created_at DESC, f.case_id DESC",
        found,
    )
    return [Hit(*row) for row in rows]


async def matching(tx: Tx, found: Iterable[str], words: Sequence[str]) -> frozenset[str]:
    """Which of the words `found` in texts are forms of a word that was looked for."""
    rows = await tx.fetch(
        "SELECT w FROM unnest($1::text[]) AS w"
        " WHERE to_tsvector('pg_catalog.portuguese', w)"
        " @@ to_tsquery('pg_catalog.portuguese', $2)",
        sorted(set(found)),
        " | ".join([*words, tsquery(words[-1:])]) if words else "",
    )
    return frozenset(row["w"] for row in rows)


async def meant(tx: Tx, text: str) -> str:
    """The text with each unknown word replaced by the known one that is most like it.

    Returns:
        The corrected words, or "" when there is nothing to correct or nothing alike.
    """
    words = searched(text)
    rows = await tx.fetch(
        "SELECT asked.word, best.word FROM unnest($1::text[]) AS asked (word)"
        " LEFT JOIN LATERAL (SELECT k.word FROM search_word k"
        " WHERE k.word OPERATOR(extensions.%) asked.word"
        " AND similarity(k.word, asked.word) >= $2"
        " ORDER BY similarity(k.word, asked.word) DESC, k.word LIMIT 1) best ON true",
        [word for word in words if len(word) > WORD_LEAST and not word.isdigit()],
        _ALIKE,
    )
    best = {row[0]: row[1] for row in rows}
    corrected = [best.get(word) or word for word in words]
    return " ".join(corrected) if corrected != words else ""


async def _newest(tx: Tx, words: Sequence[str], states: Sequence[str], limit: int) -> list[UUID]:
    rows = await tx.fetch(
        f"SELECT f.case_id FROM case_search f WHERE {_HIT} AND f.doc @@ $4::tsquery"
        " ORDER BY f.created_at DESC, f.case_id DESC LIMIT $2",
        tsquery(words),
        limit,
        list(states) or None,
        lately(tx.now),
    )
    return [row["case_id"] for row in rows]


async def _all_time(tx: Tx, words: Sequence[str], states: Sequence[str], limit: int) -> list[UUID]:
    rows = await tx.fetch(
        # Materialised, or the planner walks through all cases by date in the hope of early hits.
        "WITH hit AS MATERIALIZED (SELECT f.case_id, f.created_at FROM case_search f"
        f" WHERE {_HIT}) SELECT case_id FROM hit ORDER BY created_at DESC, case_id DESC LIMIT $2",
        tsquery(words),
        limit,
        list(states) or None,
    )
    return [row["case_id"] for row in rows]
