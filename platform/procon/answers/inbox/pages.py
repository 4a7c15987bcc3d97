"""The company's inbox, and the list over all cities."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlencode

import structlog
from msgspec import Struct

from procon.answers.inbox.queries import (
    COMPANY_TURN,
    FILTERS,
    PAGE,
    Branch,
    InboxRow,
    branches_of,
    inbox,
    inbox_counts,
    waiting_for,
)
from procon.auth.actor import Actor
from procon.auth.companies.queries import Reach, reach_of
from procon.cases.pages import DeadlineBadge, StatusLabel, badge_of, status_label
from procon.cases.taxonomy import subject_title
from procon.kernel.documents import format_cnpj
from procon.kernel.text import clean
from procon.portal.shell import Option
from procon.settings import Settings
from procon.tenancy.manifest import Tenant
from procon.tenancy.scope import Database, Tx, tenant_scope

TITLES: Mapping[str, str] = MappingProxyType(
    {
        "abertos": "Em aberto",
        "semana": "Vencem em 7 dias",
        "vencidos": "Vencidos",
        "respondidos": "Esperam o Procon ou o consumidor",
        "encerrados": "Encerrados",
        "todos": "Todos",
    }
)
MOST_OF_A_CITY = 500


class CaseLine(Struct, frozen=True):
    """A case in the company's list. `open`: it is the company's turn."""

    number: str
    href: str
    person: str
    subject: str
    company: str
    member: str
    label: StatusLabel
    badge: DeadlineBadge | None
    open: bool


class FilterLink(Struct, frozen=True):
    """One of the lists, with its size."""

    label: str
    href: str
    number: int
    current: bool


class InboxPage(Struct, frozen=True):
    """The company's cases. `next_pages` is the address to which a page number is appended."""

    filters: tuple[FilterLink, ...]
    title: str
    chosen: str
    lines: tuple[CaseLine, ...]
    total: int
    page_no: int
    pages: int
    next_pages: str
    words: str
    branch: str
    branches: tuple[Option, ...]
    personal: bool
    manages: bool


class CityLine(Struct, frozen=True):
    """A city on the suppliers' page; `waiting` counts the company's open cases, None unknown."""

    name: str
    city: str
    uf: str
    href: str
    waiting: int | None = None


class EverywhereLine(Struct, frozen=True):
    """A case that waits for the company, and in which city."""

    number: str
    href: str
    city: str
    person: str
    label: StatusLabel
    badge: DeadlineBadge | None
    due_at: datetime | None


class CitiesPage(Struct, frozen=True):
    """All cities that are served, and what waits in them. `silent`: cities that did not answer."""

    cities: tuple[CityLine, ...]
    lines: tuple[EverywhereLine, ...] = ()
    silent: tuple[str, ...] = ()
    known: bool = False
    total: int = 0
    page_no: int = 1
    pages: int = 1


async def inbox_page(tx: Tx, actor: Actor, reach: Reach, query: Mapping[str, Any]) -> InboxPage:
    """The inbox as the address asks for it: `?lista=`, `&q=`, `&filial=`, `&pagina=`."""
    asked = str(query.get("lista", ""))
    chosen = asked if asked in FILTERS else "abertos"
    words = clean(str(query.get("q", "")), 80)
    branches = await branches_of(tx, reach)
    wanted = str(query.get("filial", ""))
    branch = wanted if wanted in {one.cnpj for one in branches} else ""
    page_no = page_number(query.get("pagina", "1"))
    rows, total = await inbox(tx, reach, chosen=chosen, words=words, branch=branch, page_no=page_no)
    counts = await inbox_counts(tx, reach)
    kept = {"q": words, "filial": branch}
    return InboxPage(
        filters=tuple(
            FilterLink(title, _address(name, kept), counts[name], name == chosen)
            for name, title in TITLES.items()
        ),
        title=TITLES[chosen],
        chosen=chosen,
        lines=tuple(line_of(row, tx) for row in rows),
        total=total,
        page_no=page_no,
        pages=max(1, -(-total // PAGE)),
        next_pages=f"{_address(chosen, kept)}&pagina=",
        words=words,
        branch=branch,
        branches=_options(branches),
        personal=not actor.cnpjs,
        manages=actor.account_id is not None,
    )


def page_number(typed: Any) -> int:
    """A page's number from an address; 1 for anything that is none."""
    text = str(typed)
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else 1


def line_of(row: InboxRow, tx: Tx) -> CaseLine:
    """A row in words."""
    turn = row.status in COMPANY_TURN
    badge = badge_of(row.due_at, row.status, now=tx.now, tz=tx.tenant.timezone) if turn else None
    company = row.supplier_name
    return CaseLine(
        number=row.number,
        href=f"/fornecedor/processos/{quote(row.number, safe='')}",
        person=row.person_name,
        subject=subject_title(row.subject),
        company=f"{company}, {format_cnpj(row.cnpj)}" if row.cnpj else company,
        member=row.member_name,
        label=status_label(row.status, row.outcome),
        badge=badge,
        open=turn,
    )


async def cities_page(
    db: Database, settings: Settings, tenants: tuple[Tenant, ...], actor: Actor, page_no: int
) -> CitiesPage:
    """One list for every city. Each is asked in its own scope, one after the other.

    A city in trouble is named and hides none of the others.
    """
    cities, lines, silent, total = [], [], [], 0
    known = bool(actor.cnpjs or actor.cpf)
    for tenant in tenants:
        waiting: int | None = None
        if known:
            try:
                found, waiting = await _in_city(db, settings, tenant, actor)
                lines += found
                total += waiting
            except Exception:
                structlog.get_logger().warning("city_not_asked", tenant=tenant.slug, exc_info=True)
                silent.append(tenant.name)
        href = settings.url(tenant.host, "/fornecedor")
        cities.append(CityLine(tenant.name, tenant.city, tenant.uf, href, waiting))
    lines.sort(key=lambda one: (one.due_at is None, one.due_at.timestamp() if one.due_at else 0.0))
    start = (page_no - 1) * PAGE
    return CitiesPage(
        cities=tuple(cities),
        lines=tuple(lines[start : start + PAGE]),
        silent=tuple(silent),
        known=known,
        total=total,
        page_no=page_no,
        pages=max(1, -(-len(lines) // PAGE)),
    )


async def _in_city(
    db: Database, settings: Settings, tenant: Tenant, actor: Actor
) -> tuple[list[EverywhereLine], int]:
    async with tenant_scope(db, tenant) as tx:
        reach = await reach_of(tx, actor=actor)
        if not reach:
            return [], 0
        rows, total = await waiting_for(tx, reach, limit=MOST_OF_A_CITY)
        return [_everywhere(row, tx, settings) for row in rows], total


def _everywhere(row: InboxRow, tx: Tx, settings: Settings) -> EverywhereLine:
    line = line_of(row, tx)
    return EverywhereLine(
        number=row.number,
        href=settings.url(tx.tenant.host, line.href),
        city=f"{tx.tenant.city} ({tx.tenant.uf})",
        person=line.person,
        label=line.label,
        badge=line.badge,
        due_at=row.due_at,
    )


def _address(chosen: str, kept: Mapping[str, str]) -> str:
    more = {name: value for name, value in kept.items() if value}
    return f"/fornecedor?{urlencode({'lista': chosen, **more})}"


def _options(branches: list[Branch]) -> tuple[Option, ...]:
    return (
        Option("", "Todas"),
        *(
            Option(one.cnpj, f"{format_cnpj(one.cnpj)}, {one.name} ({one.cases})")
            for one in branches
        ),
    )
