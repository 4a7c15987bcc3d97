"""The register's pages: for everybody, for a company, for the staff."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from procon.auth.actor import Actor
from procon.auth.companies.queries import reach_of
from procon.cases.queries import CaseDetail
from procon.cases.taxonomy import area_title, problem_title, subject_title
from procon.ext.slots import Action, Panel
from procon.kernel.errors import NotFound
from procon.statistics.formula import public_name
from procon.statistics.period import parse_year, period_of, this_year
from procon.statistics.register.commands import entry_for, window_of
from procon.statistics.register.queries import (
    Entry,
    Publication,
    Request,
    entry_of_case,
    frozen,
    living,
    living_of,
    publication_of,
    publications,
    request_by_id,
    requests_of,
    requests_open,
)
from procon.tenancy.scope import Tx

UNKNOWN = "Fornecedores sem CNPJ no cadastro"
WISHES: Mapping[str, str] = MappingProxyType(
    {"attended": "Constar como atendida", "remove": "Sair do cadastro"}
)
STATES: Mapping[str, str] = MappingProxyType(
    {"open": "Espera a decisão do Procon", "granted": "Aceito", "denied": "Não aceito"}
)


class CompanyLine(Struct, frozen=True):
    """A company in the register. `root` is "" for those whose CNPJ nobody knows."""

    root: str
    name: str
    attended: int
    not_attended: int

    @property
    def total(self) -> int:
        """Both."""
        return self.attended + self.not_attended


class PublicEntry(Struct, frozen=True):
    """One complaint as everybody may read it: the object, the company, the result."""

    root: str
    name: str
    area: str
    subject: str
    problem: str
    attended: bool
    month: str
    corrected: bool


class RegisterPage(Struct, frozen=True):
    """A year of the register. `published`: it is the publication, not the living register."""

    year: int
    years: tuple[int, ...]
    lines: tuple[CompanyLine, ...]
    attended: int
    not_attended: int
    publication: Publication | None
    published: bool


class OwnEntry(Struct, frozen=True):
    """A company's own entry with what it asked about it."""

    entry: Entry
    area: str
    subject: str
    problem: str
    request: Request | None
    state: str


class OwnPage(Struct, frozen=True):
    """What the register says of one's own companies."""

    entries: tuple[OwnEntry, ...]


class AskPage(Struct, frozen=True):
    """The request form. `until`: the last moment for it."""

    own: OwnEntry
    until: datetime
    open: bool
    wishes: Mapping[str, str] = WISHES
    form: Mapping[str, str] = {}
    errors: Mapping[str, str] = {}


class YearLine(Struct, frozen=True):
    """A year for the staff. `publication` is None while the year is not frozen."""

    year: int
    entries: int
    publication: Publication | None
    over: bool
    may_publish: bool


class StaffPage(Struct, frozen=True):
    """Years to freeze and publish, and requests to decide."""

    years: tuple[YearLine, ...]
    requests: tuple[Request, ...]
    wishes: Mapping[str, str] = WISHES


class DecidePage(Struct, frozen=True):
    """One request with its answer or the form for it."""

    request: Request
    wish: str
    state: str
    form: Mapping[str, str] = {}
    errors: Mapping[str, str] = {}


async def entries_of_year(tx: Tx, year: int) -> tuple[list[Entry], Publication | None]:
    """The publication's entries once the year is published, else those of the living register."""
    publication = await publication_of(tx, year)
    if publication is not None and publication.published_at is not None:
        return await frozen(tx, publication), publication
    return await living(tx, period_of(tx, year)), publication


async def register_page(tx: Tx, *, year: str) -> RegisterPage:
    """The public page of a year; without one, of the newest that has entries. Few queries."""
    now = this_year(tx)
    known = sorted({year_of(tx, one) for one in await living(tx)} | {now}, reverse=True)
    chosen = parse_year(year, now=now) if year else next((y for y in known if y != now), now)
    entries, publication = await entries_of_year(tx, chosen)
    lines = lines_of(entries)
    return RegisterPage(
        year=chosen,
        years=tuple(known),
        lines=lines,
        attended=sum(one.attended for one in lines),
        not_attended=sum(one.not_attended for one in lines),
        publication=publication,
        published=publication is not None and publication.published_at is not None,
    )


