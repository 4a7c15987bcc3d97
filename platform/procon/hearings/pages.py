"""What staff and parties see of a hearing before and after it is held."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from msgspec import Struct

from procon.auth.actor import Actor
from procon.auth.permissions import allowed
from procon.cases.access import get_case, note_view, side_of, standing_in
from procon.cases.moves import workflow_of
from procon.cases.queries import CaseDetail
from procon.ext.slots import Action, Panel
from procon.ext.workflow import Side
from procon.hearings.commands import (
    AWAITED,
    check_party_may_move,
    hours_to_choose,
    may_choose,
    minimum_notice,
    place_of,
)
from procon.hearings.minutes.text import RESULTS
from procon.hearings.queries import (
    HearingRow,
    MoveRow,
    SlotRow,
    hearings_of_case,
    is_offered,
    moves_of,
)
from procon.kernel.errors import Conflict, Forbidden, NotFound
from procon.letters.queries import letter_by_id
from procon.portal.render import date_and_hour
from procon.portal.shell import Option, Tone
from procon.tenancy.scope import Tx

WEEKDAYS = (
    *("segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira"),
    *("sábado", "domingo"),
)
OFFERED_AT_FIRST = 9
STATUS: Mapping[str, tuple[str, Tone]] = MappingProxyType(
    {
        "set": ("Marcada", "info"),
        "held": ("Realizada", "success"),
        "moved": ("Remarcada", "waiting"),
        "cancelled": ("Cancelada", "neutral"),
    }
)
_WHO: Mapping[str, str] = MappingProxyType(
    {"staff": "o Procon", "consumer": "o consumidor", "supplier": "a empresa"}
)


class HearingView(Struct, frozen=True):
    """A hearing as the case's pages show it. `minutes`: address of the signed minutes, or ""."""

    id: str
    when: str
    place: str
    address: str
    kind: str
    point: str
    tolerance: int
    duration: int
    conciliator: str
    status: str
    tone: Tone
    is_set: bool
    result: str
    remark: str
    minutes: str
    moves: tuple[str, ...]


class CaseHearingPage(Struct, frozen=True):
    """The staff's page of one case's meeting. `first_day`: the first one that keeps the notice."""

    case: CaseDetail
    hearing: HearingView | None
    past: tuple[HearingView, ...]
    can_set: bool
    offered: bool
    hours: tuple[Option, ...]
    first_day: str
    notice: str
    slot: str = ""
    reason: str = ""
    problem: str = ""
    errors: Mapping[str, str] = {}


class PartyHearingPage(Struct, frozen=True):
    """A party's page of its meeting. `root`: path of this page's case; `home`: the case itself."""

    case: CaseDetail
    side: str
    root: str
    home: str
    hearing: HearingView | None
    past: tuple[HearingView, ...]
    hours: tuple[Option, ...]
    can_choose: bool
    can_move: bool
    why_not: str
    move_until: str
    more: int
    slot: str = ""
    reason: str = ""
    problem: str = ""
    errors: Mapping[str, str] = {}


class Retry(Struct, frozen=True, forbid_unknown_fields=True):
    """What was typed and refused, to show it again."""

    slot: str = ""
    reason: str = ""
    problem: str = ""
    errors: Mapping[str, str] = {}


async def case_hearing_page(
    tx: Tx, *, actor: Actor, number: str, retry: Retry | None = None
) -> CaseHearingPage:
    """The staff's page of one case's meeting.

    Raises:
        NotFound, Forbidden: see `access.get_case`.
    """
    case, retry = await get_case(tx, actor=actor, number=number), retry or Retry()
    current, past = await _hearings(tx, case)
    notice = await minimum_notice(tx)
    lost = case.status == AWAITED
    open_to_set = current is None and (lost or _allows(tx, case, "set_hearing"))
    zone = ZoneInfo(tx.tenant.timezone)
    hours = await hours_to_choose(tx) if open_to_set or current else []
    return CaseHearingPage(
        case=case,
        hearing=current,
        past=past,
        can_set=open_to_set,
        offered=await is_offered(tx, case.id),
        hours=tuple(_in_one_line(_hour(one, zone)) for one in hours),
        first_day=f"{notice.due_day:%d/%m/%Y}",
        notice=notice.explanation,
        slot=retry.slot,
        reason=retry.reason,
        problem=retry.problem,
        errors=retry.errors,
    )


