"""What everybody sees while the hearing is held."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from procon.auth.accounts.queries import staff_list
from procon.auth.actor import Actor
from procon.cases.access import note_view
from procon.hearings.commands import hours_to_choose
from procon.hearings.live.commands import (
    minutes_digest,
    party_email,
)
from procon.hearings.live.forms import DOCUMENTS, READY, ROLES, TypedArrival, TypedClosing
from procon.hearings.live.parts import ClauseView, Live, clause_views, live_part
from procon.hearings.minutes.text import RESULTS
from procon.hearings.pages import HearingView, home_of, root_of, spoken, view_of
from procon.hearings.queries import (
    HearingRow,
    clauses_of,
    get_hearing,
    verdicts_of,
)
from procon.kernel.errors import NotFound
from procon.portal.shell import Option
from procon.tenancy.scope import Tx

# The video room's door opens half an hour before, and stays open as long after the planned end.
DOOR = timedelta(minutes=30)
_AFTER = timedelta(hours=2)


class LivePage(Struct, frozen=True):
    """A party's page of the hearing."""

    live: Live
    hearing: HearingView
    number: str
    person: str
    supplier: str
    root: str
    door: bool
    errors: Mapping[str, str] = {}


class ConductPage(Struct, frozen=True):
    """The conciliator's page."""

    live: Live
    hearing: HearingView
    number: str
    person: str
    supplier: str
    root: str
    door: bool
    roles: tuple[Option, ...]
    documents: tuple[Option, ...]
    sides: tuple[Option, ...]
    ready: tuple[Option, ...]
    results: tuple[Option, ...]
    hours: tuple[Option, ...]
    staff: tuple[Option, ...]
    arrival: TypedArrival
    closing: TypedClosing
    clause: str = ""
    chosen: str = ""
    problem: str = ""
    errors: Mapping[str, str] = {}


class ClausePage(Struct, frozen=True):
    """One clause to change, or to object to."""

    id: str
    clause: ClauseView
    text: str
    errors: Mapping[str, str] = {}


class SignPage(Struct, frozen=True):
    """The last look before accepting the whole minutes. `email` is shown in part."""

    id: str
    number: str
    clauses: tuple[ClauseView, ...]
    digest: str
    email: str
    sent: bool
    code: str = ""
    problem: str = ""
    errors: Mapping[str, str] = {}


class Retry(Struct, frozen=True, forbid_unknown_fields=True):
    """What the conciliator typed and was refused."""

    arrival: TypedArrival | None = None
    closing: TypedClosing = TypedClosing()
    clause: str = ""
    chosen: str = ""
    problem: str = ""
    errors: Mapping[str, str] = {}


async def live_page(tx: Tx, *, actor: Actor, hearing_id: UUID) -> LivePage:
    """A party's page.

    Raises:
        NotFound, Forbidden: see `queries.get_hearing`.
    """
    hearing, case, side = await get_hearing(tx, actor=actor, hearing_id=hearing_id)
    await note_view(tx, actor=actor, case=case, side=side)
    return LivePage(
        live=await live_part(tx, actor=actor, hearing=hearing, side=side),
        hearing=await view_of(tx, hearing),
        number=case.number,
        person=case.person_name,
        supplier=case.supplier_name,
        root=await home_of(tx, actor, case),
        door=door_open(tx, hearing),
    )


