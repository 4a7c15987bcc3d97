"""What the parties see of proposals, and the box on a case's page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from msgspec import Struct, structs

from procon.agreements.forms import Typed
from procon.agreements.proposals import may_propose
from procon.agreements.queries import (
    PartySide,
    ProposalRow,
    proposals_of_case,
)
from procon.agreements.schedule import Instalment, shown, split_equally
from procon.agreements.terms import ANSWERED, KINDS, Offer
from procon.auth.actor import Actor
from procon.cases.access import get_case, require_power, side_of
from procon.cases.queries import CaseDetail
from procon.deadlines.queries import deadline_for
from procon.kernel.errors import Conflict, Forbidden
from procon.kernel.money import format_brl
from procon.portal.shell import Option, Tone
from procon.tenancy.scope import Tx

STATES: Mapping[str, tuple[str, Tone]] = MappingProxyType(
    {
        "open": ("Esperando resposta", "waiting"),
        "accepted": ("Aceita", "success"),
        "refused": ("Recusada", "danger"),
        "countered": ("Respondida com contraproposta", "info"),
        "expired": ("Terminou sem resposta", "neutral"),
        "withdrawn": ("Retirada", "neutral"),
    }
)
AGREEMENT_STATES: Mapping[str, tuple[str, Tone]] = MappingProxyType(
    {
        "running": ("Em cumprimento", "progress"),
        "fulfilled": ("Cumprido", "success"),
        "broken": ("Não cumprido", "danger"),
    }
)
_ELSEWHERE: Mapping[PartySide, str] = MappingProxyType(
    {
        "consumer": "Esta página é do consumidor. A da empresa fica na área da empresa.",
        "supplier": "Esta página é da empresa. A sua fica em “Minhas reclamações”.",
    }
)


class Visit(Struct, frozen=True):
    """Who is on a page of which case.

    `base`: the start of that side's addresses in the case; `home`: this person's page of it.
    """

    case: CaseDetail
    side: PartySide
    base: str
    home: str

    @property
    def other(self) -> str:
        """Who the other side is, in a sentence."""
        return self.case.supplier_name if self.side == "consumer" else "o consumidor"


class DateLine(Struct, frozen=True):
    """One date of a proposal, in words."""

    n: int
    due_on: date
    text: str


class ProposalView(Struct, frozen=True):
    """A proposal on a page. `mine`: the reader's side made it."""

    id: UUID
    title: str
    mine: bool
    open: bool
    status: str
    tone: Tone
    kind: str
    text: str
    total: Decimal | None
    dates: tuple[DateLine, ...]
    valid_until: datetime
    made_at: datetime
    answered_at: datetime | None
    answer_text: str
    sha256: str


class OfferForm(Struct, frozen=True):
    """The form of a proposal. `countering` is what it answers; `key` makes it count once."""

    action: str
    key: str
    kinds: tuple[Option, ...]
    typed: Typed
    countering: ProposalView | None = None
    errors: Mapping[str, str] = {}


class ProposalPage(Struct, frozen=True):
    """The proposals of a case. `form` is there when the reader may make one now."""

    visit: Visit
    current: ProposalView | None
    past: tuple[ProposalView, ...]
    agreed: bool
    possible: bool
    form: OfferForm | None = None
    errors: Mapping[str, str] = {}


class OfferPage(Struct, frozen=True):
    """The form on a page of its own."""

    visit: Visit
    form: OfferForm
    errors: Mapping[str, str] = {}


class ReviewPage(Struct, frozen=True):
    """A proposal before it is sent."""

    visit: Visit
    form: OfferForm
    kind: str
    offer: Offer
    dates: tuple[DateLine, ...]


class AnswerPage(Struct, frozen=True):
    """One proposal of the other side, to be accepted or refused."""

    visit: Visit
    proposal: ProposalView
    text: str = ""
    errors: Mapping[str, str] = {}


async def visit(tx: Tx, *, actor: Actor, number: str, wanted: PartySide, power: str = "") -> Visit:
    """The case, for a party or its lawyer on their own side's address.

    Args:
        power: what the act on this page needs of a mandate or of a role in the company.

    Raises:
        NotFound, Forbidden: see `access.get_case`; Forbidden also on the other side's address and
            without the power.
    """
    case = await get_case(tx, actor=actor, number=number, either=True)
    if await side_of(tx, actor=actor, case=case) != wanted:
        raise Forbidden(_ELSEWHERE[wanted])
    if power:
        await require_power(tx, actor=actor, case=case, power=power)
    base = base_path(wanted, case.number)
    # The company's lawyer is signed in as a citizen and has a page of their own.
    lawyer = wanted == "supplier" and actor.kind == "citizen"
    return Visit(case, wanted, base, f"/advogado/processos/{case.number}" if lawyer else base)


def base_path(side: PartySide, number: str) -> str:
    """Address of a side's page of a case."""
    return f"{'/fornecedor' if side == 'supplier' else ''}/processos/{number}"


async def proposal_page(tx: Tx, *, actor: Actor, place: Visit) -> ProposalPage:
    """Everything that was offered, what can be answered now, and the form for the company."""
    rows = await proposals_of_case(tx, place.case.id)
    views = [_view(row, place, tx.now) for row in rows]
    current = next((one for one in views if one.open), None)
    possible = may_propose(place.case.status)
    may_offer = possible and current is None and place.side == "supplier"
    return ProposalPage(
        visit=place,
        current=current if possible else None,
        past=tuple(one for one in reversed(views) if not (one.open and possible)),
        agreed=any(row.status == "accepted" for row in rows),
        possible=possible,
        form=await offer_form(tx, actor=actor, place=place, rows=rows) if may_offer else None,
    )


