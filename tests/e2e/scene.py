"""Cases of the people who sign in, one at each stage of the process."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import uuid4
from zoneinfo import ZoneInfo

from procon.agreements.commands import Instalment, record_agreement
from procon.agreements.proposals import offer
from procon.agreements.terms import Offer
from procon.answers.commands import issue_cip_with_code, rate_answer, submit_answer
from procon.auth.actor import Actor
from procon.auth.mandates.commands import Client
from procon.auth.mandates.model import ALL_POWERS, Oab
from procon.auth.mandates.queries import lawyer_of
from procon.auth.mandates.registry import Card, card_id, decide_lawyer, register_lawyer
from procon.cases.commands import Complaint, Opened, open_case
from procon.cases.moves import move
from procon.cases.queries import detail_by_id
from procon.demo.process import PATHS, Persons, Turn
from procon.desk.search.commands import index_case
from procon.embedded.idp import find
from procon.hearings.commands import book_hearing, hours_to_choose
from procon.hearings.setup.commands import Pattern, Room, make_slots, save_room
from procon.lawyers.commands import grant_online
from procon.parties.commands import register_person, register_supplier
from procon.process.commands import bring_about
from procon.tenancy.manifest import Tenant
from procon.tenancy.scope import Database, Tx, tenant_scope

ANALYST = Actor(
    kind="staff", name="Lúcia Prado", account_id=uuid4(), roles=frozenset({"analyst", "authority"})
)
TOLD = "A geladeira veio riscada e a loja não quer trocar."


@dataclass(frozen=True)
class Scene:
    """Numbers of cases between the persona `consumer` and the persona `supplier`'s company.

    `unsolved` was rated badly; `offered` has a proposal of the company on the table; `decided` has
    its first decision, and the persona `lawyer` acts in it for the consumer; `agreed` has an
    agreement whose first date has passed; `hearing` is the id of the hearing of `meeting`.
    """

    answered: str
    unsolved: str
    offered: str
    for_decision: str
    decided: str = ""
    agreed: str = ""
    meeting: str = ""
    hearing: str = ""


async def set_scene(db: Database, tenant: Tenant, secret: str, *, whole: bool) -> Scene:
    """Make the cases. Without `whole` nobody has booked an hour or registered as a lawyer yet."""
    async with tenant_scope(db, tenant) as tx:
        made = {
            "answered": await _case(tx, secret, rated=False),
            "unsolved": await _case(tx, secret),
            "offered": await _case(tx, secret, PATHS["complaint_open"]),
            "for_decision": await _case(tx, secret, PATHS["for_decision"]),
        }
        await _offer(tx, made["offered"])
        hearing = ""
        if whole:
            made["decided"] = await _case(tx, secret, PATHS["decided"])
            made["agreed"] = await _case(tx, secret, PATHS["complaint_open"])
            made["meeting"] = await _case(tx, secret, PATHS["complaint_open"])
            await _agree(tx, made["agreed"])
            await _represent(tx, made["decided"])
            hearing = await _book(tx, made["meeting"])
        for one in made.values():
            await index_case(tx, one.id)
    return Scene(**{stage: one.number for stage, one in made.items()}, hearing=hearing)


def persona(key: str) -> Actor:
    """Somebody of the sign-in page."""
    found = find(None, key)
    assert found is not None
    cnpj = frozenset({found.cnpj}) if found.cnpj else frozenset()
    return Actor(
        kind="supplier" if cnpj else "citizen",
        name=found.name,
        account_id=uuid4(),
        cpf=found.sub,
        email=found.email,
        cnpjs=cnpj,
        roles=frozenset({"supplier" if cnpj else "citizen"}),
        level="gold",
    )


async def _case(tx: Tx, secret: str, path: tuple[Turn, ...] = (), *, rated: bool = True) -> Opened:
    consumer, company, now = persona("consumer"), persona("supplier"), tx.now
    # An answer that nobody has rated must still be within its time.
    tx.now = now - timedelta(days=20 if rated else 6)
    person_id = await register_person(
        tx, cpf=consumer.cpf or "", name=consumer.name, email=consumer.email or ""
    )
    supplier_id = await register_supplier(
        tx,
        name="Lojas Sabiá Eletro S.A.",
        cnpj=next(iter(company.cnpjs)),
        email="sac@sabia.example",
    )
    case = await open_case(
        tx,
        actor=consumer,
        complaint=Complaint(
            subject="0403",
            problem="401",
            narrative=TOLD,
            wish="Trocar a geladeira.",
            amount=Decimal(2499),
        ),
        person_id=person_id,
        supplier_id=supplier_id,
        channel="online",
        idempotency_key=uuid4().hex,
    )
    await issue_cip_with_code(tx, actor=ANALYST, case_id=case.id, secret=secret)
    tx.now += timedelta(days=3)
    await submit_answer(
        tx,
        actor=company,
        case_id=case.id,
        text="O risco é do transporte.",
        idempotency_key=uuid4().hex,
    )
    if rated:
        tx.now += timedelta(days=1)
        await rate_answer(
            tx, actor=consumer, case_id=case.id, solved=False, stars=1, why="Não trocaram."
        )
        people = Persons(consumer, company, ANALYST, ANALYST)
        await _play(tx, people, case, path, now)
    tx.now = now
    return case


async def _play(
    tx: Tx, people: Persons, case: Opened, path: tuple[Turn, ...], now: datetime
) -> None:
    for turn in path:
        tx.now = min(tx.now + timedelta(days=1), now)
        detail = await detail_by_id(tx, case.id)
        assert detail is not None
        actor = {"consumer": people.consumer, "supplier": people.company}.get(turn.side, ANALYST)
        await bring_about(
            tx,
            actor=actor,
            side=turn.side,
            case=detail,
            transition=turn.transition,
            idempotency_key=uuid4().hex,
            text=turn.text,
            outcome=turn.outcome,
        )


async def _offer(tx: Tx, case: Opened) -> None:
    day = _today(tx)
    dates = tuple(Instalment(day + timedelta(days=n), Decimal(300), "Pix") for n in (25, 55, 85))
    await offer(
        tx,
        actor=persona("supplier"),
        side="supplier",
        case_id=case.id,
        offer=Offer(
            "pagamento", "Devolução por Pix.", Decimal(900), tx.now + timedelta(days=15), dates
        ),
        idempotency_key=uuid4().hex,
    )


async def _agree(tx: Tx, case: Opened) -> None:
    now = tx.now
    tx.now = now - timedelta(days=3)
    day = _today(tx)
    await record_agreement(
        tx,
        actor=ANALYST,
        case_id=case.id,
        source="proposal",
        text="Devolução por Pix em duas vezes.",
        instalments=[
            Instalment(day + timedelta(days=1), Decimal(450)),
            Instalment(day + timedelta(days=31), Decimal(450)),
        ],
        total=Decimal(900),
    )
    await move(tx, actor=ANALYST, side="staff", case_id=case.id, transition="settle")
    tx.now = now


async def _represent(tx: Tx, case: Opened) -> None:
    actor, detail = persona("lawyer"), await detail_by_id(tx, case.id)
    assert detail is not None
    await register_lawyer(
        tx,
        actor=actor,
        lawyer_id=card_id(),
        oab=Oab("SP", "123456", ""),
        kind="principal",
        supervisor=None,
        card=Card("x/y", "carteira.pdf", "application/pdf", "0" * 64),
    )
    lawyer = await lawyer_of(tx, actor)
    assert lawyer is not None
    await decide_lawyer(tx, actor=ANALYST, lawyer_id=lawyer.id, verified=True)
    await grant_online(
        tx,
        actor=persona("consumer"),
        lawyer_id=lawyer.id,
        client=Client(person_id=detail.person_id),
        case=detail,
        powers=ALL_POWERS,
        expires_at=None,
        idempotency_key=uuid4().hex,
    )


async def _book(tx: Tx, case: Opened) -> str:
    room = Room("Sala verde", "presencial", "Rua Um, 10", "", 1, active=True)
    room_id = await save_room(tx, actor=ANALYST, room=room)
    first = _today(tx) + timedelta(days=1)
    week = frozenset(range(5))
    await make_slots(
        tx,
        actor=ANALYST,
        pattern=Pattern(
            room_id, first, first + timedelta(days=60), week, time(9), time(11), 40, 15, None, ""
        ),
    )
    hour = (await hours_to_choose(tx))[0]
    booked = await book_hearing(tx, actor=ANALYST, side="staff", case_id=case.id, slot_id=hour.id)
    return str(booked)


def _today(tx: Tx) -> date:
    return tx.now.astimezone(ZoneInfo(tx.tenant.timezone)).date()