async def conduct_page(
    tx: Tx, *, actor: Actor, hearing_id: UUID, retry: Retry | None = None
) -> ConductPage:
    """The conciliator's page.

    Raises:
        NotFound, Forbidden: see `queries.get_hearing`.
    """
    hearing, case, side = await get_hearing(tx, actor=actor, hearing_id=hearing_id)
    await note_view(tx, actor=actor, case=case, side=side)
    retry, zone = retry or Retry(), ZoneInfo(tx.tenant.timezone)
    live = await live_part(tx, actor=actor, hearing=hearing, side=side)
    hours = await hours_to_choose(tx) if live.open and live.conducts else []
    title, text = READY.get(retry.chosen, ("", ""))
    return ConductPage(
        live=live,
        hearing=await view_of(tx, hearing),
        number=case.number,
        person=case.person_name,
        supplier=case.supplier_name,
        root=root_of(actor, case),
        door=door_open(tx, hearing),
        roles=tuple(Option(key, name) for key, name in ROLES.items()),
        documents=(Option("", "Nenhum"), *(Option(one, one) for one in DOCUMENTS)),
        sides=(
            Option("consumer", f"Consumidor: {case.person_name}"),
            Option("supplier", f"Empresa: {case.supplier_name}"),
        ),
        ready=tuple(Option(key, one[0]) for key, one in READY.items()),
        results=tuple(Option(key, name) for key, name in RESULTS.items()),
        hours=(
            Option("", "Não se aplica"),
            *(
                Option(str(one.id), f"{spoken(one.starts_at, zone)}, {one.room_name}")
                for one in hours
            ),
        ),
        staff=tuple(Option(str(one.id), one.name) for one in await staff_list(tx))
        if live.conducts and not live.over
        else (),
        arrival=retry.arrival or _expected(live, case.person_name),
        closing=retry.closing,
        clause=retry.clause or (text if title else ""),
        chosen=retry.chosen,
        problem=retry.problem,
        errors=retry.errors,
    )


async def clause_page(
    tx: Tx,
    *,
    actor: Actor,
    hearing_id: UUID,
    clause_id: UUID,
    text: str | None = None,
    errors: Mapping[str, str] | None = None,
) -> ClausePage:
    """One clause on a page of its own: the staff change it, a party objects to it.

    Args:
        text: what was typed and refused; None shows the clause (staff) or nothing (party).

    Raises:
        NotFound: no such clause stands.
        Forbidden: see `queries.get_hearing`.
    """
    hearing, _, side = await get_hearing(tx, actor=actor, hearing_id=hearing_id)
    clauses, verdicts = await clauses_of(tx, hearing.id), await verdicts_of(tx, hearing.id)
    views = clause_views(clauses, verdicts, side)
    found = next((one for one in views if one.id == str(clause_id)), None)
    if found is None:
        raise NotFound("Esta cláusula não está mais no termo.")
    empty = found.text if side == "staff" else ""
    return ClausePage(str(hearing.id), found, empty if text is None else text, errors or {})


async def sign_page(
    tx: Tx,
    *,
    actor: Actor,
    hearing_id: UUID,
    sent: bool = False,
    code: str = "",
    problem: str = "",
    errors: Mapping[str, str] | None = None,
) -> SignPage:
    """The whole minutes, to accept with a code.

    Raises:
        NotFound, Forbidden: see `queries.get_hearing`.
    """
    hearing, case, side = await get_hearing(tx, actor=actor, hearing_id=hearing_id)
    clauses, verdicts = await clauses_of(tx, hearing.id), await verdicts_of(tx, hearing.id)
    return SignPage(
        id=str(hearing.id),
        number=case.number,
        clauses=clause_views(clauses, verdicts, side),
        digest=minutes_digest(hearing.id, clauses),
        email=masked(party_email(side, actor, case)),
        sent=sent,
        code=code,
        problem=problem,
        errors=errors or {},
    )


def _expected(live: Live, person: str) -> TypedArrival:
    """The presence form for whoever is most likely to come next."""
    here = {one.side for one in live.here}
    if "consumer" not in here:
        return TypedArrival(parte="consumer", nome=person)
    return TypedArrival(parte="" if "supplier" in here else "supplier", papel="preposto")


def door_open(tx: Tx, hearing: HearingRow) -> bool:
    """Whether the video room can be entered now."""
    return (
        hearing.status == "set"
        and hearing.room_kind != "presencial"
        and hearing.starts_at - DOOR <= tx.now <= hearing.ends_at + _AFTER
    )


def masked(email: str) -> str:
    """An address as far as its owner needs it: a•••@example.com."""
    name, sign, host = email.partition("@")
    return f"{name[:1]}•••@{host}" if sign else ""