async def party_hearing_page(
    tx: Tx, *, actor: Actor, number: str, retry: Retry | None = None, more: bool = False
) -> PartyHearingPage:
    """A party's page: when, where, what to bring, and what it may do by itself.

    Args:
        more: every hour that may be chosen, not only the first ones.

    Raises:
        NotFound, Forbidden: see `access.get_case`.
    """
    case, side = await party_case(tx, actor=actor, number=number)
    await note_view(tx, actor=actor, case=case, side=side)
    retry = retry or Retry()
    current, past = await _hearings(tx, case)
    can_choose = (
        current is None
        and _allows(tx, case, "set_hearing")
        and await may_choose(tx, side=side, case_id=case.id)
    )
    can_move, why_not, until = await _moving(tx, case, side) if current else (False, "", "")
    zone = ZoneInfo(tx.tenant.timezone)
    hours = await hours_to_choose(tx) if can_choose or can_move else []
    return PartyHearingPage(
        case=case,
        side=side,
        root=root_of(actor, case),
        home=await home_of(tx, actor, case),
        hearing=current,
        past=past,
        hours=tuple(_hour(one, zone) for one in hours[: len(hours) if more else OFFERED_AT_FIRST]),
        can_choose=can_choose,
        can_move=can_move,
        why_not=why_not,
        move_until=until,
        more=0 if more else max(0, len(hours) - OFFERED_AT_FIRST),
        slot=retry.slot,
        reason=retry.reason,
        problem=retry.problem,
        errors=retry.errors,
    )


async def party_case(tx: Tx, *, actor: Actor, number: str) -> tuple[CaseDetail, Side]:
    """The case and the party's side in it, whichever the side is.

    Raises:
        NotFound: no such case in this city.
        Forbidden: it is another person's.
    """
    case = await get_case(tx, actor=actor, number=number, either=True)
    side = await side_of(tx, actor=actor, case=case)
    if side not in ("consumer", "supplier"):
        raise Forbidden("Esta página é das partes do processo.")
    return case, side


async def case_panel(tx: Tx, *, actor: Actor, side: str, case: CaseDetail) -> Panel | None:
    """The meeting on the case's page, for each side; None when there is nothing to tell."""
    if side == "staff" and not allowed(actor, "staff:hearings"):
        return None
    found = await hearings_of_case(tx, case.id)
    zone, root = ZoneInfo(tx.tenant.timezone), root_of(actor, case)
    if found and found[0].status == "set":
        return _set_panel(found[0], side, root, zone)
    if found and found[0].status == "held":
        return await _held_panel(tx, found[0], root, zone)
    if _allows(tx, case, "set_hearing") or case.status == AWAITED:
        return await _open_panel(tx, case, side, root)
    return None


def root_of(actor: Actor, case: CaseDetail) -> str:
    """Path of the case on the pages of this kind of person."""
    roots = {"staff": "/equipe", "supplier": "/fornecedor"}
    return f"{roots.get(actor.kind, '')}/processos/{case.number}"


async def home_of(tx: Tx, actor: Actor, case: CaseDetail) -> str:
    """Path of the case itself; lawyers have pages of their own for their clients' cases."""
    standing = await standing_in(tx, actor=actor, case=case)
    if standing is not None and standing.role in ("lawyer", "trainee"):
        return f"/advogado/processos/{case.number}"
    return root_of(actor, case)


def spoken(at: datetime, zone: ZoneInfo) -> str:
    """An instant with its day of the week: segunda-feira, 07/12/2026 às 14h00."""
    return f"{WEEKDAYS[at.astimezone(zone).weekday()]}, {date_and_hour(at, zone)}"


async def view_of(tx: Tx, hearing: HearingRow) -> HearingView:
    """A hearing as pages show it."""
    zone = ZoneInfo(tx.tenant.timezone)
    letter = await letter_by_id(tx, hearing.letter_id) if hearing.letter_id else None
    status, tone = STATUS[hearing.status]
    return HearingView(
        id=str(hearing.id),
        when=spoken(hearing.starts_at, zone),
        place=place_of(hearing.room_name, hearing.room_kind, hearing.room_address),
        address="" if hearing.room_kind == "video" else hearing.room_address,
        kind=hearing.room_kind,
        point=hearing.service_point,
        tolerance=hearing.tolerance,
        duration=hearing.minutes,
        conciliator=hearing.conciliator_name,
        status=status,
        tone=tone,
        is_set=hearing.status == "set",
        result=RESULTS.get(hearing.result, ""),
        remark=hearing.remark,
        minutes=f"/documentos/{letter.code}" if letter else "",
        moves=tuple(_moved(one, zone) for one in await moves_of(tx, hearing.id)),
    )


