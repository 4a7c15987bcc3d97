"""Notices in words, for the parties, for a case's page and for a person's account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from urllib.parse import quote
from zoneinfo import ZoneInfo

from msgspec import Struct

from procon.auth.actor import Actor
from procon.cases.access import get_case, side_of
from procon.cases.queries import CaseDetail
from procon.ext.slots import Action, Panel
from procon.kernel.errors import NotFound
from procon.notices.queries import (
    Notice,
    notices_of_case,
    only_formal_at,
    own_addresses,
    own_notices,
)
from procon.portal.render import date_and_hour, long_date, plural
from procon.portal.shell import Tone
from procon.tenancy.scope import Tx

CHANNELS: Mapping[str, str] = MappingProxyType(
    {
        "portal": "No portal",
        "email": "No portal, com e-mail",
        "ar": "Carta com aviso de recebimento (AR)",
        "personal": "Pessoalmente",
        "edital": "Edital",
        "spontaneous": "Comparecimento espontâneo",
    }
)
SIDES: Mapping[str, str] = MappingProxyType({"consumer": "Consumidor", "supplier": "Empresa"})
# Where each side has its page of a case.
BASES: Mapping[str, str] = MappingProxyType(
    {
        "staff": "/equipe/processos",
        "consumer": "/processos",
        "supplier": "/fornecedor/processos",
    }
)
LAWYERS = "/advogado/processos"
_SHOWN = 4


class State(Struct, frozen=True, forbid_unknown_fields=True):
    """What became of a notice, as a tag and, when there is one, the day from which it counts."""

    text: str
    tone: Tone
    counts: str


class NoticeLine(Struct, frozen=True, forbid_unknown_fields=True):
    """A notice in a party's list. `address` is "" for the other side's."""

    subject: str
    summary: str
    recipient: str
    channel: str
    address: str
    made_at: datetime
    state: State


class PartyPage(Struct, frozen=True, forbid_unknown_fields=True):
    """“Avisos” of one case: the reader's own, and what the other side was told."""

    number: str
    back: str
    own: tuple[NoticeLine, ...]
    others: tuple[NoticeLine, ...]
    other_side: str


class OwnLine(Struct, frozen=True, forbid_unknown_fields=True):
    """A notice in the account; `unread` until the case was opened."""

    href: str
    number: str
    subject: str
    summary: str
    made_at: datetime
    unread: bool


class AccountPage(Struct, frozen=True, forbid_unknown_fields=True):
    """“Avisos” of a person, and the choice of e-mails. No addresses: no choice to make."""

    lines: tuple[OwnLine, ...]
    unread: int
    addresses: tuple[str, ...]
    only_formal: bool


def state_of(notice: Notice, tz: str) -> State:
    """What became of a notice, in words of the city's clock."""
    zone = ZoneInfo(tz)
    found = _BY_CHANNEL.get((notice.channel, notice.status)) or _WORDS[notice.status]
    at = _moment_of(notice)
    when = ""
    if at is not None:
        exact = notice.channel in {"portal", "email", "personal", "spontaneous"}
        exact = exact and notice.status != "presumed"
        when = date_and_hour(at, zone) if exact else f"{at.astimezone(zone):%d/%m/%Y}"
    counts = notice.effective_at
    return State(
        text=f"{found[0]} em {when}" if when else found[0],
        tone=found[1],
        counts=long_date(counts.astimezone(zone).date()) if counts and notice.formal else "",
    )


async def case_panel(tx: Tx, *, actor: Actor, side: str, case: CaseDetail) -> Panel | None:
    """The last notices and what became of them; None while nobody was told anything."""
    notices = [one for one in await notices_of_case(tx, case.id) if _shown_to(side, one)]
    if not notices or side not in BASES:
        return None
    zone = tx.tenant.timezone
    troubled = any(one.status in {"bounced", "to_send", "printed"} for one in notices)
    base = BASES["consumer"] if _by_mandate(actor, side) else BASES[side]
    href = f"{base}/{quote(case.number, safe='')}/avisos"
    more = len(notices) - _SHOWN
    return Panel(
        "Avisos",
        text=f"E mais {plural(more, 'aviso', 'avisos')} na lista completa." if more > 0 else "",
        rows=tuple(
            (f"{SIDES[one.side]}: {one.subject}", state_of(one, zone).text)
            for one in notices[:_SHOWN]
        ),
        actions=(Action("Ver todos os avisos", href),),
        tone="waiting" if troubled and side == "staff" else "neutral",
    )


