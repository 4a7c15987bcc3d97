"""The staff's lists of notices, one case's notices, and the forms of the acts on them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from msgspec import Struct

from procon.answers.commands import access_code
from procon.auth.actor import Actor
from procon.auth.permissions import allowed
from procon.cases.access import get_case
from procon.cases.queries import CaseDetail
from procon.kernel.errors import NotFound
from procon.letters.queries import letter_by_id
from procon.notices.pages import CHANNELS, SIDES, State, state_of
from procon.notices.queries import (
    QUEUES,
    Change,
    Notice,
    changes_of,
    digital_share,
    notice_of_case,
    notices_of_case,
    work_counts,
    work_list,
)
from procon.notices.staff.forms import EDITAL_DAYS, Typed, parse_letter
from procon.portal.shell import Tone
from procon.tenancy.scope import Tx

SHARE_OVER = timedelta(days=90)
ACTS: Mapping[str, str] = MappingProxyType(
    {
        "reenviar": "Mandar o e-mail a outro endereço",
        "ar": "Enviar por carta com AR",
        "pessoal": "Registrar notificação pessoal",
        "comparecimento": "Registrar comparecimento espontâneo",
        "edital": "Publicar edital",
        "postagem": "Registrar a postagem",
        "retorno": "Registrar o retorno do AR",
    }
)
_QUEUE_NAMES: Mapping[str, tuple[str, str, Tone]] = MappingProxyType(
    {
        "preparar": ("Cartas a preparar", "Nenhuma carta a preparar.", "waiting"),
        "postar": ("Cartas a postar", "Nenhuma carta esperando postagem.", "waiting"),
        "retorno": ("Cartas sem retorno", "Nenhuma carta postada sem retorno.", "info"),
        "sem-caminho": (
            "Cartas devolvidas",
            "Nenhuma carta devolvida esperando outro meio.",
            "danger",
        ),
        "devolvidos": ("E-mails devolvidos", "Nenhum e-mail devolvido.", "danger"),
        "quase": ("Perto da leitura presumida", "Nada perto do fim do prazo.", "neutral"),
    }
)
_CHANGES: Mapping[str, str] = MappingProxyType(
    {
        "made": "O aviso foi feito",
        "sent": "O e-mail foi enviado",
        "bounced": "Voltou sem ser entregue",
        "read": "Foi aberto no portal",
        "presumed": "Passou a valer como lido",
        "to_send": "Ficou como carta a preparar",
        "printed": "A carta foi preparada",
        "posted": "A carta foi postada",
        "delivered": "Foi entregue",
        "published": "O edital foi publicado",
        "unneeded": "A carta ficou dispensada",
        "wrong_party": "A reclamação era contra outra empresa",
    }
)


class Card(Struct, frozen=True, forbid_unknown_fields=True):
    """A list's tile with its number."""

    key: str
    label: str
    number: int
    tone: Tone


class Line(Struct, frozen=True, forbid_unknown_fields=True):
    """A notice as a row. `number` is the case's."""

    href: str
    number: str
    side: str
    recipient: str
    subject: str
    channel: str
    made_at: datetime
    state: State
    presumed_on: datetime | None


class WorkPage(Struct, frozen=True, forbid_unknown_fields=True):
    """“Avisos”: the staff's lists. `share`: per cent of the last quarter's formal notices that
    needed no paper; None: there were none.
    """

    cards: tuple[Card, ...]
    queue: str
    title: str
    empty: str
    lines: tuple[Line, ...]
    share: int | None


class CasePage(Struct, frozen=True, forbid_unknown_fields=True):
    """All notices of a case."""

    number: str
    supplier: str
    person: str
    lines: tuple[Line, ...]


class Link(Struct, frozen=True, forbid_unknown_fields=True):
    """An act that is open now."""

    href: str
    label: str


class Happened(Struct, frozen=True, forbid_unknown_fields=True):
    """A line of a notice's history in words."""

    at: datetime
    sentence: str
    detail: str


class NoticePage(Struct, frozen=True, forbid_unknown_fields=True):
    """One notice: to whom, what, its history, and what can be done. `letter` is the address of its
    printed document, "" while there is none; `code` the company's access code,
    for the envelope alone.
    """

    number: str
    notice: Notice
    side: str
    channel: str
    state: State
    letter: str
    code: str
    history: tuple[Happened, ...]
    acts: tuple[Link, ...]


