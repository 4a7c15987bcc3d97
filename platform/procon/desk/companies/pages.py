"""The register of companies, for the staff."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from procon.auth.actor import Actor
from procon.auth.permissions import allowed
from procon.desk.companies.commands import supplier
from procon.desk.companies.queries import case_counts
from procon.kernel.documents import BadDocument, parse_email
from procon.kernel.errors import Invalid
from procon.kernel.text import clean
from procon.parties.queries import (
    Merge,
    SupplierRow,
    duplicates_of,
    kept_for,
    merges_into,
    supplier_search,
)
from procon.tenancy.scope import Tx

NAME_MOST = 160
SHOWN = 50


class CompanyLine(Struct, frozen=True, forbid_unknown_fields=True):
    """One company of a list."""

    id: UUID
    name: str
    trade_name: str
    cnpj: str
    email: str
    cases: int


class CompaniesPage(Struct, frozen=True, forbid_unknown_fields=True):
    """Answer to a search."""

    text: str
    lines: tuple[CompanyLine, ...]


class Typed(Struct, frozen=True, forbid_unknown_fields=True):
    """The company's fields as typed; `antes_…` are what the page had shown."""

    fantasia: str = ""
    email: str = ""
    antes_fantasia: str = ""
    antes_email: str = ""


class MergeLine(Struct, frozen=True, forbid_unknown_fields=True):
    """A merge in the company's history."""

    id: UUID
    name: str
    cases: int
    made_by: str
    made_at: datetime
    undone_by: str


class CompanyPage(Struct, frozen=True, forbid_unknown_fields=True):
    """One company. `kept`: the entry that stands for it, "" when it stands for itself."""

    company: CompanyLine
    kept: str
    form: Typed
    errors: Mapping[str, str]
    problem: str
    duplicates: tuple[CompanyLine, ...]
    merges: tuple[MergeLine, ...]
    may_edit: bool
    may_merge: bool


class MergePage(Struct, frozen=True, forbid_unknown_fields=True):
    """What a merge would do."""

    kept: CompanyLine
    merged: CompanyLine
    errors: Mapping[str, str] = {}


async def companies_page(tx: Tx, *, text: str) -> CompaniesPage:
    """Companies by name or CNPJ."""
    text = clean(text, 120)
    return CompaniesPage(text, await _lines(tx, await supplier_search(tx, text, limit=SHOWN)))


async def company_page(
    tx: Tx,
    *,
    actor: Actor,
    supplier_id: UUID,
    form: Typed | None = None,
    errors: Mapping[str, str] | None = None,
    problem: str = "",
) -> CompanyPage:
    """One company, what may be the same one, and what was merged into it. Raises NotFound."""
    found = await supplier(tx, supplier_id)
    typed = form or Typed(found.trade_name, found.email, found.trade_name, found.email)
    if problem:
        # What was typed stays; the next attempt is made on what the page shows now.
        typed = Typed(typed.fantasia, typed.email, found.trade_name, found.email)
    return CompanyPage(
        company=(await _lines(tx, [found]))[0],
        kept=str(await kept_for(tx, supplier_id) or ""),
        form=typed,
        errors=errors or {},
        problem=problem,
        duplicates=await _lines(tx, await duplicates_of(tx, found)),
        merges=tuple(_merge_line(one) for one in await merges_into(tx, supplier_id)),
        may_edit=allowed(actor, "staff:triage"),
        may_merge=allowed(actor, "staff:merge"),
    )


async def merge_page(tx: Tx, *, kept: UUID, merged: UUID) -> MergePage:
    """Both entries with what would move. Raises NotFound."""
    first, second = await _lines(tx, [await supplier(tx, kept), await supplier(tx, merged)])
    return MergePage(first, second)


def parse_company(form: Typed) -> Typed:
    """The fields, cleaned. Raises Invalid."""
    trade_name = clean(form.fantasia, len(form.fantasia))
    errors: dict[str, str] = {}
    if len(trade_name) > NAME_MOST:
        errors["fantasia"] = f"Use no máximo {NAME_MOST} caracteres."
    email = form.email.strip()
    try:
        email = parse_email(email) if email else ""
    except BadDocument as error:
        errors["email"] = error.reason
    if errors:
        raise Invalid(errors)
    return Typed(trade_name, email, form.antes_fantasia, form.antes_email)


async def _lines(tx: Tx, rows: list[SupplierRow]) -> tuple[CompanyLine, ...]:
    counts = await case_counts(tx, [row.id for row in rows])
    return tuple(
        CompanyLine(
            id=row.id,
            name=row.name,
            trade_name=row.trade_name,
            cnpj=row.cnpj or "",
            email=row.email,
            cases=counts.get(row.id, 0),
        )
        for row in rows
    )


def _merge_line(one: Merge) -> MergeLine:
    return MergeLine(
        one.id, one.merged_name, len(one.case_ids), one.made_by, one.made_at, one.undone_by
    )
