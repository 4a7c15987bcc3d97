"""What the pages of this slice show, and its box on a case's pages."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal
from urllib.parse import quote

from msgspec import Struct

from procon.auth.actor import Actor
from procon.auth.permissions import allowed
from procon.cases.queries import CaseDetail
from procon.courts.commands import (
    CHANGEABLE,
    NOT_YET,
    ON_ITS_WAY,
    PETITION_FROM,
    may_prepare,
)
from procon.courts.forms import SLUGS, Typed
from procon.courts.petition import TITLES, facts_of, first_text
from procon.courts.queries import (
    Facts,
    HandoverRow,
    handover_of,
    handovers_of_case,
    has_court,
)
from procon.ext.ports import HandoverKind
from procon.ext.slots import Action, Panel
from procon.ext.workflow import Side
from procon.kernel.errors import Conflict
from procon.letters.queries import letter_by_id
from procon.tenancy.scope import Tx

Tone = Literal["neutral", "info", "progress", "waiting", "success", "danger", "internal"]
Who = Side | Literal[""]

# Status → (words, colour, what happens next).
_WORDS: Mapping[str, tuple[str, Tone, str]] = {
    "draft": ("Em preparo", "progress", "A equipe confere o texto e envia."),
    "reviewed": ("Aprovada pelo consumidor", "progress", "A equipe envia à Justiça."),
    "sent": ("Enviando", "waiting", "O sistema entrega ao tribunal e guarda o protocolo."),
    "packed": (
        "Pacote pronto",
        "waiting",
        "A equipe leva o pacote ao tribunal e junta o comprovante.",
    ),
    "delivered": ("Recebido pela Justiça", "success", "O processo segue na Justiça."),
    "refused": ("Não recebido", "danger", "A equipe corrige o texto e envia de novo."),
    "homologated": ("Acordo homologado", "success", "O acordo vale como título judicial."),
    "error": ("Envio sem confirmação", "danger", "A equipe confere no sistema do tribunal."),
}
_SLUG_OF: Mapping[str, str] = {kind: slug for slug, kind in SLUGS.items()}


class HandoverView(Struct, frozen=True, forbid_unknown_fields=True):
    """One handover on a page. `code`: of the receipt in the register, "" without one."""

    title: str
    slug: str
    row: HandoverRow
    facts: Facts
    status: str
    tone: Tone
    next: str
    receipt: str
    may_change: bool
    may_send: bool
    may_ask: bool
    packed: bool
    awaits_receipt: bool
    awaits_result: bool


class CourtPage(Struct, frozen=True, forbid_unknown_fields=True):
    """The staff's page: what was handed over, and what may be prepared."""

    case: CaseDetail
    via: str
    base: str
    handovers: tuple[HandoverView, ...]
    open: tuple[tuple[str, str], ...]
    may_act: bool
    typed: Typed = Typed()
    about: str = ""
    errors: Mapping[str, str] = {}


class TextPage(Struct, frozen=True, forbid_unknown_fields=True):
    """The form of the text."""

    case: CaseDetail
    base: str
    slug: str
    title: str
    typed: Typed
    facts: Facts
    wish: str
    petition: bool
    errors: Mapping[str, str] = {}


class CheckPage(Struct, frozen=True, forbid_unknown_fields=True):
    """The last look before it goes."""

    case: CaseDetail
    via: str
    base: str
    view: HandoverView


class ReviewPage(Struct, frozen=True, forbid_unknown_fields=True):
    """The consumer's page: the petition to approve, and what became of everything."""

    case: CaseDetail
    base: str
    petition: HandoverView | None
    handovers: tuple[HandoverView, ...]
    typed: Typed = Typed()
    errors: Mapping[str, str] = {}


def staff_base(number: str) -> str:
    """Address of the staff's page."""
    return f"/equipe/processos/{quote(number, safe='')}/justica"


def consumer_base(number: str) -> str:
    """Address of the consumer's page."""
    return f"/processos/{quote(number, safe='')}/justica"


async def court_page(
    tx: Tx,
    *,
    actor: Actor,
    case: CaseDetail,
    via: str,
    typed: Typed | None = None,
    about: str = "",
    errors: Mapping[str, str] | None = None,
) -> CourtPage:
    """The staff's page of a case. `about`: slug of the handover whose form was refused."""
    rows = await handovers_of_case(tx, case.id)
    busy = {row.kind for row in rows if row.status != "refused"}
    kinds: tuple[HandoverKind, ...] = ("petition", "agreement")
    openable = [one for one in kinds if one not in busy and await may_prepare(tx, case, one)]
    return CourtPage(
        case=case,
        via=via,
        base=staff_base(case.number),
        handovers=tuple([await view_of(tx, row) for row in rows]),
        open=tuple((_SLUG_OF[kind], TITLES[kind]) for kind in openable),
        may_act=allowed(actor, "staff:process"),
        typed=typed or Typed(),
        about=about,
        errors=errors or {},
    )


