"""From a hearing that is over to signed minutes among the case's documents."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from uuid import UUID, uuid5

import msgspec
from msgspec import Struct

from procon.auth.actor import SYSTEM
from procon.cases.moves import record_act
from procon.cases.queries import detail_by_id
from procon.ext.ports import NoSigner, Signer
from procon.hearings.minutes.text import CODE, TITLE, Minutes, minutes_text
from procon.hearings.queries import (
    clauses_of,
    hearing_by_id,
    moves_of,
    parties_of,
    verdicts_of,
)
from procon.jobs.outbox import Work
from procon.kernel.ids import readable_code
from procon.letters.commands import CODE_LENGTH, issue_pdf
from procon.letters.models import Stamp
from procon.letters.typeset.press import Press, letterhead
from procon.letters.typeset.render import render
from procon.tenancy.manifest import Tenant
from procon.tenancy.scope import Tx, tenant_scope


class MinutesPress(Struct, frozen=True):
    """What the minutes need from the installation: the letters' press, and each city's signer."""

    press: Press
    signer_of: Callable[[Tenant], Signer]


async def print_minutes(work: Work, office: MinutesPress) -> None:
    """Typeset, sign and file the minutes of one hearing; again, no effect."""
    hearing_id = msgspec.json.decode(work.payload, type=UUID)
    async with tenant_scope(work.db, work.tenant) as tx:
        minutes = await _minutes(tx, hearing_id)
    if minutes is None:
        return
    # Not while a transaction is open: typesetting and signing take up to a second.
    code = readable_code(CODE_LENGTH)
    pdf = await asyncio.to_thread(_made, minutes, code, work.tenant, office)
    async with tenant_scope(work.db, work.tenant) as tx:
        await _file(tx, minutes, code, pdf, office)


async def _minutes(tx: Tx, hearing_id: UUID) -> Minutes | None:
    hearing = await hearing_by_id(tx, hearing_id)
    if hearing is None or hearing.closed_at is None or hearing.letter_id is not None:
        return None
    case = await detail_by_id(tx, hearing.case_id)
    if case is None:
        return None
    return Minutes(
        case=case,
        hearing=hearing,
        parties=await parties_of(tx, hearing.id),
        clauses=await clauses_of(tx, hearing.id),
        verdicts=await verdicts_of(tx, hearing.id),
        moves=await moves_of(tx, hearing.id),
        timezone=tx.tenant.timezone,
    )


def _made(minutes: Minutes, code: str, tenant: Tenant, office: MinutesPress) -> bytes:
    at = minutes.hearing.closed_at or minutes.hearing.starts_at
    signer = office.signer_of(tenant)
    pdf = render(
        CODE,
        minutes_text(minutes, signed=not isinstance(signer, NoSigner)),
        brand=letterhead(office.press, tenant),
        stamp=Stamp(code=code, issued_at=at),
    )
    reason = f"{TITLE} do processo {minutes.case.number}"
    return signer.sign(pdf, reason=reason, place=f"{tenant.city}/{tenant.uf}")


async def _file(tx: Tx, minutes: Minutes, code: str, pdf: bytes, office: MinutesPress) -> None:
    hearing = minutes.hearing
    letter_id = await issue_pdf(
        tx,
        actor=SYSTEM,
        case_id=hearing.case_id,
        code=CODE,
        title=TITLE,
        body=pdf,
        store=office.press.store,
        letter_id=uuid5(hearing.id, CODE),
        verification=code,
    )
    done = await tx.execute(
        "UPDATE hearing SET letter_id = $2, revision = revision + 1"
        " WHERE id = $1 AND letter_id IS NULL",
        hearing.id,
        letter_id,
    )
    if done == "UPDATE 1":
        await record_act(
            tx,
            actor=SYSTEM,
            case_id=hearing.case_id,
            topic="minutes_signed",
            sentence="O termo da audiência foi assinado e está entre os documentos do processo.",
            act="Assinatura do termo de audiência",
            norm="Lei nº 14.063/2020, art. 4º",
        )