class ActPage(Struct, frozen=True, forbid_unknown_fields=True):
    """The form of one act. `sure`: the last look, `rows`, before something leaves the house."""

    number: str
    notice: Notice
    side: str
    act: str
    title: str
    key: str
    form: Typed
    errors: Mapping[str, str]
    sure: bool
    rows: tuple[tuple[str, str], ...]
    edital_days: int = EDITAL_DAYS


async def work_page(tx: Tx, queue: str) -> WorkPage:
    """The staff's list `queue`; an unknown name shows the first."""
    chosen = queue if queue in QUEUES else next(iter(QUEUES))
    counts, share = await work_counts(tx), await digital_share(tx, since=tx.now - SHARE_OVER)
    title, empty, _tone = _QUEUE_NAMES[chosen]
    zone = tx.tenant.timezone
    return WorkPage(
        cards=tuple(
            Card(key, _QUEUE_NAMES[key][0], counts[key], _tone_of(key, counts[key]))
            for key in QUEUES
        ),
        queue=chosen,
        title=title,
        empty=empty,
        lines=tuple(_line(one.notice, one.number, zone) for one in await work_list(tx, chosen)),
        share=round(100 * share.digital / share.total) if share.total else None,
    )


async def case_page(tx: Tx, actor: Actor, number: str) -> CasePage:
    """All notices of one case.

    Raises:
        NotFound, Forbidden: see `access.get_case`.
    """
    case = await get_case(tx, actor=actor, number=number)
    zone = tx.tenant.timezone
    return CasePage(
        number=case.number,
        supplier=case.supplier_name,
        person=case.person_name,
        lines=tuple(_line(one, case.number, zone) for one in await notices_of_case(tx, case.id)),
    )


async def notice_page(
    tx: Tx, actor: Actor, number: str, notice_id: UUID, *, secret: str
) -> NoticePage:
    """One notice of a case. `secret`: the installation's, from which access codes come.

    Raises:
        NotFound, Forbidden: no such notice in this case; see `access.get_case`.
    """
    case, notice = await found(tx, actor, number, notice_id)
    base = f"/equipe/processos/{case.number}/avisos/{notice.id}"
    siblings = [one for one in await notices_of_case(tx, case.id) if _same_act(one, notice)]
    may = allowed(actor, "staff:process")
    letter = await letter_by_id(tx, notice.letter_id) if notice.letter_id else None
    return NoticePage(
        number=case.number,
        notice=notice,
        side=SIDES[notice.side],
        channel=CHANNELS[notice.channel],
        state=state_of(notice, tx.tenant.timezone),
        letter=f"/documentos/{letter.code}" if letter else "",
        code=_envelope_code(tx, case, notice, secret) if may else "",
        history=tuple(map(_happened, await changes_of(tx, notice.id))),
        acts=tuple(
            Link(f"{base}/{act}", ACTS[act])
            for act in (_open_acts(notice, siblings) if may else ())
        ),
    )


async def act_page(
    tx: Tx,
    actor: Actor,
    place: tuple[str, UUID, str],
    *,
    form: Typed | None = None,
    errors: Mapping[str, str] | None = None,
    sure: bool = False,
) -> ActPage:
    """The form of an act on a notice; `place` is the case's number, the notice and the act.

    Raises:
        NotFound, Forbidden: no such act or notice; see `access.get_case`.
    """
    number, notice_id, act = place
    if act not in ACTS:
        raise NotFound("Não encontramos esta página.")
    case, notice = await found(tx, actor, number, notice_id)
    form = form or _first(tx, case, notice, act)
    return ActPage(
        number=case.number,
        notice=notice,
        side=SIDES[notice.side],
        act=act,
        title=ACTS[act],
        key=uuid5(notice.id, f"{act}/{actor.session_id}").hex,
        form=form,
        errors=errors or {},
        sure=sure,
        rows=_rows(case, notice, act, form) if sure else (),
    )


