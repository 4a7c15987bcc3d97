"""What the list shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from procon.auth.accounts.queries import staff_list
from procon.auth.actor import Actor
from procon.auth.permissions import allowed
from procon.cases.pages import DeadlineBadge, StatusLabel, badge_of, status_label
from procon.cases.queries import CaseRow
from procon.cases.standard import STANDARD
from procon.cases.taxonomy import AREAS, subject_title
from procon.desk.lists.chosen import Chosen, chosen
from procon.desk.lists.export import csv_text
from procon.desk.lists.forms import (
    CHANNELS,
    ME,
    NOBODY,
    ORDERS,
    Cursor,
    Filter,
    cursor_text,
    parse_query,
    query_of,
)
from procon.desk.lists.queries import list_cases, saved_filters, tags_in_use
from procon.portal.render import date_and_hour
from procon.portal.shell import Option
from procon.service_points.queries import open_service_points
from procon.tenancy.scope import Tx

LIST = "/equipe/processos"
EXPORT_MOST = 10_000
ACTIONS = (
    Option("assign", "Passar para uma pessoa"),
    Option("tag", "Pôr uma etiqueta"),
    Option("note", "Escrever uma nota interna"),
    Option("macro", "Aplicar uma macro"),
    Option("move", "Fazer o processo andar"),
    Option("cip", "Emitir a CIP"),
    Option("letters", "Emitir cartas"),
)
_HEAD = (
    *("Processo", "Situação", "Prazo", "Consumidor", "Empresa", "Assunto", "Responsável"),
    *("Aberto em", "Mudou em"),
)


class ListLine(Struct, frozen=True, forbid_unknown_fields=True):
    """One case of the list."""

    id: UUID
    number: str
    status: StatusLabel
    consumer: str
    supplier: str
    subject: str
    badge: DeadlineBadge | None
    owner: str
    created_at: datetime


class Tab(Struct, frozen=True, forbid_unknown_fields=True):
    """A saved filter. `mine`: the person may delete it."""

    id: str
    label: str
    href: str
    current: bool
    mine: bool
    owner: str


class Choices(Struct, frozen=True, forbid_unknown_fields=True):
    """What the filter's fields offer."""

    states: tuple[Option, ...]
    people: tuple[Option, ...]
    areas: tuple[Option, ...]
    channels: tuple[Option, ...]
    posts: tuple[Option, ...]
    outcomes: tuple[Option, ...]
    tags: tuple[Option, ...]
    orders: tuple[Option, ...]


class ListPage(Struct, frozen=True, forbid_unknown_fields=True):
    """The list. `query` is the filter without the place in the list."""

    filter: Filter
    chosen: tuple[Chosen, ...]
    query: str
    lines: tuple[ListLine, ...]
    more: str
    begun: bool
    tabs: tuple[Tab, ...]
    choices: Choices
    bulk: bool
    actions: tuple[Option, ...] = ACTIONS
    name: str = ""
    shared: bool = False
    errors: Mapping[str, str] = {}


async def list_page(
    tx: Tx,
    *,
    actor: Actor,
    wanted: Filter,
    after: Cursor | None,
    name: str = "",
    errors: Mapping[str, str] | None = None,
) -> ListPage:
    """One page of a filter, with the tabs of those that have a name."""
    found = await list_cases(tx, wanted, me=actor.account_id, after=after)
    query, choices = query_of(wanted), await _choices(tx)
    more = ""
    if found.next is not None:
        more = f"{LIST}?{query}{'&' if query else ''}depois={cursor_text(found.next)}"
    return ListPage(
        filter=wanted,
        chosen=chosen(wanted, _named(choices)),
        query=query,
        lines=lines_of(found.rows, tx),
        more=more,
        begun=after is not None,
        tabs=await _tabs(tx, actor, query),
        choices=choices,
        bulk=allowed(actor, "staff:bulk"),
        name=name,
        errors=errors or {},
    )


async def export_csv(tx: Tx, *, actor: Actor, wanted: Filter) -> str:
    """The filter's cases, at most EXPORT_MOST, as CSV."""
    found = await list_cases(tx, wanted, me=actor.account_id, limit=EXPORT_MOST)
    zone = ZoneInfo(tx.tenant.timezone)
    return csv_text(_HEAD, (_cells(row, zone) for row in found.rows))


def lines_of(rows: Iterable[CaseRow], tx: Tx) -> tuple[ListLine, ...]:
    """Rows as the list shows them."""
    return tuple(
        ListLine(
            id=row.id,
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


def _cells(row: CaseRow, zone: ZoneInfo) -> Sequence[str]:
    return (
        row.number,
        status_label(row.status, row.outcome).text,
        date_and_hour(row.due_at, zone) if row.due_at else "",
        row.person_name,
        row.supplier_name,
        subject_title(row.subject),
        row.assigned_name,
        date_and_hour(row.created_at, zone),
        date_and_hour(row.changed_at, zone),
    )


async def _tabs(tx: Tx, actor: Actor, query: str) -> tuple[Tab, ...]:
    may_all = allowed(actor, "staff:settings")
    tabs = [Tab("", "Todos", LIST, current=not query, mine=False, owner="")]
    for row in await saved_filters(tx, me=actor.account_id):
        own = row.owner == actor.account_id
        tabs.append(
            Tab(
                id=str(row.id),
                label=row.name,
                href=f"{LIST}?{row.query}",
                current=bool(query) and query_of(parse_query(row.query)) == query,
                mine=own or may_all,
                owner="" if own else row.owner_name,
            )
        )
    return tuple(tabs)


async def _choices(tx: Tx) -> Choices:
    people = [Option(str(one.id), one.name) for one in await staff_list(tx)]
    posts = [Option(one.name, one.name) for one in await open_service_points(tx)]
    return Choices(
        states=tuple(Option(one.key, one.title) for one in STANDARD.states),
        people=_any("Qualquer pessoa", Option(ME, "Eu"), Option(NOBODY, "Ninguém"), *people),
        areas=_any("Todos", *(Option(one.code, one.title) for one in AREAS)),
        channels=_any("Todos", *(Option(*one) for one in CHANNELS.items())),
        posts=_any("Todos", *posts),
        outcomes=_any("Todos", *(Option(*one) for one in STANDARD.outcomes.items())),
        tags=_any("Todas", *(Option(tag, tag) for tag in await tags_in_use(tx))),
        orders=tuple(Option(*one) for one in ORDERS.items()),
    )


def _named(choices: Choices) -> dict[str, tuple[Option, ...]]:
    """Field of the filter → its options."""
    return {
        "estado": choices.states,
        "responsavel": choices.people,
        "assunto": choices.areas,
        "canal": choices.channels,
        "resultado": choices.outcomes,
    }


def _any(label: str, *options: Option) -> tuple[Option, ...]:
    return (Option("", label), *options)