async def text_page(
    tx: Tx,
    *,
    case: CaseDetail,
    kind: HandoverKind,
    typed: Typed | None = None,
    errors: Mapping[str, str] | None = None,
) -> TextPage:
    """The text to be written: as typed, as saved, or as the case itself gives it.

    Raises:
        Conflict: it was sent, or the case does not stand where this makes sense.
    """
    row = await handover_of(tx, case.id, kind)
    if row is not None and row.status not in CHANGEABLE:
        raise Conflict(ON_ITS_WAY, code="court-sent")
    if not await may_prepare(tx, case, kind):
        raise Conflict(NOT_YET, code="court-not-yet")
    if typed is None and row is not None:
        typed = Typed(texto=row.text, valor=_plain(row.value))
    if typed is None:
        value = case.amount if kind == "petition" else None
        typed = Typed(texto=await first_text(tx, case, kind), valor=_plain(value))
    return TextPage(
        case=case,
        base=staff_base(case.number),
        slug=_SLUG_OF[kind],
        title=TITLES[kind],
        typed=typed,
        facts=await facts_of(tx, case),
        wish=row.wish if row is not None else "",
        petition=kind == "petition",
        errors=errors or {},
    )


async def review_page(
    tx: Tx,
    *,
    case: CaseDetail,
    typed: Typed | None = None,
    errors: Mapping[str, str] | None = None,
) -> ReviewPage:
    """The consumer's page of a case."""
    views = [await view_of(tx, row) for row in await handovers_of_case(tx, case.id)]
    waiting = [
        one
        for one in views
        if one.row.kind == "petition" and one.row.status in {"draft", "reviewed"}
    ]
    return ReviewPage(
        case=case,
        base=consumer_base(case.number),
        petition=waiting[-1] if waiting else None,
        handovers=tuple(views),
        typed=typed or Typed(),
        errors=errors or {},
    )


async def view_of(tx: Tx, row: HandoverRow) -> HandoverView:
    """A handover in words."""
    packed = row.status == "sent" and bool(row.package_key)
    words, tone, follows = _WORDS["packed" if packed else row.status]
    letter = await letter_by_id(tx, row.receipt_letter) if row.receipt_letter else None
    ready = {"agreement": ("draft", "reviewed"), "petition": ("reviewed",)}[row.kind]
    return HandoverView(
        title=TITLES[row.kind],
        slug=_SLUG_OF[row.kind],
        row=row,
        facts=row.facts,
        status=words,
        tone=tone,
        next=follows,
        receipt=f"/documentos/{letter.code}" if letter is not None else "",
        may_change=row.status in {"draft", "reviewed"},
        may_send=row.status in ready,
        may_ask=row.status in {"delivered", "error"},
        packed=packed,
        awaits_receipt=packed or row.status == "error",
        awaits_result=row.status == "delivered" and row.kind == "agreement",
    )


async def case_panel(tx: Tx, *, actor: Actor, side: Who, case: CaseDetail) -> Panel | None:
    """What is before a court, and the way to the page; nothing in a city without a court."""
    if not has_court(tx.tenant):
        return None
    rows = await handovers_of_case(tx, case.id)
    if side == "staff" and allowed(actor, "staff:process"):
        return await _staff_panel(tx, case, rows)
    told = [row for row in rows if row.delivered_at is not None]
    if side == "consumer":
        waiting = any(row.kind == "petition" and row.status == "draft" for row in rows)
        if waiting:
            return Panel(
                "Sua petição para a Justiça",
                text="O Procon preparou o texto. Leia e aprove, ou diga o que precisa mudar.",
                actions=(Action("Ler a petição", consumer_base(case.number), primary=True),),
                tone="waiting",
            )
        told = rows
    if not told:
        return None
    actions = (Action("Ver o que foi enviado", consumer_base(case.number)),)
    return Panel(
        "Na Justiça",
        rows=tuple(_line(row) for row in told),
        actions=actions if side == "consumer" else (),
        tone=_WORDS[told[-1].status][1],
    )


async def _staff_panel(tx: Tx, case: CaseDetail, rows: list[HandoverRow]) -> Panel | None:
    if (
        not rows
        and case.status not in PETITION_FROM
        and not await may_prepare(tx, case, "agreement")
    ):
        return None
    label = "Abrir" if rows else "Preparar o envio à Justiça"
    return Panel(
        "Justiça",
        rows=tuple(_line(row) for row in rows),
        actions=(Action(label, staff_base(case.number)),),
        tone=_WORDS[rows[-1].status][1] if rows else "neutral",
    )


def _line(row: HandoverRow) -> tuple[str, str]:
    packed = row.status == "sent" and bool(row.package_key)
    words = _WORDS["packed" if packed else row.status][0]
    where = row.court_number or row.protocol
    return TITLES[row.kind], f"{words} ({where})" if where else words


def _plain(value: Decimal | None) -> str:
    return "" if value is None else f"{value:,.2f}".translate(str.maketrans(",.", ".,"))