def lines_of(entries: Iterable[Entry]) -> tuple[CompanyLine, ...]:
    """Entries by CNPJ root, those with most not attended first."""
    names: dict[str, tuple[str, str]] = {"": ("", UNKNOWN)}
    counts: dict[str, list[int]] = {}
    for one in entries:
        counts.setdefault(one.root, [0, 0])[not one.attended] += 1
        if one.root:
            known = names.get(one.root, (one.cnpj, one.name))
            names[one.root] = min(known, (one.cnpj, one.name))
    rows = [
        CompanyLine(root, public_name(names[root][1]), attended, not_attended)
        for root, (attended, not_attended) in counts.items()
    ]
    return tuple(sorted(rows, key=lambda one: (-one.not_attended, -one.total, one.name)))


def public_entries(tx: Tx, entries: Iterable[Entry]) -> tuple[PublicEntry, ...]:
    """Entries without anything that leads to the case or its consumer."""
    zone = ZoneInfo(tx.tenant.timezone)
    return tuple(
        PublicEntry(
            root=one.root,
            name=public_name(one.name) if one.root else UNKNOWN,
            area=area_title(one.subject),
            subject=subject_title(one.subject),
            problem=problem_title(one.problem),
            attended=one.attended,
            month=one.registered_at.astimezone(zone).strftime("%m/%Y"),
            corrected=one.corrected,
        )
        for one in entries
    )


async def own_page(tx: Tx, *, actor: Actor) -> OwnPage:
    """The entries of the companies that somebody acts for."""
    entries = await living_of(tx, await reach_of(tx, actor=actor))
    return OwnPage(await _own(tx, entries))


async def ask_page(
    tx: Tx,
    *,
    actor: Actor,
    number: str,
    form: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> AskPage:
    """One entry of a company, and the form while there is time. Raises NotFound."""
    entry = await entry_for(tx, actor=actor, number=number)
    own = (await _own(tx, [entry]))[0]
    until = await window_of(tx, entry)
    waiting = own.request is not None and own.request.state == "open"
    return AskPage(
        own=own,
        until=until,
        open=tx.now <= until and not waiting,
        form=form or {"pedido": "", "texto": ""},
        errors=errors or {},
    )


async def staff_page(tx: Tx) -> StaffPage:
    """Every year that has something in the register or was frozen."""
    by_year: dict[int, int] = {}
    for entry in await living(tx):
        year = year_of(tx, entry)
        by_year[year] = by_year.get(year, 0) + 1
    made = {one.year: one for one in await publications(tx)}
    waiting = await requests_open(tx)
    now = this_year(tx)
    years = tuple(
        YearLine(
            year=year,
            entries=by_year.get(year, 0),
            publication=made.get(year),
            over=year < now,
            may_publish=_may_publish(tx, made.get(year)),
        )
        for year in sorted({*by_year, *made, now}, reverse=True)
    )
    return StaffPage(years, tuple(waiting))


async def decide_page(
    tx: Tx,
    *,
    request_id: UUID,
    form: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> DecidePage:
    """One request. Raises NotFound."""
    found = await request_by_id(tx, request_id)
    if found is None:
        raise NotFound("Não encontramos este pedido.")
    return DecidePage(
        request=found,
        wish=WISHES[found.wish],
        state=STATES[found.state],
        form=form or {"decisao": "", "texto": ""},
        errors=errors or {},
    )


async def case_panel(tx: Tx, *, actor: Actor, side: str, case: CaseDetail) -> Panel | None:
    """For the company alone, once its case may be in the register. At most one query."""
    if side != "supplier" or case.status not in {"registered", "closed"}:
        return None
    entry = await entry_of_case(tx, case.number)
    if entry is None:
        return None
    return Panel(
        "No cadastro público",
        text="Esta reclamação está no cadastro de reclamações fundamentadas (CDC, art. 44).",
        rows=(("Resultado", "Atendida" if entry.attended else "Não atendida"),),
        actions=(Action("Ver ou pedir correção", f"/fornecedor/cadastro/{case.number}"),),
    )


def year_of(tx: Tx, entry: Entry) -> int:
    """The year on the city's clock in which it was registered."""
    return entry.registered_at.astimezone(ZoneInfo(tx.tenant.timezone)).year


async def _own(tx: Tx, entries: Sequence[Entry]) -> tuple[OwnEntry, ...]:
    asked: dict[UUID, Request] = {}
    for one in await requests_of(tx, [entry.case_id for entry in entries]):
        asked.setdefault(one.case_id, one)
    return tuple(
        OwnEntry(
            entry=entry,
            area=area_title(entry.subject),
            subject=subject_title(entry.subject),
            problem=problem_title(entry.problem),
            request=asked.get(entry.case_id),
            state=STATES[asked[entry.case_id].state] if entry.case_id in asked else "",
        )
        for entry in entries
    )


def _may_publish(tx: Tx, publication: Publication | None) -> bool:
    if publication is None or publication.published_at is not None:
        return False
    return tx.now > publication.requests_until
