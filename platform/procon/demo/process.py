"""The administrative process in the demonstration's data: how far a reclamação goes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from msgspec import Struct

from procon.auth.actor import Actor
from procon.cases.commands import expire_due
from procon.cases.queries import detail_by_id
from procon.ext.workflow import Side
from procon.process.commands import bring_about
from procon.tenancy.scope import Tx


class Turn(Struct, frozen=True):
    """One act: who brings it about, with which words, and how many days after the one before."""

    transition: str
    side: Side
    text: str = ""
    outcome: str = ""
    days: tuple[float, float] = (0.5, 3)


class Persons(Struct, frozen=True):
    """Who acts in one case."""

    consumer: Actor
    company: Actor
    analyst: Actor
    authority: Actor


_OPEN = Turn("open_complaint", "staff", "A resposta não resolve o pedido e há indício de infração.")
_NOTIFY = Turn("notify_supplier", "staff", "Explique o atraso e junte os comprovantes de entrega.")
_DEFEND = Turn(
    "file_defence",
    "supplier",
    "O pedido atrasou por falha da transportadora. Propomos a devolução do valor pago.",
    days=(1, 6),
)
_REPLY = Turn("add_statement", "consumer", "Aceito a devolução, mas com correção.", days=(0.5, 2))
_EXPIRE = Turn("", "system", days=(30, 34))
_OPINION = Turn(
    "send_to_decision",
    "staff",
    "A empresa não provou o que alegou. A oferta vincula quem a fez (CDC, arts. 30 e 35).",
)
_DECIDED = Turn(
    "decide",
    "staff",
    "A reclamação procede: houve descumprimento da oferta, sem solução até aqui.",
    "FUND_NAO_ATENDIDA",
)
_MET = Turn(
    "decide",
    "staff",
    "A reclamação procede, e a empresa devolveu o valor durante o processo.",
    "FUND_ATENDIDA",
)
_APPEAL = Turn("appeal", "supplier", "A multa contratual já compensou o consumidor.", days=(2, 7))
_COUNTER = Turn("counter_appeal", "consumer", "Nada foi pago até hoje.", days=(1, 3))
_JUDGED = Turn(
    "decide_appeal", "staff", "Recurso sem prova nova. Decisão mantida.", "FUND_NAO_ATENDIDA"
)
_REGISTER, _ARCHIVE = Turn("register", "staff"), Turn("archive", "staff", "Cumprido o rito.")
_TO_DECISION = (_OPEN, _NOTIFY, _DEFEND, _REPLY, _OPINION)

PATHS: Mapping[str, tuple[Turn, ...]] = {
    "unsolved": (),
    "complaint_open": (_OPEN,),
    "notified": (_OPEN, _NOTIFY),
    "defended": (_OPEN, _NOTIFY, _DEFEND),
    "in_default": (_OPEN, _NOTIFY, _EXPIRE),
    "for_decision": _TO_DECISION,
    "decided": (*_TO_DECISION, _DECIDED),
    "appealed": (*_TO_DECISION, _DECIDED, _APPEAL),
    "final": (*_TO_DECISION, _DECIDED, _APPEAL, _COUNTER, _JUDGED),
    "registered": (*_TO_DECISION, _DECIDED, _EXPIRE, _REGISTER),
    "archived_met": (*_TO_DECISION, _MET, _EXPIRE, _REGISTER, _ARCHIVE),
    "archived": (*_TO_DECISION, _DECIDED, _APPEAL, _COUNTER, _JUDGED, _REGISTER, _ARCHIVE),
    "refused": (
        Turn(
            "close_unfounded",
            "staff",
            "O contrato previa o prazo que a empresa cumpriu.",
            "NAO_FUNDAMENTADA",
        ),
    ),
    "withdrawn": (Turn("withdraw", "consumer", "Resolvi direto com a loja."),),
    "to_court": (
        Turn("refer_to_court", "staff", "O consumidor pede indenização, que só a Justiça decide."),
    ),
}


async def play_path(
    tx: Tx, rng: Random, persons: Persons, *, case_id: UUID, fate: str, now: datetime
) -> None:
    """Lead a case that was rated "não resolvido" along one of PATHS; `now` is the present."""
    for n, turn in enumerate(PATHS[fate]):
        tx.now = min(tx.now + timedelta(days=rng.uniform(*turn.days)), now)
        if turn.side == "system":
            await expire_due(tx)
            continue
        case = await detail_by_id(tx, case_id)
        if case is None:
            return
        await bring_about(
            tx,
            actor=_who(persons, turn),
            side=turn.side,
            case=case,
            transition=turn.transition,
            idempotency_key=f"demo-{case_id}-{n}",
            text=turn.text,
            outcome=turn.outcome,
        )


def _who(persons: Persons, turn: Turn) -> Actor:
    if turn.side == "consumer":
        return persons.consumer
    if turn.side == "supplier":
        return persons.company
    return persons.authority if turn.transition.startswith("decide") else persons.analyst
