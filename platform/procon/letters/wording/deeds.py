"""What a document says of the act that it is of: read from the case's log and its neighbours."""

from __future__ import annotations

from typing import get_args
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from procon.agreements.queries import agreement_of_case
from procon.agreements.schedule import shown
from procon.auth.actor import SYSTEM, Actor, Kind
from procon.cases.log import Act, entries
from procon.cases.moves import workflow_of
from procon.cases.queries import CaseDetail
from procon.ext.events import ActRecorded, CaseMoved
from procon.hearings.commands import place_of
from procon.hearings.queries import hearings_of_case
from procon.kernel.chain import canonical
from procon.kernel.money import format_brl
from procon.letters.fields import Deed
from procon.portal.render import date_and_hour, plural
from procon.process.queries import filings_of_case
from procon.tenancy.scope import Tx


async def moved(tx: Tx, case: CaseDetail, event: CaseMoved) -> tuple[Actor, Deed]:
    """Who brought an act of the procedure about, and the act.

    Raises:
        LookupError: the case's log does not have it.
    """
    act, text = await _act(tx, case.id, event), event.text
    if event.filing_sha256:
        # Of a filing the log holds only the hash; the text is kept with the filing.
        filings = await filings_of_case(tx, case.id)
        text = next((one.text for one in filings if one.sha256 == event.filing_sha256), text)
    author = _author(act)
    return author, Deed(
        at=act.at,
        name=event.act,
        text=text,
        norm=event.norm,
        author=act.actor_name if author.kind != "system" else "",
        signer=act.actor_name if author.kind == "staff" else "",
        result=outcome_title(case, event.outcome or case.outcome),
        due_at=event.due_at,
        explanation=event.explanation,
    )


async def recorded(tx: Tx, case: CaseDetail, event: ActRecorded) -> tuple[Actor, Deed]:
    """Who did something that moves nothing, and what. Raises LookupError as above."""
    act = await _act(tx, case.id, event)
    author = _author(act)
    return author, Deed(
        at=act.at,
        name=event.act,
        text="\n\n".join(part for part in (event.sentence, event.detail) if part),
        norm=event.norm,
        author=act.actor_name if author.kind != "system" else "",
        signer="",
    )


async def more_of(tx: Tx, case: CaseDetail, event: CaseMoved, code: str) -> dict[str, str]:
    """What only the hearing, the agreement or the filing knows: field name → text."""
    zone = ZoneInfo(tx.tenant.timezone)
    if code == "TNA":
        return await _hearing(tx, case.id, zone)
    if code in ("ACO", "DESC"):
        return await _agreement(tx, case.id)
    if event.filing:
        return {
            "protocolo.codigo": event.filing_sha256,
            "protocolo.prazo": "Fora do prazo" if event.late else "Dentro do prazo",
            "protocolo.arquivos": plural(event.files, "arquivo", "arquivos")
            if event.files
            else "Nenhum arquivo",
        }
    return {}


def outcome_title(case: CaseDetail, outcome: str) -> str:
    """A result in words, by the case's procedure."""
    return workflow_of(case.procedure).outcomes.get(outcome, "")


async def _hearing(tx: Tx, case_id: UUID, zone: ZoneInfo) -> dict[str, str]:
    found = [one for one in await hearings_of_case(tx, case_id) if one.closed_at is None]
    if not found:
        return {}
    last = found[-1]
    return {
        "audiencia.data": date_and_hour(last.starts_at, zone),
        "audiencia.local": place_of(last.room_name, last.room_kind, last.room_address),
        "audiencia.conciliador": last.conciliator_name,
    }


async def _agreement(tx: Tx, case_id: UUID) -> dict[str, str]:
    agreement = await agreement_of_case(tx, case_id)
    if agreement is None:
        return {}
    lines = [
        f"{one.n}ª, até {one.due_on:%d/%m/%Y}: {shown(one.plain)}" for one in agreement.instalments
    ]
    return {
        "acordo.texto": agreement.text,
        "acordo.parcelas": "\n".join(lines),
        "acordo.valor": "" if agreement.total is None else format_brl(agreement.total),
    }


async def _act(tx: Tx, case_id: UUID, event: CaseMoved | ActRecorded) -> Act:
    """The event's place in the log, which holds it in canonical form. The newest if repeated."""
    wanted = canonical(msgspec.to_builtins(event))
    for entry in reversed(await entries(tx, case_id, internal=True)):
        if canonical(msgspec.to_builtins(entry.act.event)) == wanted:
            return entry.act
    raise LookupError("an event that its case's log does not have")


def _author(act: Act) -> Actor:
    """The actor behind a label of the log ("staff:<account>")."""
    kind, _, account = act.actor.partition(":")
    if kind not in get_args(Kind) or kind == "system":
        return SYSTEM
    return Actor(kind=kind, name=act.actor_name, account_id=UUID(account) if account else None)  # type: ignore[arg-type]  # checked above
