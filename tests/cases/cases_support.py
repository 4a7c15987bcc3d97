"""A case moved to where a test needs it, and a page as a person reads it."""

from __future__ import annotations

import html
import re

from procon.answers.commands import access_code, issue_cip_with_code, submit_answer
from procon.auth.actor import Actor
from procon.cases.commands import Opened, return_case
from procon.deadlines.compute import Deadline
from procon.settings import Settings
from support.cities import City, staff, supplier

HOSTILE = "<script>alert('x')</script> {{ 7*7 }} '; DROP TABLE case_file; --"


async def issued(city: City, case: Opened, settings: Settings) -> Deadline:
    """Its CIP is out."""
    async with city.scope() as tx:
        return await issue_cip_with_code(
            tx, actor=staff(), case_id=case.id, secret=settings.secret_key
        )


async def returned(city: City, case: Opened, reason: str = "Envie a nota fiscal.") -> Deadline:
    """Something is missing."""
    async with city.scope() as tx:
        return await return_case(tx, actor=staff(), case_id=case.id, reason=reason)


async def answered(
    city: City, case: Opened, text: str = "Vamos entregar.", actor: Actor | None = None
) -> None:
    """The supplier has answered."""
    async with city.scope() as tx:
        await submit_answer(
            tx,
            actor=actor or supplier(),
            case_id=case.id,
            text=text,
            idempotency_key=f"k/{case.id}",
        )


def code_of(city: City, case: Opened, settings: Settings) -> str:
    """The access code of the case's CIP."""
    return access_code(settings.secret_key, city.slug, case.id)


async def status_of(city: City, case: Opened) -> tuple[str, str]:
    """Status and outcome as stored."""
    async with city.scope() as tx:
        row = await tx.fetchrow("SELECT status, outcome FROM case_file WHERE id = $1", case.id)
    return row["status"], row["outcome"]


async def events_of(city: City, case: Opened) -> list[str]:
    """The kinds of the case's acts, in order."""
    async with city.scope() as tx:
        rows = await tx.fetch(
            "SELECT payload::jsonb->'event'->>'kind' FROM case_log WHERE case_id = $1 ORDER BY seq",
            case.id,
        )
    return [row[0] for row in rows]


def words(page: str, part: str = r"<main.*?</main>") -> str:
    """What stands on a part of the page, without tags."""
    found = re.search(part, page, re.DOTALL)
    assert found, part
    text = re.sub(r"<[^>]+>", " ", found.group(0))
    return " ".join(html.unescape(text).split())


def next_step(page: str) -> str:
    """The box “O que acontece agora”."""
    return words(page, r'<section class="pg-proximo".*?</section>')


def errors_of(page: str) -> list[tuple[str, str]]:
    """Field and sentence of each line of the error summary."""
    summary = re.search(r'<div class="govuk-error-summary".*?</ul>', page, re.DOTALL)
    found = re.findall(r'<a href="#(\w+)">(.*?)</a>', summary.group(0)) if summary else []
    return [(field, html.unescape(sentence)) for field, sentence in found]
