"""Believable data: fixed seed, twelve months, every state that a case can reach so far.

Everything goes through the product's own commands, with the scope's time set back, so that logs,
numbers and deadlines are as real ones.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid5

from litestar.datastructures import UploadFile
from msgspec import Struct, structs

from procon.answers.commands import issue_cip_with_code, rate_answer, submit_answer
from procon.auth.actor import Actor
from procon.cases.commands import (
    Complaint,
    assign,
    expire_due,
    open_case,
    redirect_case,
    return_case,
    write_note,
)
from procon.demo.files import pdf, photo
from procon.demo.process import Persons, play_path
from procon.demo.texts import (
    COMPANIES,
    FIRST_NAMES,
    LAST_NAMES,
    STAFF_NAMES,
    TROUBLES,
    Trouble,
)
from procon.demo.town import set_up_town
from procon.desk.search.commands import index_case
from procon.embedded.idp import find
from procon.evidence.commands import Owner, attach, receive
from procon.evidence.storage import Store
from procon.kernel.documents import complete_cnpj, complete_cpf
from procon.kernel.text import search_key
from procon.parties.commands import register_person, register_supplier
from procon.tenancy.manifest import Tenant
from procon.tenancy.scope import Database, Tx, tenant_scope

CASES = 300
DAYS = 360
BATCH = 25
_NAMESPACE = UUID("6f0f8a2e-6a1c-4c35-9f2c-0a8f2d9d7a11")
# How far a case goes, and how often.
FATES = {
    "closed_solved": 34,
    "unrated": 12,
    "unanswered": 6,
    "answered": 6,
    "cip_issued": 6,
    "triage": 5,
    "returned": 3,
    "redirected": 4,
    "unsolved": 3,
    "complaint_open": 2,
    "notified": 2,
    "defended": 2,
    "in_default": 1,
    "for_decision": 2,
    "decided": 2,
    "appealed": 1,
    "final": 1,
    "registered": 2,
    "archived_met": 3,
    "archived": 2,
    "refused": 2,
    "withdrawn": 1,
    "to_court": 2,
}
_AUTHORITY = frozenset({"authority"})
_SENDER = Actor(kind="citizen", name="Pessoa Exemplo", roles=frozenset({"citizen"}))
_RECENT = frozenset({"triage", "returned", "cip_issued", "answered"})
# A process takes weeks: its case began further back, but not so far that all deadlines passed.
_RUNNING = frozenset({"unsolved", "complaint_open", "notified", "defended", "for_decision"})
_DECIDED = frozenset({"in_default", "decided", "appealed"})


class Cast(Struct, frozen=True):
    """Who plays in one city."""

    suppliers: dict[str, UUID]
    staff: tuple[Actor, ...]
    authority: Actor
    persona_cpf: str
    persona_name: str
    secret: str


async def load_city(db: Database, tenant: Tenant, secret: str, store: Store | None = None) -> int:
    """Fill one city, once; returns how many cases were made (0 when it had some).

    Args:
        secret: the installation's key, from which access codes are derived.
        store: where photos and papers go; without it the cases have none.
    """
    rng = random.Random(f"procon {tenant.slug}")  # noqa: S311 - data, not secrets
    async with tenant_scope(db, tenant) as tx:
        if await tx.fetchval("SELECT EXISTS (SELECT 1 FROM case_file)"):
            return 0
        await set_up_town(tx)
        cast = await _cast(tx, tenant, secret)
    moments = sorted(rng.random() ** 0.8 for _ in range(CASES))
    for start in range(0, CASES, BATCH):
        papers = await _papers(db, tenant, store, range(start, start + BATCH)) if store else {}
        async with tenant_scope(db, tenant) as tx:
            now = tx.now
            for n in range(start, start + BATCH):
                await _case(tx, rng, cast, n=n, moment=moments[n], now=now, papers=papers.get(n))
    async with tenant_scope(db, tenant) as tx:
        while await expire_due(tx):
            pass
        # These people were told long ago; only what happens from now on is mailed.
        await tx.execute("UPDATE outbox SET done_at = $1 WHERE done_at IS NULL", tx.now)
    return CASES


async def _cast(tx: Tx, tenant: Tenant, secret: str) -> Cast:
    suppliers: dict[str, UUID] = {}
    persona = find(None, "supplier")
    for n, (name, trade_name) in enumerate(COMPANIES):
        cnpj = complete_cnpj(f"{30_000_000 + n * 7919:08d}0001")
        if n == 0 and persona is not None and persona.cnpj:
            cnpj = persona.cnpj
        email = f"consumidor@{search_key(trade_name).replace(' ', '')}.example"
        suppliers[trade_name] = await register_supplier(
            tx, name=name, cnpj=cnpj, trade_name=trade_name, email=email
        )
    staff = tuple(
        Actor(
            kind="staff",
            name=name,
            account_id=uuid5(_NAMESPACE, f"{tenant.slug} {name}"),
            roles=frozenset({"analyst"}),
        )
        for name in STAFF_NAMES
    )
    consumer = find(None, "consumer")
    cpf = consumer.sub if consumer is not None else complete_cpf("123456789")
    name = consumer.name if consumer is not None else "Pessoa Exemplo"
    return Cast(suppliers, staff, structs.replace(staff[0], roles=_AUTHORITY), cpf, name, secret)


async def _case(
    tx: Tx,
    rng: random.Random,
    cast: Cast,
    *,
    n: int,
    moment: float,
    now: datetime,
    papers: Owner | None,
) -> None:
    fate = rng.choices(list(FATES), list(FATES.values()))[0]
    # Open states belong to the last days; ended ones lie further back.
    age = _age(rng, fate, moment)
    tx.now = opened = now - timedelta(days=age)
    trouble = rng.choice(TROUBLES)
    consumer = await _consumer(tx, rng, cast, n)
    supplier_id = cast.suppliers[rng.choice(trouble.companies)]
    case = await open_case(
        tx,
        actor=consumer,
        complaint=_complaint(rng, trouble, opened),
        person_id=await register_person(
            tx, cpf=consumer.cpf or "", name=consumer.name, email=consumer.email or ""
        ),
        supplier_id=supplier_id,
        channel="post" if rng.random() < 0.25 else "online",
        idempotency_key=f"demo-{n}",
    )
    if papers is not None:
        await attach(tx, actor=consumer, owner=papers, case_id=case.id)
    part = Part(consumer, case.id, fate, trouble, now)
    await _play(tx, rng, cast, part)
    await index_case(tx, case.id)


def _age(rng: random.Random, fate: str, moment: float) -> float:
    """How many days ago the case was opened."""
    if fate in _RECENT:
        return rng.uniform(0.2, 9)
    if fate in _RUNNING:
        return rng.uniform(14, 22)
    if fate in _DECIDED:
        return rng.uniform(38, 44)
    return 60 + (1 - moment) * (DAYS - 60)


class Part(Struct, frozen=True):
    """What is played: whose case, how far it goes, and the present."""

    consumer: Actor
    case_id: UUID
    fate: str
    trouble: Trouble
    now: datetime


async def _play(tx: Tx, rng: random.Random, cast: Cast, part: Part) -> None:
    consumer, case_id, fate, trouble, now = (
        part.consumer,
        part.case_id,
        part.fate,
        part.trouble,
        part.now,
    )
    analyst = rng.choice(cast.staff)
    _later(tx, rng, now, 0.1, 1.5)
    if fate == "triage":
        return
    await assign(
        tx, actor=analyst, case_id=case_id, to=analyst.account_id or case_id, to_name=analyst.name
    )
    if fate == "returned":
        reason = "Envie uma foto ou cópia da nota fiscal e do protocolo de atendimento da empresa."
        await return_case(tx, actor=analyst, case_id=case_id, reason=reason)
        return
    if fate == "redirected":
        await redirect_case(
            tx,
            actor=analyst,
            case_id=case_id,
            body="Juizado Especial Cível",
            reason="O pedido é de indenização, que só o juizado pode decidir.",
        )
        return
    if rng.random() < 0.3:
        note = "Empresa já respondeu bem a casos parecidos neste mês."
        await write_note(tx, actor=analyst, case_id=case_id, text=note)
    await issue_cip_with_code(tx, actor=analyst, case_id=case_id, secret=cast.secret)
    if fate in {"cip_issued", "unanswered"}:
        return
    _later(tx, rng, now, 0.5, 8)
    company = Actor(kind="supplier", name="Atendimento ao consumidor", case_id=case_id)
    await submit_answer(
        tx, actor=company, case_id=case_id, text=trouble.answer, idempotency_key=f"demo-{case_id}"
    )
    if fate in {"answered", "unrated"}:
        return
    _later(tx, rng, now, 0.3, 6)
    solved = fate == "closed_solved"
    await rate_answer(
        tx,
        actor=consumer,
        case_id=case_id,
        solved=solved,
        stars=rng.randint(4, 5) if solved else rng.randint(1, 3),
        why="Cumpriram o combinado." if solved else "Prometeram, mas não cumpriram.",
    )
    if not solved:
        persons = Persons(consumer, company, analyst, cast.authority)
        await play_path(tx, rng, persons, case_id=case_id, fate=fate, now=now)


async def _papers(db: Database, tenant: Tenant, store: Store, cases: range) -> dict[int, Owner]:
    """A photo and a PDF for every eighth case, waiting in a draft."""
    found = {}
    for n in cases:
        if n % 8:
            continue
        owner = Owner("draft", uuid5(_NAMESPACE, f"{tenant.slug} papers {n}"))
        proofs = {
            "nota-fiscal.jpg": photo(f"NOTA FISCAL Nº {4100 + n}", (640, 480)),
            "pedido.pdf": pdf("Pedido", (f"Número {88_000 + n}", "Entrega em dez dias")),
        }
        for name, body in proofs.items():
            upload = UploadFile(content_type="", filename=name, file_data=body)
            await receive(store, db, tenant, owner=owner, actor=_SENDER, upload=upload)
            await upload.close()
        found[n] = owner
    return found


async def _consumer(tx: Tx, rng: random.Random, cast: Cast, n: int) -> Actor:
    if n % 60 == 0:
        name, cpf, email = cast.persona_name, cast.persona_cpf, "consumidora@exemplo.example"
    else:
        name = f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)} {rng.choice(LAST_NAMES)}"
        cpf = complete_cpf(f"{rng.randrange(10**8, 10**9)}")
        email = f"pessoa{n}@exemplo.example"
    return Actor(kind="citizen", name=name, cpf=cpf, email=email, roles=frozenset({"citizen"}))


def _complaint(rng: random.Random, trouble: Trouble, opened: datetime) -> Complaint:
    return Complaint(
        subject=trouble.subject,
        problem=trouble.problem,
        narrative=trouble.narrative,
        happened_on=(opened - timedelta(days=rng.randint(3, 50))).date(),
        amount=Decimal(rng.randint(4_000, 450_000)) / 100 if rng.random() < 0.8 else None,
        tried="Liguei para a empresa e não resolveram." if rng.random() < 0.7 else "",
        sac_protocol=str(rng.randrange(10**9, 10**10)) if rng.random() < 0.5 else "",
        wish=trouble.wish,
    )


def _later(tx: Tx, rng: random.Random, now: datetime, least: float, most: float) -> None:
    """Move the scope's time ahead by some days, never past the present."""
    tx.now = min(tx.now + timedelta(days=rng.uniform(least, most)), now)
