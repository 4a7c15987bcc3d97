"""The pages of a request for more time, and its box on the case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from msgspec import Struct

from procon.answers.more_time.commands import longer_deadline
from procon.answers.more_time.queries import (
    Request,
    Waiting,
    last_request,
    most_days,
    request_for,
    waiting_requests,
)
from procon.auth.actor import Actor
from procon.auth.permissions import allowed
from procon.cases.queries import CaseDetail
from procon.deadlines.compute import Deadline
from procon.deadlines.rules import UNIT_NAMES
from procon.ext.slots import Action, Panel
from procon.portal.render import date_and_hour, plural
from procon.tenancy.scope import Tx

_STATES: Mapping[str, str] = MappingProxyType(
    {"pending": "O Procon ainda vai decidir", "granted": "Concedido", "refused": "Não concedido"}
)


class AskPage(Struct, frozen=True):
    """The company's form. `most` is 0 when this deadline cannot be longer."""

    number: str
    due_at: datetime | None
    most: int
    unit: str
    asked: Request | None
    state: str
    form: Mapping[str, str] = {}
    errors: Mapping[str, str] = {}


class DecidePage(Struct, frozen=True):
    """The staff's form. `would_be`: the end if every day that was asked for is granted."""

    number: str
    supplier: str
    consumer: str
    due_at: datetime | None
    unit: str
    asked: Request | None
    state: str
    would_be: datetime | None
    form: Mapping[str, str] = {}
    errors: Mapping[str, str] = {}


class WaitingPage(Struct, frozen=True):
    """Every request that waits for the staff."""

    waiting: tuple[Waiting, ...]


async def ask_page(
    tx: Tx,
    case: CaseDetail,
    *,
    form: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> AskPage:
    """The form, or what was asked already."""
    deadline, asked = await _asked(tx, case)
    most = most_days(deadline, case.status)
    over = deadline is not None and tx.now > deadline.due_at
    return AskPage(
        number=case.number,
        due_at=case.due_at,
        most=0 if over else most,
        unit=UNIT_NAMES[deadline.unit] if deadline else "",
        asked=asked,
        state=_STATES[asked.state] if asked else "",
        form=form or {},
        errors=errors or {},
    )


async def decide_page(
    tx: Tx,
    case: CaseDetail,
    *,
    form: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> DecidePage:
    """What was asked, and the two answers."""
    deadline, asked = await _asked(tx, case)
    would_be: datetime | None = None
    if deadline and asked and asked.state == "pending" and most_days(deadline, case.status):
        would_be = (await longer_deadline(tx, deadline, asked.days)).due_at
    return DecidePage(
        number=case.number,
        supplier=case.supplier_name,
        consumer=case.person_name,
        due_at=case.due_at,
        unit=UNIT_NAMES[deadline.unit] if deadline else "",
        asked=asked,
        state=_STATES[asked.state] if asked else "",
        would_be=would_be,
        form=form or {},
        errors=errors or {},
    )


async def waiting_page(tx: Tx) -> WaitingPage:
    """The list."""
    return WaitingPage(tuple(await waiting_requests(tx)))


async def case_panel(tx: Tx, *, actor: Actor, side: str, case: CaseDetail) -> Panel | None:
    """The box on a case's page: for the company how to ask, for the staff what to decide."""
    if side not in {"supplier", "staff"}:
        return None
    deadline, asked = await _asked(tx, case)
    base = "/fornecedor/processos" if side == "supplier" else "/equipe/processos"
    href = f"{base}/{case.number}/mais-prazo"
    if asked is None or (asked.state != "pending" and deadline is None):
        may = side == "supplier" and deadline is not None and tx.now <= deadline.due_at
        if not may or most_days(deadline, case.status) == 0:
            return None
        return Panel(
            "Precisa de mais tempo?",
            "A empresa pode pedir mais prazo uma vez, antes do fim, explicando por quê.",
            actions=(Action("Pedir mais prazo", href),),
        )
    rows = [
        ("Pedido", f"mais {plural(asked.days, 'dia', 'dias')}"),
        ("Pedido em", date_and_hour(asked.asked_at, ZoneInfo(tx.tenant.timezone))),
        ("Situação", _STATES[asked.state]),
    ]
    if asked.answer:
        rows.append(("Resposta do Procon", asked.answer))
    decides = side == "staff" and asked.state == "pending" and allowed(actor, "staff:process")
    return Panel(
        "Pedido de mais prazo",
        rows=tuple(rows),
        actions=(Action("Decidir o pedido", href, primary=True),) if decides else (),
        tone="waiting" if asked.state == "pending" else "neutral",
    )


async def _asked(tx: Tx, case: CaseDetail) -> tuple[Deadline | None, Request | None]:
    """The company's deadline that runs, and what was asked about it (or last of all)."""
    deadline = case.deadline
    if deadline is not None and most_days(deadline, case.status) == 0:
        known = await request_for(tx, case.id, deadline)
        return (deadline, known) if known else (None, await last_request(tx, case.id))
    if deadline is None:
        return None, await last_request(tx, case.id)
    return deadline, await request_for(tx, case.id, deadline)
