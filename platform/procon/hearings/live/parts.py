"""The part of the hearing's page that changes, as data."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from msgspec import Struct

from procon.auth.actor import Actor
from procon.auth.permissions import allowed
from procon.ext.workflow import Side
from procon.hearings.live.commands import (
    is_live,
    last_words,
    minutes_digest,
    objections,
    present,
    signatures,
)
from procon.hearings.minutes.text import METHODS, RESULTS, SIDES
from procon.hearings.queries import (
    ClauseRow,
    HearingRow,
    PartyRow,
    VerdictRow,
    clauses_of,
    parties_of,
    verdicts_of,
)
from procon.tenancy.scope import Tx


class Word(Struct, frozen=True):
    """What a side says of a clause: "aceita", "não aceita" or nothing yet."""

    side: str
    label: str
    text: str
    tone: str
    remark: str = ""


class ClauseView(Struct, frozen=True):
    """A clause and what both sides say of it. `mine`: the word of who looks, or ""."""

    id: str
    number: int
    text: str
    version: int
    words: tuple[Word, ...]
    mine: str


class Present(Struct, frozen=True):
    """Somebody who came."""

    id: str
    side: str
    name: str
    about: str
    at: str


class Live(Struct, frozen=True):
    """The part of the page that changes. `news` is what a screen reader says of the change."""

    id: str
    revision: int
    stage: str
    stage_tone: str
    open: bool
    over: bool
    side: str
    conducts: bool
    clock: str
    here: tuple[Present, ...]
    missing: tuple[str, ...]
    clauses: tuple[ClauseView, ...]
    objected: bool
    signed: tuple[str, ...]
    signed_by_me: bool
    may_sign: bool
    checked_in: bool
    digest: str
    news: str


async def live_part(tx: Tx, *, actor: Actor, hearing: HearingRow, side: Side) -> Live:
    """The part that changes, for who looks."""
    parties, clauses = await parties_of(tx, hearing.id), await clauses_of(tx, hearing.id)
    verdicts, zone = await verdicts_of(tx, hearing.id), ZoneInfo(tx.tenant.timezone)
    signed, against = signatures(hearing.id, clauses, verdicts), objections(clauses, verdicts)
    open_now, stage, tone = is_live(hearing, tx), *_stage(tx, hearing)
    return Live(
        id=str(hearing.id),
        revision=hearing.revision,
        stage=stage,
        stage_tone=tone,
        open=open_now,
        over=hearing.status != "set",
        side=side,
        conducts=side == "staff" and allowed(actor, "staff:conciliate"),
        clock=_clock(tx, hearing, parties, zone),
        here=tuple(_present(one, zone) for one in parties),
        missing=tuple(SIDES[one] for one in SIDES if one not in present(parties)),
        clauses=clause_views(clauses, verdicts, side),
        objected=bool(against),
        signed=tuple(_signed(one, zone) for one in signed.values()),
        signed_by_me=side in signed,
        may_sign=open_now
        and bool(clauses)
        and side in SIDES
        and side not in signed
        and side not in {one.side for one in against},
        checked_in=side in present(parties),
        digest=minutes_digest(hearing.id, clauses),
        news=_news(clauses, signed, hearing),
    )


def clause_views(
    clauses: list[ClauseRow], verdicts: list[VerdictRow], side: str
) -> tuple[ClauseView, ...]:
    """The clauses in order, numbered from 1."""
    words = last_words(clauses, verdicts)
    return tuple(
        ClauseView(
            id=str(one.id),
            number=number,
            text=one.text,
            version=one.version,
            words=tuple(_word(key, words.get((one.id, key))) for key in SIDES),
            mine=words[one.id, side].verdict if (one.id, side) in words else "",
        )
        for number, one in enumerate(clauses, start=1)
    )


def _word(side: str, said: VerdictRow | None) -> Word:
    if said is None:
        return Word(side, SIDES[side], "ainda não respondeu", "neutral")
    if said.verdict == "accepts":
        return Word(side, SIDES[side], "aceita", "success")
    return Word(side, SIDES[side], "não aceita", "danger", said.remark)


def _present(one: PartyRow, zone: ZoneInfo) -> Present:
    document = f"documento: {one.document}" if one.document else ""
    about = dict.fromkeys((SIDES[one.side], one.role, document))
    return Present(
        id=str(one.id),
        side=one.side,
        name=one.name,
        about=", ".join(part for part in about if part),
        at=f"{one.arrived_at.astimezone(zone):%Hh%M}",
    )


def _stage(tx: Tx, hearing: HearingRow) -> tuple[str, str]:
    if hearing.status == "cancelled":
        return "Audiência cancelada", "neutral"
    if hearing.status != "set":
        return f"Encerrada: {RESULTS[hearing.result]}", "success"
    if not is_live(hearing, tx):
        return "Ainda não começou", "waiting"
    return ("Em andamento", "progress") if tx.now >= hearing.starts_at else ("Vai começar", "info")


def _clock(tx: Tx, hearing: HearingRow, parties: list[PartyRow], zone: ZoneInfo) -> str:
    """How long a late party is waited for; "" when nobody is late."""
    if hearing.status != "set" or tx.now < hearing.starts_at or len(present(parties)) == len(SIDES):
        return ""
    until = f"{hearing.waits_until.astimezone(zone):%Hh%M}"
    left = -(-(hearing.waits_until - tx.now).total_seconds() // 60)
    if left <= 0:
        return f"A tolerância terminou às {until}."
    minutes = "1 minuto" if left == 1 else f"{left:.0f} minutos"
    return f"Tolerância até {until}: {'falta' if left == 1 else 'faltam'} {minutes}."


def _signed(one: VerdictRow, zone: ZoneInfo) -> str:
    at = one.given_at.astimezone(zone)
    return f"{SIDES[one.side]}: {one.author}, {METHODS[one.method]}, às {at:%Hh%M}"


def _news(clauses: list[ClauseRow], signed: Mapping[str, VerdictRow], hearing: HearingRow) -> str:
    if hearing.status != "set":
        return "A audiência foi encerrada."
    said = "1 cláusula" if len(clauses) == 1 else f"{len(clauses)} cláusulas"
    last = f" A última: {clauses[-1].text}" if clauses else ""
    accepted = f" Aceite de {' e '.join(SIDES[side] for side in signed)}." if signed else ""
    return f"O termo tem {said}.{last}{accepted}"


class LivePart(Struct, frozen=True):
    """The part as a page of its own, for the browser that asks for nothing else."""

    live: Live
