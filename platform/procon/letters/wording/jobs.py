"""Printing worded documents: those that acts bring, and those that were asked for."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from uuid import UUID, uuid5

import msgspec

from procon.auth.actor import Actor
from procon.cases.queries import CaseDetail, detail_by_id
from procon.ext.events import ActRecorded, CaseMoved
from procon.jobs.outbox import Handler, Work
from procon.letters.commands import ORDER_TOPIC, Order, issue_letter
from procon.letters.fields import Deed, Facts
from procon.letters.typeset.press import Press, letterhead
from procon.letters.wording.compose import compose
from procon.letters.wording.deeds import more_of, moved, outcome_title, recorded
from procon.letters.wording.documents import DOCUMENTS
from procon.letters.wording.queries import wording_in_force
from procon.tenancy.scope import Tx, tenant_scope

MOVED_TOPIC, RECORDED_TOPIC = "case_moved/letter", "act_recorded/letter"
# The CIP is printed for its own event, the minutes are made and signed where they are agreed upon.
_ELSEWHERE = frozenset({"", "CIP", "TAU"})
# What a party files is answered by a receipt; an answer to the CIP has a receipt of its own.
_RECEIPT, _NO_RECEIPT = "REP", frozenset({"", "RCIP"})
_PARTIES = frozenset({"citizen", "supplier"})
_OF_TOPIC: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(("mandate_filed", "mandate_granted", "mandate_substituted"), "PROC")
)


def handlers(press: Press) -> dict[str, Handler]:
    """Topic → handler, for the worker."""

    async def move(work: Work) -> None:
        await _print_move(work, press)

    async def record(work: Work) -> None:
        await _print_recorded(work, press)

    async def order(work: Work) -> None:
        await _print_order(work, press)

    return {MOVED_TOPIC: move, RECORDED_TOPIC: record, ORDER_TOPIC: order}


async def _print_move(work: Work, press: Press) -> None:
    """The letter that the act sends, and the receipt for what a party filed with it."""
    event = work.event()
    if not isinstance(event, CaseMoved):
        return
    async with tenant_scope(work.db, work.tenant) as tx:
        case = await _case(tx, event.case_id)
        author, deed = await moved(tx, case, event)
        codes = [event.letter] if event.letter not in _ELSEWHERE else []
        if event.filing not in _NO_RECEIPT and author.kind in _PARTIES:
            codes.append(_RECEIPT)
        for code in codes:
            await _issue(
                tx,
                press,
                case,
                code=code,
                deed=deed,
                more=await more_of(tx, case, event, code),
                actor=author,
                letter_id=uuid5(case.id, f"{work.effect_key}/{code}"),
            )


async def _print_recorded(work: Work, press: Press) -> None:
    event = work.event()
    if not isinstance(event, ActRecorded) or event.topic not in _OF_TOPIC:
        return
    async with tenant_scope(work.db, work.tenant) as tx:
        case = await _case(tx, event.case_id)
        author, deed = await recorded(tx, case, event)
        await _issue(
            tx,
            press,
            case,
            code=_OF_TOPIC[event.topic],
            deed=deed,
            more={},
            actor=author,
            letter_id=uuid5(case.id, work.effect_key),
        )


async def _print_order(work: Work, press: Press) -> None:
    order = msgspec.json.decode(work.payload, type=Order)
    async with tenant_scope(work.db, work.tenant) as tx:
        case = await _case(tx, order.case_id)
        name = order.actor_name if order.actor_kind != "system" else ""
        deed = Deed(
            at=order.at,
            name=DOCUMENTS[order.code].title,
            text=order.more.get("ato.texto", ""),
            author=name,
            signer=name if order.actor_kind == "staff" else "",
            result=outcome_title(case, case.outcome),
            due_at=order.due_at,
            explanation=order.explanation,
        )
        actor = Actor(kind=order.actor_kind, name=order.actor_name, account_id=order.actor_account)
        await _issue(
            tx,
            press,
            case,
            code=order.code,
            deed=deed,
            more=order.more,
            actor=actor,
            letter_id=order.letter_id,
        )


async def _issue(
    tx: Tx,
    press: Press,
    case: CaseDetail,
    *,
    code: str,
    deed: Deed,
    more: Mapping[str, str],
    actor: Actor,
    letter_id: UUID,
) -> None:
    facts = Facts(
        tenant=tx.tenant,
        case=case,
        deed=deed,
        url=lambda path: press.address_of(tx.tenant.host, path),
        more=more,
    )
    await issue_letter(
        tx,
        actor=actor,
        kind=code,
        case_id=case.id,
        data=compose(await wording_in_force(tx, code), facts),
        brand=letterhead(press, tx.tenant),
        store=press.store,
        letter_id=letter_id,
        issued_at=deed.at,
    )


async def _case(tx: Tx, case_id: UUID) -> CaseDetail:
    case = await detail_by_id(tx, case_id)
    if case is None:
        raise LookupError("a letter without its case")
    return case
