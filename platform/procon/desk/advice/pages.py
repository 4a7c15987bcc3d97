"""The pages of attendances that end at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

from msgspec import Struct

from procon.cases.taxonomy import SUBJECTS, subject_title
from procon.desk.advice.forms import KINDS, Typed
from procon.desk.advice.queries import advice_counts, recent_advice
from procon.portal.shell import Option
from procon.service_points.queries import open_service_points
from procon.tenancy.scope import Tx


class AdviceLine(Struct, frozen=True, forbid_unknown_fields=True):
    """One attendance of the list."""

    kind: str
    subject: str
    person: str
    text: str
    minutes: int
    post: str
    made_by: str
    created_at: datetime


class CountLine(Struct, frozen=True, forbid_unknown_fields=True):
    """One kind's numbers."""

    kind: str
    count: int
    minutes: int


class AdviceListPage(Struct, frozen=True, forbid_unknown_fields=True):
    """The last attendances and this month's numbers."""

    lines: tuple[AdviceLine, ...]
    counts: tuple[CountLine, ...]


class NewAdvicePage(Struct, frozen=True, forbid_unknown_fields=True):
    """The form."""

    key: str
    form: Typed
    errors: Mapping[str, str]
    kinds: tuple[Option, ...]
    subjects: tuple[Option, ...]
    posts: tuple[Option, ...]


async def advice_list_page(tx: Tx) -> AdviceListPage:
    """What was done lately."""
    month = tx.now.astimezone(ZoneInfo(tx.tenant.timezone)).replace(
        day=1, hour=0, minute=0, second=0, microsecond=0
    )
    counts = await advice_counts(tx, since=month.astimezone(UTC))
    return AdviceListPage(
        lines=tuple(
            AdviceLine(
                KINDS[row.kind],
                subject_title(row.subject),
                row.person_name,
                row.text,
                row.minutes,
                row.service_point,
                row.made_by,
                row.created_at,
            )
            for row in await recent_advice(tx)
        ),
        counts=tuple(CountLine(KINDS[one.kind], one.count, one.minutes) for one in counts),
    )


async def new_advice_page(
    tx: Tx, *, form: Typed | None = None, errors: Mapping[str, str] | None = None, key: str = ""
) -> NewAdvicePage:
    """The form as typed."""
    posts = await open_service_points(tx)
    return NewAdvicePage(
        key=key or uuid4().hex,
        form=form or Typed(),
        errors=errors or {},
        kinds=tuple(Option(*one) for one in KINDS.items()),
        subjects=(
            Option("", "Escolha o assunto"),
            *(Option(one.code, one.title) for one in SUBJECTS),
        ),
        posts=(Option("", "Nenhum"), *(Option(one.name, one.name) for one in posts)),
    )
