"""What a search shows: who, where, and the sentence in which the words stand."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from msgspec import Struct

from procon.cases.pages import DeadlineBadge, StatusLabel, badge_of, status_label
from procon.cases.queries import CaseRow, case_search
from procon.cases.standard import STANDARD
from procon.cases.taxonomy import subject_title
from procon.desk.lists.forms import Filter
from procon.desk.lists.queries import list_cases
from procon.desk.search.queries import HITS, Hit, matching, meant, search_texts
from procon.desk.search.words import beginnings, searched, spans
from procon.kernel.case_number import BadCaseNumber, canonical_case_number
from procon.kernel.documents import BadDocument, parse_cnpj, parse_cpf
from procon.kernel.text import clean
from procon.portal.shell import Option
from procon.tenancy.scope import Tx

_AROUND = 90  # characters on each side of the first word that was found
_READ = 20_000  # characters of a case that are looked through for the sentence


class Part(Struct, frozen=True, forbid_unknown_fields=True):
    """A piece of a sentence; `hit` when it is what was looked for."""

    text: str
    hit: bool


class HitLine(Struct, frozen=True, forbid_unknown_fields=True):
    """One case that was found. `parts`: the sentence, empty when a document or number was asked."""

    number: str
    status: StatusLabel
    consumer: str
    supplier: str
    subject: str
    badge: DeadlineBadge | None
    owner: str
    created_at: datetime
    parts: tuple[Part, ...] = ()


class SearchPage(Struct, frozen=True, forbid_unknown_fields=True):
    """Answer to a search.

    Attributes:
        exact: number of the case that was asked for by its number.
        instead: the words that were searched because what was typed was not found.
        full: there may be more than what is shown.
    """

    text: str
    lines: tuple[HitLine, ...] = ()
    exact: str = ""
    instead: str = ""
    states: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    full: bool = False


async def search_page(tx: Tx, *, text: str, states: Sequence[str] = ()) -> SearchPage:
    """Cases by number, CPF, CNPJ, or by words of any text in them."""
    text = clean(text, 120)
    with suppress(BadCaseNumber):
        number = canonical_case_number(text)
        rows = await case_search(tx, number=number)
        return SearchPage(text, exact=rows[0].number if rows else "")
    with suppress(BadDocument):
        return SearchPage(text, _plain(await case_search(tx, cpf=parse_cpf(text)), tx))
    with suppress(BadDocument):
        # Through the register, which knows the CNPJs of entries that were merged.
        company = Filter(empresa=parse_cnpj(text), ordem="aberto")
        return SearchPage(text, _plain((await list_cases(tx, company, me=None)).rows, tx))
    known = {one.key: one.title for one in STANDARD.states}
    chosen = tuple(state for state in states if state in known)
    words, instead = searched(text), ""
    hits = await search_texts(tx, words, states=chosen)
    if words and not hits and (instead := await meant(tx, text)):
        words = searched(instead)
        hits = await search_texts(tx, words, states=chosen)
    return SearchPage(
        text,
        await _found(tx, hits, words),
        instead=instead,
        states=chosen,
        options=tuple(Option(*one) for one in known.items()),
        full=len(hits) == HITS,
    )


def sentence(body: str, hits: Sequence[tuple[int, int]]) -> tuple[Part, ...]:
    """The line with most hits in it, cut around the first of them.

    Args:
        hits: start and end of each, in order.
    """
    by_line: dict[int, list[tuple[int, int]]] = {}
    for start, end in hits:
        by_line.setdefault(body.rfind("\n", 0, start) + 1, []).append((start, end))
    if not by_line:
        return ()
    begin, best = max(by_line.items(), key=lambda item: len(item[1]))
    line_end = body.find("\n", begin)
    stop = line_end if line_end >= 0 else len(body)
    at = max(begin, best[0][0] - _AROUND)
    last = min(stop, best[0][1] + _AROUND * 2)
    parts = [Part("…" if at > begin else "", hit=False)]
    for start, end in best:
        if end > last:
            break
        parts += [Part(body[at:start], hit=False), Part(body[start:end], hit=True)]
        at = end
    parts.append(Part(body[at:last] + ("…" if last < stop else ""), hit=False))
    return tuple(part for part in parts if part.text)


async def _found(tx: Tx, hits: Sequence[Hit], words: Sequence[str]) -> tuple[HitLine, ...]:
    if not hits:
        return ()
    pattern = beginnings(words)
    candidates = [list(spans(hit.body[:_READ], pattern)) for hit in hits]
    forms = await matching(tx, {word for some in candidates for _, _, word in some}, words)
    return tuple(
        HitLine(
            number=hit.number,
            status=status_label(hit.status, hit.outcome),
            consumer=hit.person_name,
            supplier=hit.supplier_name,
            subject=subject_title(hit.subject),
            badge=badge_of(hit.due_at, hit.status, now=tx.now, tz=tx.tenant.timezone),
            owner=hit.assigned_name,
            created_at=hit.created_at,
            parts=sentence(hit.body, [(start, end) for start, end, word in some if word in forms]),
        )
        for hit, some in zip(hits, candidates, strict=True)
    )


def _plain(rows: Sequence[CaseRow], tx: Tx) -> tuple[HitLine, ...]:
    return tuple(
        HitLine(
            number=row.number,
            status=status_label(row.status, row.outcome),
            consumer=row.person_name,
            supplier=row.supplier_name,
            subject=subject_title(row.subject),
            badge=badge_of(row.due_at, row.status, now=tx.now, tz=tx.tenant.timezone),
            owner=row.assigned_name,
            created_at=row.created_at,
        )
        for row in rows
    )