async def _hearings(tx: Tx, case: CaseDetail) -> tuple[HearingView | None, tuple[HearingView, ...]]:
    views = [await view_of(tx, one) for one in await hearings_of_case(tx, case.id)]
    current = next((one for one in views if one.is_set), None)
    return current, tuple(one for one in views if not one.is_set)


async def _moving(tx: Tx, case: CaseDetail, side: str) -> tuple[bool, str, str]:
    """Whether a party may move its hearing, why not, and until which day."""
    hearing = next((h for h in await hearings_of_case(tx, case.id) if h.status == "set"), None)
    if hearing is None:
        raise NotFound("Este processo não tem audiência marcada.")
    try:
        last = await check_party_may_move(tx, hearing=hearing, side=side)
    except Conflict as refusal:
        return False, refusal.reason, ""
    return True, "", f"{last:%d/%m/%Y}"


def _allows(tx: Tx, case: CaseDetail, transition: str) -> bool:
    act = workflow_of(case.procedure).transition(transition)
    return tx.tenant.hearings and case.status in act.sources


def _set_panel(hearing: HearingRow, side: str, root: str, zone: ZoneInfo) -> Panel:
    rows = (
        ("Quando", spoken(hearing.starts_at, zone)),
        ("Onde", place_of(hearing.room_name, hearing.room_kind, hearing.room_address)),
    )
    if side == "staff":
        return Panel(
            "Audiência de conciliação",
            rows=(*rows, ("Conciliador", hearing.conciliator_name or "A definir")),
            actions=(
                Action("Abrir a audiência", f"/equipe/audiencias/{hearing.id}"),
                Action("Remarcar ou cancelar", f"{root}/audiencia"),
            ),
            tone="info",
        )
    return Panel(
        "Audiência de conciliação",
        "É a única vez em que é preciso comparecer.",
        rows=rows,
        actions=(Action("Ver o link, o que levar e como remarcar", f"{root}/audiencia"),),
        tone="info",
    )


async def _open_panel(tx: Tx, case: CaseDetail, side: str, root: str) -> Panel | None:
    """No hearing yet, but there may be one."""
    title, href = "Audiência de conciliação", f"{root}/audiencia"
    if side == "staff":
        offered = await is_offered(tx, case.id)
        text = "O consumidor pode escolher o horário." if offered else "Ainda não foi marcada."
        return Panel(title, text, actions=(Action("Marcar audiência", href),))
    if not await may_choose(tx, side=side, case_id=case.id):
        return None
    text = "Escolha o dia e a hora que são melhores para você."
    act = Action("Escolher o horário", href, primary=True)
    return Panel(title, text, actions=(act,), tone="waiting")


async def _held_panel(tx: Tx, hearing: HearingRow, root: str, zone: ZoneInfo) -> Panel:
    view = await view_of(tx, hearing)
    acts = [Action("Ler o termo assinado (PDF)", view.minutes)] if view.minutes else []
    acts.append(Action("Ver a audiência", f"{root}/audiencia"))
    rows = (("Quando", spoken(hearing.starts_at, zone)), ("Resultado", view.result))
    return Panel("Audiência de conciliação", rows=rows, actions=tuple(acts))


def _hour(slot: SlotRow, zone: ZoneInfo) -> Option:
    about = [place_of(slot.room_name, slot.room_kind, slot.room_address)]
    if slot.conciliator_name:
        about.append(f"com {slot.conciliator_name}")
    return Option(str(slot.id), spoken(slot.starts_at, zone), ", ".join(about))


def _in_one_line(hour: Option) -> Option:
    return Option(hour.value, f"{hour.label}, {hour.hint}")


def _moved(move: MoveRow, zone: ZoneInfo) -> str:
    said = f" Motivo: {move.reason}" if move.reason else ""
    return (
        f"Em {date_and_hour(move.moved_at, zone)}, {_WHO[move.side]} remarcou de"
        f" {date_and_hour(move.from_at, zone)} para {date_and_hour(move.to_at, zone)}.{said}"
    )