async def counter_page(tx: Tx, *, actor: Actor, place: Visit) -> OfferPage:
    """The form of a counter-proposal, filled with what was offered.

    Raises:
        Conflict: nothing of the other side's is open.
    """
    rows = await proposals_of_case(tx, place.case.id)
    open_row = _answerable(rows, place, tx.now)
    first = _as_typed(open_row, tx.tenant.timezone)
    form = await offer_form(tx, actor=actor, place=place, rows=rows, typed=first)
    return OfferPage(place, form)


async def answer_page(
    tx: Tx, *, place: Visit, text: str = "", errors: Mapping[str, str] | None = None
) -> AnswerPage:
    """The other side's open proposal, alone on a page.

    Raises:
        Conflict: there is none (any more); the reason says what happened.
    """
    row = _answerable(await proposals_of_case(tx, place.case.id), place, tx.now)
    return AnswerPage(place, _view(row, place, tx.now), text, errors or {})


async def offer_form(
    tx: Tx,
    *,
    actor: Actor,
    place: Visit,
    rows: Sequence[ProposalRow],
    typed: Typed | None = None,
    errors: Mapping[str, str] | None = None,
) -> OfferForm:
    """The form, empty with a sensible validity, or with what was typed."""
    countering = next(
        (row for row in rows if typed is not None and str(row.id) == typed.responde), None
    )
    if typed is None:
        end = await deadline_for(tx, key="proposal_answer", start_at=tx.now)
        typed = Typed(parcelas="1", validade=f"{end.due_day:%d/%m/%Y}")
    # One key for as long as nothing new was proposed: a reload changes nothing.
    seed = f"{actor.session_id}/{len(rows)}"
    return OfferForm(
        action=f"{place.base}/proposta",
        key=uuid5(place.case.id, seed).hex,
        kinds=tuple(Option(value, label) for value, label in KINDS.items()),
        typed=typed,
        countering=_view(countering, place, tx.now) if countering else None,
        errors=errors or {},
    )


def date_lines(instalments: Sequence[Instalment]) -> tuple[DateLine, ...]:
    """Dates in words."""
    return tuple(DateLine(n, one.due_on, shown(one)) for n, one in enumerate(instalments, start=1))


def _answerable(rows: Sequence[ProposalRow], place: Visit, now: datetime) -> ProposalRow:
    row = rows[-1] if rows else None
    if row is None or row.made_by == place.side:
        raise Conflict("Não há proposta da outra parte para responder.", code="no-proposal")
    if row.status != "open":
        raise Conflict(ANSWERED[row.status], code=f"proposal-is-{row.status}")
    if row.valid_until < now:
        raise Conflict(ANSWERED["expired"], code="proposal-is-expired")
    if not may_propose(place.case.status):
        raise Conflict(
            "O processo já passou para outra etapa, e a proposta perdeu o efeito.",
            code=f"case-is-at-{place.case.status}",
        )
    return row


def _view(row: ProposalRow, place: Visit, now: datetime) -> ProposalView:
    late = row.status == "open" and row.valid_until < now
    label, tone = STATES["expired" if late else row.status]
    what = "contraproposta" if row.answers else "proposta"
    mine = row.made_by == place.side
    whose = "Sua" if mine else "A"
    by = "" if mine else (" da empresa" if row.made_by == "supplier" else " do consumidor")
    return ProposalView(
        id=row.id,
        title=f"{whose} {what}{by}",
        mine=mine,
        open=row.status == "open" and not late,
        status=label,
        tone=tone,
        kind=KINDS[row.kind],
        text=row.text,
        total=row.total,
        dates=date_lines(row.instalments),
        valid_until=row.valid_until,
        made_at=row.made_at,
        answered_at=row.answered_at,
        answer_text=row.answer_text,
        sha256=row.sha256,
    )


def _as_typed(row: ProposalRow, timezone: str) -> Typed:
    """A proposal as the form's first contents, so that only what differs is typed."""
    first = Typed(
        tipo=row.kind,
        texto=row.text,
        valor=_plain(row.total),
        validade=f"{local_day(row.valid_until, timezone):%d/%m/%Y}",
        responde=str(row.id),
    )
    start, count = row.instalments[0], len(row.instalments)
    equal = split_equally(row.total or Decimal(0), count, start.due_on)
    if row.instalments == equal and (row.total or count == 1):
        primeira = f"{start.due_on:%d/%m/%Y}"
        return structs.replace(first, parcelas=str(count), primeira=primeira)
    lines = "\n".join(
        f"{one.due_on:%d/%m/%Y}; {_plain(one.amount)}; {one.what}".rstrip("; ")
        for one in row.instalments
    )
    return structs.replace(first, linhas=lines)


def _plain(amount: Decimal | None) -> str:
    """An amount as one types it; "" for none."""
    return format_brl(amount).partition("\u00a0")[2] if amount else ""


def local_day(when: datetime, timezone: str) -> date:
    """The day of an instant in the city."""
    return when.astimezone(ZoneInfo(timezone)).date()
