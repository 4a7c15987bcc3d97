"""Which act issues which letter, done by the worker after the act's commit."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid5

import msgspec

from procon.answers.queries import AnswerRow, answers_of_case
from procon.auth.actor import SYSTEM
from procon.cases.log import Entry, entries
from procon.cases.queries import detail_by_id
from procon.evidence.queries import files_of_case
from procon.ext.events import AnswerSubmitted, CaseOpened, CipIssued, Event
from procon.jobs.outbox import Handler, Work, put_out
from procon.kernel.chain import canonical
from procon.letters import facts
from procon.letters.autos.jobs import handlers as autos_handlers
from procon.letters.batch.jobs import handlers as batch_handlers
from procon.letters.commands import issue_letter
from procon.letters.models import Kind, LetterData
from procon.letters.typeset.press import Press, letterhead
from procon.letters.wording.jobs import handlers as wording_handlers
from procon.tenancy.scope import Tx, tenant_scope

KINDS = ("case_opened", "cip_issued", "answer_submitted")
# A file that is still being looked at delays the letter once, so that its hash can be on it.
CHECK_WAIT = timedelta(seconds=60)
_WAITED = "/waited"


def handlers(press: Press) -> dict[str, Handler]:
    """Topic → handler: "<event kind>/letter" for each event that has one, and the slice's own."""

    async def print_letter(work: Work) -> None:
        await _print(work, press)

    own = {f"{kind}/letter": print_letter for kind in KINDS}
    return own | wording_handlers(press) | batch_handlers(press) | autos_handlers(press)


async def _print(work: Work, press: Press) -> None:
    """Issue the letter of one event. Its id comes from the effect key: again, no effect."""
    event, effect = work.event(), work.effect_key.removesuffix(_WAITED)
    async with tenant_scope(work.db, work.tenant) as tx:
        matter = await _matter(tx, event, press)
        answer = await _answer(tx, event)
        late_files = any(file.state == "checking" for file in facts.files_of(matter, answer))
        if late_files and effect == work.effect_key:
            key = effect + _WAITED
            await put_out(tx, topic=work.topic, payload=event, effect_key=key, delay=CHECK_WAIT)
            return
        kind, data = _letter(matter, answer)
        await issue_letter(
            tx,
            actor=SYSTEM,
            kind=kind,
            case_id=event.case_id,
            data=data,
            brand=letterhead(press, work.tenant),
            store=press.store,
            letter_id=uuid5(event.case_id, effect),
            issued_at=matter.entry.act.at,
        )


async def _matter(tx: Tx, event: Event, press: Press) -> facts.Matter:
    case = await detail_by_id(tx, event.case_id)
    if case is None:
        raise LookupError("an event without its case")
    log = await entries(tx, case.id, internal=False)
    return facts.Matter(
        tenant=tx.tenant,
        case=case,
        log=log,
        entry=_entry_of(log, event),
        files=await files_of_case(tx, case.id),
        url=lambda path: press.address_of(tx.tenant.host, path),
    )


def _entry_of(log: list[Entry], event: Event) -> Entry:
    """The event's place in the log, which holds it in canonical form. The newest if repeated."""
    wanted = canonical(msgspec.to_builtins(event))
    for entry in reversed(log):
        if canonical(msgspec.to_builtins(entry.act.event)) == wanted:
            return entry
    raise LookupError("an event that its case's log does not have")


async def _answer(tx: Tx, event: Event) -> AnswerRow | None:
    if not isinstance(event, AnswerSubmitted):
        return None
    found = [one for one in await answers_of_case(tx, event.case_id) if one.sha256 == event.sha256]
    if not found:
        raise LookupError("an answer's event without the answer")
    return found[-1]


def _letter(matter: facts.Matter, answer: AnswerRow | None) -> tuple[Kind, LetterData]:
    event = matter.entry.act.event
    if isinstance(event, AnswerSubmitted) and answer is not None:
        return "answer_receipt", facts.answer_receipt(matter, event, answer)
    if isinstance(event, CipIssued):
        return "cip", facts.cip(matter, event)
    if isinstance(event, CaseOpened) and event.channel == "post":
        return "counter_receipt", facts.counter_receipt(matter, event)
    if isinstance(event, CaseOpened):
        return "filing_receipt", facts.filing_receipt(matter)
    raise LookupError(f"no letter for {matter.entry.kind}")
