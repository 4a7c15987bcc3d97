"""What lawyers, clients and staff see of mandates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Literal
from urllib.parse import quote
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar.connection import ASGIConnection
from msgspec import Struct, structs

from procon.auth.actor import Actor
from procon.auth.mandates.model import (
    LAWYER_KINDS,
    PARTY_ROLES,
    POWERS,
    UFS,
)
from procon.auth.mandates.queries import (
    Lawyer,
    Mandate,
    Party,
    View,
    lawyer_of,
    lawyers,
    mandates_in_case,
    mandates_of_lawyer,
    parties_of,
    views_of,
)
from procon.cases.access import get_case, may_see, note_view, standing_in
from procon.cases.pages import (
    DeadlineBadge,
    StatusLabel,
    badge_of,
    status_label,
)
from procon.cases.queries import CaseDetail
from procon.cases.taxonomy import subject_title
from procon.ext.slots import Action, Panel
from procon.kernel.errors import Forbidden
from procon.lawyers.queries import ClientCase, cases_of_lawyer
from procon.portal.render import date_and_hour
from procon.portal.shell import Option
from procon.tenancy.scope import Tx

Connection = ASGIConnection[Any, Any, Any, Any]
BASE = "/advogado/processos"
_LETTERS = frozenset({"cip"})
_NOT_VERIFIED = "O seu cadastro de advogado ainda não foi conferido pelo Procon."

POWER_OPTIONS = tuple(Option(key, label) for key, label in POWERS.items())
UF_OPTIONS = (Option("", "Escolha"), *(Option(uf, uf) for uf in UFS))
KIND_OPTIONS = tuple(Option(key, label) for key, label in LAWYER_KINDS.items())


class MandateView(Struct, frozen=True):
    """A mandate in words. `state` is "em vigor", "no fim" or "terminou"."""

    id: UUID
    lawyer: str
    oab: str
    client: str
    scope: str
    number: str
    powers: str
    validity: str
    state: str
    tone: Literal["success", "waiting", "neutral"]
    origin: str
    given: datetime
    running: bool
    can_pass_on: bool
    sha256: str
    document: str


class CaseLine(Struct, frozen=True):
    """A client's case."""

    number: str
    title: str
    subject: str
    client: str
    side: str
    label: StatusLabel
    badge: DeadlineBadge | None


class ClientLine(Struct, frozen=True):
    """A client in the switcher."""

    key: str
    name: str
    current: bool


class HomePage(Struct, frozen=True):
    """ "Advocacia": where the inscription stands, then clients and their cases."""

    lawyer: Lawyer | None
    clients: tuple[ClientLine, ...] = ()
    lines: tuple[CaseLine, ...] = ()
    client: str = ""


class FormPage(Struct, frozen=True):
    """A form of this slice: what was typed, what is wrong, what there is to choose."""

    form: Mapping[str, str] = {}
    errors: Mapping[str, str] = {}
    key: str = ""
    powers: tuple[str, ...] = ()
    options: Mapping[str, tuple[Option, ...]] = {}
    lawyer: Lawyer | None = None
    mandate: MandateView | None = None
    number: str = ""


class MandatesPage(Struct, frozen=True):
    """The lawyer's mandates, those in force first."""

    lawyer: Lawyer
    mandates: tuple[MandateView, ...]


class ViewsPage(Struct, frozen=True):
    """Who opened the case."""

    number: str
    back: str
    views: tuple[View, ...]


class DeskPage(Struct, frozen=True):
    """The staff's list of inscriptions: those that wait, and the last decided."""

    waiting: tuple[Lawyer, ...]
    verified: tuple[Lawyer, ...]
    refused: tuple[Lawyer, ...]
    wrong: str = ""
    form: Mapping[str, str] = {}
    errors: Mapping[str, str] = {}


def today_in(tx: Tx) -> date:
    """The city's date."""
    return tx.now.astimezone(ZoneInfo(tx.tenant.timezone)).date()


async def verified_lawyer(tx: Tx, actor: Actor) -> Lawyer:
    """The signed-in lawyer.

    Raises:
        Forbidden: not registered, or not (or no longer) verified.
    """
    lawyer = await lawyer_of(tx, actor)
    if lawyer is None:
        raise Forbidden("Para isso, faça antes o seu cadastro na página Advocacia.")
    if not lawyer.verified:
        raise Forbidden(_NOT_VERIFIED, code="lawyer-not-verified")
    return lawyer


async def home_page(tx: Tx, actor: Actor, client: str) -> HomePage:
    """Clients and their cases; `client` shows one client's only."""
    lawyer = await lawyer_of(tx, actor)
    if lawyer is None or not lawyer.verified:
        return HomePage(lawyer=lawyer)
    mandates = await mandates_of_lawyer(tx, lawyer.id)
    names = {one.client_key: one.client for one in mandates if one.runs(tx.now)}
    client = client if client in names else ""
    rows = await cases_of_lawyer(tx, lawyer.id, client_key=client)
    return HomePage(
        lawyer=lawyer,
        clients=tuple(
            ClientLine(key, name, key == client)
            for key, name in sorted(names.items(), key=lambda item: item[1].casefold())
        ),
        lines=tuple(_line(row, tx) for row in rows),
        client=names.get(client, ""),
    )


async def mandates_page(tx: Tx, actor: Actor) -> MandatesPage:
    """All mandates of the lawyer."""
    lawyer = await verified_lawyer(tx, actor)
    return MandatesPage(lawyer, mandate_views(tx, await mandates_of_lawyer(tx, lawyer.id)))