async def found(tx: Tx, actor: Actor, number: str, notice_id: UUID) -> tuple[CaseDetail, Notice]:
    """The case and its notice.

    Raises:
        NotFound, Forbidden: no such notice in this case; see `access.get_case`.
    """
    case = await get_case(tx, actor=actor, number=number)
    notice = await notice_of_case(tx, case.id, notice_id)
    if notice is None:
        raise NotFound("Não encontramos este aviso no processo.")
    return case, notice


def _first(tx: Tx, case: CaseDetail, notice: Notice, act: str) -> Typed:
    """What a form shows before anything was typed."""
    today = tx.now.astimezone(ZoneInfo(tx.tenant.timezone)).date()
    name = case.supplier_name if notice.side == "supplier" else case.person_name
    text = notice.summary if act == "edital" else ""
    # A card takes days to come back, so its day is not guessed.
    day = () if act == "retorno" else (str(today.day), str(today.month), str(today.year))
    dated = dict(zip(("quando_dia", "quando_mes", "quando_ano"), day, strict=False))
    return Typed(destinatario=name, rastreio=notice.tracking, texto=text, **dated)


def _open_acts(notice: Notice, siblings: list[Notice]) -> tuple[str, ...]:
    """What can be done now with a notice. `siblings`: of the same act and side, itself included."""
    if notice.channel == "ar" and notice.status in {"printed", "posted"}:
        return ("postagem",) if notice.status == "printed" else ("retorno",)
    if any(one.effective_at is not None for one in siblings) or notice.status == "wrong_party":
        return ()
    on_its_way = any(
        one.channel == "ar" and one.status in {"printed", "posted"} for one in siblings
    )
    letter = () if on_its_way else ("ar",)
    edital = ("edital",) if notice.side == "supplier" else ()
    again = ("reenviar",) if (notice.channel, notice.status) == ("email", "bounced") else ()
    return (*again, *letter, "pessoal", "comparecimento", *edital)


def _envelope_code(tx: Tx, case: CaseDetail, notice: Notice, secret: str) -> str:
    """The company's access code while its letter is being made ready, "" otherwise.

    The filed letter never shows it, for the consumer may read that one too.
    """
    if notice.side != "supplier" or notice.status != "printed" or not case.cip_round:
        return ""
    return access_code(secret, tx.tenant.slug, case.id, case.cip_round)


def _same_act(one: Notice, other: Notice) -> bool:
    return (one.source, one.side) == (other.source, other.side)


def _rows(case: CaseDetail, notice: Notice, act: str, form: Typed) -> tuple[tuple[str, str], ...]:
    """What leaves the house, to whom and how: read once more before it does."""
    common = (
        ("Processo", case.number),
        ("Quem é avisado", f"{SIDES[notice.side]}: {form.destinatario or notice.recipient_name}"),
        ("O que se avisa", notice.subject),
    )
    if act == "ar":
        to = parse_letter(form)
        tracking = (("Código de rastreio", to.tracking),) if to.tracking else ()
        return (
            *common,
            ("Meio", "Carta com aviso de recebimento (AR), pelos Correios"),
            ("Endereço", to.lines),
            *tracking,
        )
    if act == "reenviar":
        return (*common, ("Meio", "E-mail"), ("Endereço", form.email))
    published = f"{form.quando_dia}/{form.quando_mes}/{form.quando_ano}"
    return (
        *common,
        ("Meio", f"Edital, em {form.onde}"),
        ("Publicado em", published),
        ("Vale a partir de", f"{form.vale_dia}/{form.vale_mes}/{form.vale_ano}"),
        ("Texto", form.texto),
    )


def _line(notice: Notice, number: str, zone: str) -> Line:
    unread = notice.effective_at is None and notice.status == "sent"
    return Line(
        href=f"/equipe/processos/{number}/avisos/{notice.id}",
        number=number,
        side=SIDES[notice.side],
        recipient=notice.recipient_name,
        subject=notice.subject,
        channel=CHANNELS[notice.channel],
        made_at=notice.made_at,
        state=state_of(notice, zone),
        presumed_on=notice.tacit_due_at if unread else None,
    )


def _happened(change: Change) -> Happened:
    return Happened(change.at, _CHANGES[change.kind], change.detail)


def _tone_of(key: str, number: int) -> Tone:
    return _QUEUE_NAMES[key][2] if number else "neutral"