async def party_page(tx: Tx, actor: Actor, number: str) -> PartyPage:
    """A party's list of a case's notices.

    Raises:
        NotFound, Forbidden: see `access.get_case`.
    """
    case = await get_case(tx, actor=actor, number=number, either=True)
    side = await side_of(tx, actor=actor, case=case)
    if side not in SIDES:
        raise NotFound("Esta página é das partes do processo.")
    zone = tx.tenant.timezone
    notices = [one for one in await notices_of_case(tx, case.id) if _shown_to(side, one)]
    base = LAWYERS if _by_mandate(actor, side) else BASES[side]
    return PartyPage(
        number=case.number,
        back=f"{base}/{quote(case.number, safe='')}",
        own=tuple(_line(one, zone, own=True) for one in notices if one.side == side),
        others=tuple(_line(one, zone, own=False) for one in notices if one.side != side),
        other_side="à empresa" if side == "consumer" else "ao consumidor",
    )


async def account_page(tx: Tx, actor: Actor) -> AccountPage:
    """The person's notices over all of their cases in this city."""
    found = await own_notices(tx, actor)
    addresses = await own_addresses(tx, actor)
    lines = tuple(
        OwnLine(
            href=f"{LAWYERS if one.by_mandate else BASES[one.side]}/{quote(one.number, safe='')}",
            number=one.number,
            subject=one.subject,
            summary="" if one.summary == one.subject else one.summary,
            made_at=one.made_at,
            unread=one.opened_at is None,
        )
        for one in found
    )
    return AccountPage(
        lines=lines,
        unread=sum(one.unread for one in lines),
        addresses=tuple(addresses) if actor.kind in {"citizen", "supplier"} else (),
        only_formal=await only_formal_at(tx, addresses),
    )


def _by_mandate(actor: Actor, side: str) -> bool:
    """A citizen on the company's side is its lawyer, whose pages are elsewhere."""
    return actor.kind == "citizen" and side == "supplier"


def _shown_to(side: str, notice: Notice) -> bool:
    if notice.status == "wrong_party":
        return side == "staff"
    # What the staff has still to do is no notice yet.
    return side == "staff" or notice.status not in {"to_send", "unneeded"}


def _line(notice: Notice, zone: str, *, own: bool) -> NoticeLine:
    return NoticeLine(
        subject=notice.subject,
        summary="" if notice.summary == notice.subject else notice.summary,
        recipient=notice.recipient_name if own else "",
        channel=CHANNELS[notice.channel],
        address=notice.address if own else "",
        made_at=notice.made_at,
        state=state_of(notice, zone),
    )


def _moment_of(notice: Notice) -> datetime | None:
    """When a notice came to the state it is in, as far as its words need it."""
    return {
        "sent": notice.sent_at,
        "posted": notice.sent_at,
        "bounced": notice.bounced_at,
        "read": notice.opened_at,
        "presumed": notice.tacit_at,
        "delivered": notice.delivered_at,
        "published": notice.sent_at,
    }.get(notice.status)


_WORDS: Mapping[str, tuple[str, Tone]] = MappingProxyType(
    {
        "made": ("E-mail na fila de envio", "progress"),
        "sent": ("E-mail enviado", "info"),
        "available": ("Disponível no portal", "info"),
        "bounced": ("E-mail devolvido", "danger"),
        "read": ("Lido no portal", "success"),
        "presumed": ("Não aberto; vale como lido", "success"),
        "to_send": ("Falta enviar a carta", "waiting"),
        "printed": ("Carta pronta, falta postar", "waiting"),
        "posted": ("Carta postada", "info"),
        "delivered": ("Entregue", "success"),
        "published": ("Edital publicado", "success"),
        "unneeded": ("Carta dispensada: já se sabe do ato", "neutral"),
        "wrong_party": ("Foi para outra empresa; não vale", "neutral"),
    }
)
_BY_CHANNEL: Mapping[tuple[str, str], tuple[str, Tone]] = MappingProxyType(
    {
        ("ar", "bounced"): ("Carta devolvida", "danger"),
        ("ar", "delivered"): ("Carta recebida", "success"),
        ("personal", "delivered"): ("Avisado pessoalmente", "success"),
        ("spontaneous", "delivered"): ("Compareceu por conta própria", "success"),
    }
)