def mandate_views(tx: Tx, mandates: Iterable[Mandate]) -> tuple[MandateView, ...]:
    """Mandates in words."""
    return tuple(_view(one, tx) for one in mandates)


async def case_panel(tx: Tx, *, actor: Actor, side: str, case: CaseDetail) -> Panel | None:
    """Who represents whom, on the page of a case."""
    mandates = await mandates_in_case(tx, case)
    more = [party for party in await parties_of(tx, case) if party.entry is not None]
    rows = [(_role_of(party), party.name) for party in more]
    rows += [(f"Representa {one.client}", f"{one.lawyer_name}, {one.oab}") for one in mandates]
    number = path_of(case.number)
    if side == "staff":
        actions = [Action("Partes e representantes", f"/equipe/processos/{number}/partes")]
    elif side == "supplier" and actor.kind == "supplier":
        actions = [Action("Dar ou encerrar procuração", "/fornecedor/representantes")]
    elif actor.cpf == case.person_cpf:
        actions = [Action("Dar ou encerrar procuração", "/minha-conta/representantes")]
    else:
        actions = []
    actions.append(Action("Quem viu este processo", f"/processos/{number}/acessos"))
    text = "" if rows else "Ninguém além das partes atua neste processo."
    if side == "consumer" and not may_see(actor, case):
        standing = await standing_in(tx, actor=actor, case=case)
        if standing is not None and standing.client:
            text = f"Você está atuando por {standing.client} ({standing.quality})."
    return Panel("Quem atua no processo", text, tuple(rows), tuple(actions))


async def views_page(tx: Tx, actor: Actor, number: str) -> ViewsPage:
    """ "Quem viu meu processo".

    Raises:
        NotFound, Forbidden: see `access.get_case`.
    """
    case = await get_case(tx, actor=actor, number=number, either=True)
    standing = await standing_in(tx, actor=actor, case=case)
    await note_view(tx, actor=actor, case=case)
    side = standing.side if standing else "consumer"
    lawyer = standing is not None and standing.role in {"lawyer", "trainee"}
    base = {"staff": "/equipe/processos", "supplier": "/fornecedor/processos"}
    back = BASE if lawyer else base.get(side, "/processos")
    views = tuple(_in_words(one) for one in await views_of(tx, case.id))
    return ViewsPage(case.number, f"{back}/{path_of(case.number)}", views)


async def desk_page(
    tx: Tx,
    *,
    wrong: str = "",
    form: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> DeskPage:
    """Inscriptions for the staff; `wrong` is the id whose form has errors."""
    return DeskPage(
        waiting=tuple(await lawyers(tx, status="pending")),
        verified=tuple(await lawyers(tx, status="verified", limit=50)),
        refused=tuple(await lawyers(tx, status="refused", limit=20)),
        wrong=wrong,
        form=form or {},
        errors=errors or {},
    )


def _line(row: ClientCase, tx: Tx) -> CaseLine:
    consumer = row.side == "consumer"
    return CaseLine(
        number=row.number,
        title=f"Contra {row.supplier}" if consumer else f"Reclamação de {row.person}",
        subject=subject_title(row.subject),
        client=row.client,
        side="Consumidor" if consumer else "Empresa",
        label=status_label(row.status, row.outcome),
        badge=badge_of(row.due_at, row.status, now=tx.now, tz=tx.tenant.timezone),
    )


def _view(one: Mandate, tx: Tx) -> MandateView:
    zone, running = ZoneInfo(tx.tenant.timezone), one.runs(tx.now)
    ending = running and bool(one.end_kind)
    state = "No fim" if ending else "Em vigor" if running else "Terminou"
    if one.ended_at is not None:
        verb = "Termina" if ending else "Terminou"
        validity = f"{verb} em {date_and_hour(one.ended_at, zone)}"
    elif one.expires_at is not None:
        verb = "Vale até" if running else "Valeu até"
        validity = f"{verb} {date_and_hour(one.expires_at, zone)}"
    else:
        validity = "Sem data para terminar"
    return MandateView(
        id=one.id,
        lawyer=one.lawyer_name,
        oab=one.oab,
        client=one.client,
        scope=f"Processo {one.case_number}" if one.case_number else "Todos os processos",
        number=one.case_number,
        powers="; ".join(POWERS[power].lower() for power in one.powers),
        validity=validity,
        state=state,
        tone="waiting" if ending else "success" if running else "neutral",
        origin=_origin(one),
        given=one.starts_at,
        running=running,
        can_pass_on=running and not ending and "delegate" in one.powers,
        sha256=one.sha256,
        document=f"/arquivos/{one.document_id}/baixar" if one.document_id else "",
    )


def _origin(one: Mandate) -> str:
    if one.origin == "online":
        return "Dada pelo cliente, por aqui"
    if one.origin == "document":
        return "Documento juntado pelo advogado"
    return f"Substabelecida por {one.parent_lawyer}, {'com' if one.with_reserve else 'sem'} reserva"


def _role_of(party: Party) -> str:
    return PARTY_ROLES.get(party.role, "Parte")


def _in_words(view: View) -> View:
    """Who it was, as everybody understands it."""
    names = {"staff": "Equipe do Procon", "consumer": "Consumidor", "supplier": "Empresa"}
    role = f"{names[view.side]}: {view.role}" if view.role else names[view.side]
    return structs.replace(view, name=view.name or names[view.side], role=role)


def path_of(number: str) -> str:
    """A case number as part of an address."""
    return quote(number, safe="")
