"""A case in words for people: its status, its deadline and its history in two layers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import escape
from msgspec import Struct, structs

from procon.auth.actor import Actor
from procon.cases.log import Entry
from procon.cases.queries import CaseDetail
from procon.cases.standard import STANDARD
from procon.cases.standard.states import ENDED
from procon.deadlines.compute import days_left
from procon.deadlines.compute import status as deadline_status
from procon.ext.events import (
    ActRecorded,
    AnswerMissed,
    AnswerRated,
    AnswerSubmitted,
    CaseAssigned,
    CaseCompleted,
    CaseMoved,
    CaseOpened,
    CaseRedirected,
    CaseReturned,
    CipIssued,
    Event,
    FileAdded,
    NoteWritten,
    RatingExpired,
    SupplierCorrected,
    SupplierEntered,
    WrongCompanyDeclared,
)
from procon.ext.slots import Panel
from procon.portal.render import date_and_hour, file_size, keep_lines, plural
from procon.portal.shell import TimelineEntry, Tone
from procon.tenancy.scope import Tx

CasePanel = Callable[..., Awaitable[Panel | tuple[Panel, ...] | None]]


class StatusLabel(Struct, frozen=True, forbid_unknown_fields=True):
    """The status as a tag shows it."""

    text: str
    tone: Tone


class DeadlineBadge(Struct, frozen=True, forbid_unknown_fields=True):
    """The running deadline as a badge shows it; `due` is date and hour of the city's clock."""

    text: str
    state: str
    due: str


class Telling(Struct, frozen=True, forbid_unknown_fields=True):
    """One event in words: for people, and as a formal act."""

    sentence: str
    act: str
    norm: str = ""
    detail: str = ""


# A closed case is told by how it ended.
_GOOD = frozenset({"RESOLVIDA", "ACORDO", "ACORDO_CUMPRIDO", "FUND_ATENDIDA"})
_BAD = frozenset({"NAO_RESOLVIDA", "FUND_NAO_ATENDIDA", "ACORDO_DESCUMPRIDO"})
_PEOPLE: Mapping[str, str] = MappingProxyType(
    {"citizen": "consumidor", "supplier": "empresa", "staff": "equipe do Procon"}
)


async def panels_of(
    tx: Tx, panels: Sequence[CasePanel], *, actor: Actor, side: str, case: CaseDetail
) -> tuple[Panel, ...]:
    """The boxes that the slices add to a case's page, in the order of the application's list."""
    found: list[Panel] = []
    for panel in panels:
        boxes = await panel(tx, actor=actor, side=side, case=case)
        found += boxes if isinstance(boxes, tuple) else () if boxes is None else (boxes,)
    return tuple(found)


def status_label(status: str, outcome: str = "") -> StatusLabel:
    """Words and tone of a case's status. `outcome` matters only for a closed case.

    Raises:
        KeyError: no such status.
    """
    state = STANDARD.state(status)
    if status == "closed" and outcome in STANDARD.outcomes:
        tone: Tone = "success" if outcome in _GOOD else "danger" if outcome in _BAD else "neutral"
        ending = STANDARD.outcomes[outcome]
        return StatusLabel(f"Encerrado: {ending[0].lower()}{ending[1:]}", tone)
    return StatusLabel(state.title, state.tone)


def badge_of(
    due_at: datetime | None, status: str, *, now: datetime, tz: str
) -> DeadlineBadge | None:
    """The badge of the deadline that runs now, or None when none does."""
    if due_at is None or status in ENDED:
        return None
    left = days_left(due_at, now, tz)
    if left < 0:
        text = f"Venceu há {plural(-left, 'dia', 'dias')}"
    elif left == 0:
        text = "Vence hoje"
    else:
        text = f"{'Falta' if left == 1 else 'Faltam'} {plural(left, 'dia', 'dias')}"
    return DeadlineBadge(
        text=text,
        state=deadline_status(due_at, now, tz),
        due=f"até {date_and_hour(due_at, ZoneInfo(tz))}",
    )


def timeline_of(entries: Iterable[Entry], tz: str) -> tuple[TimelineEntry, ...]:
    """The log as the page shows it, the newest act first. `tz` is the city's time zone.

    Which entries may be seen is decided by `log.entries(internal=…)`, not here.
    """
    zone = ZoneInfo(tz)
    return tuple(_line(entry, zone) for entry in entries)[::-1]


def _line(entry: Entry, zone: ZoneInfo) -> TimelineEntry:
    told = telling_of(entry.act.event, zone)
    if entry.kind == "note_written" and entry.act.actor_name:
        # Colleagues read notes by who wrote them.
        told = structs.replace(told, sentence=escape(f"{entry.act.actor_name}: ") + told.sentence)
    return TimelineEntry(
        when=entry.act.at,
        sentence=told.sentence,
        act=told.act,
        author=author_of(entry),
        norm=told.norm,
        hash=entry.hash,
        internal=entry.internal,
        detail=told.detail,
    )


def author_of(entry: Entry) -> str:
    """Who acted, and on whose side: "Maria Silva (consumidor)"."""
    side = _PEOPLE.get(entry.act.actor.partition(":")[0], "")
    name = entry.act.actor_name
    if not name:
        return side.capitalize() or "Sistema"
    return f"{name} ({side})" if side else name


def telling_of(event: Event, zone: ZoneInfo) -> Telling:
    """One event in words.

    Raises:
        KeyError: an event without words (a test goes through all of them).
    """
    return _TELLINGS[type(event)](event, zone)


def _opened(event: CaseOpened, _zone: ZoneInfo) -> Telling:
    where = "no atendimento do Procon" if event.channel == "post" else "pela internet"
    point = f" ({event.service_point})" if event.service_point else ""
    return Telling(
        f"A reclamação contra {event.supplier_name} foi registrada {where}{point}.",
        "Registro da reclamação",
    )


def _returned(event: CaseReturned, zone: ZoneInfo) -> Telling:
    until = date_and_hour(event.due_at, zone)
    return Telling(
        f"O Procon pediu ao consumidor o que faltava, até {until}.",
        "Pedido de complementação",
        detail=event.reason,
    )


def _completed(event: CaseCompleted, _zone: ZoneInfo) -> Telling:
    return Telling(
        "O consumidor enviou o que faltava.", "Complementação da reclamação", detail=event.text
    )


def _redirected(event: CaseRedirected, _zone: ZoneInfo) -> Telling:
    return Telling(
        f"O Procon encaminhou o consumidor a quem pode ajudar: {event.body}.",
        "Encaminhamento a outro órgão",
        detail=event.reason,
    )


def _assigned(event: CaseAssigned, _zone: ZoneInfo) -> Telling:
    return Telling(f"{event.to_name} ficou responsável pelo processo.", "Distribuição")


def _noted(event: NoteWritten, _zone: ZoneInfo) -> Telling:
    # The note itself is what colleagues look for, so it is not hidden in the second layer.
    return Telling(keep_lines(event.text), "Nota interna")


def _issued(event: CipIssued, zone: ZoneInfo) -> Telling:
    until = date_and_hour(event.due_at, zone)
    return Telling(
        f"O Procon avisou {event.supplier_name}, que pode responder até {until}.",
        "Emissão da Carta de Informações Preliminares (CIP)",
        norm=event.legal_basis,
        detail=event.explanation,
    )


def _entered(event: SupplierEntered, _zone: ZoneInfo) -> Telling:
    how = "com o código de acesso da CIP" if event.by == "access_code" else "pelo gov.br"
    return Telling(
        "A empresa abriu o processo pela primeira vez.",
        "Ciência da empresa",
        detail=f"Entrou {how}.",
    )


def _supplier_corrected(event: SupplierCorrected, _zone: ZoneInfo) -> Telling:
    return Telling(
        f"O Procon corrigiu a empresa: de {event.before} para {event.supplier_name}.",
        "Correção do fornecedor",
    )


def _answered(event: AnswerSubmitted, _zone: ZoneInfo) -> Telling:
    late = " depois do prazo" if event.late else ""
    files = f" Enviou {plural(event.files, 'arquivo', 'arquivos')}." if event.files else ""
    return Telling(
        f"A empresa respondeu{late}.{files}",
        "Resposta à CIP fora do prazo" if event.late else "Resposta à CIP",
        detail=f"Código da resposta (SHA-256): {event.sha256}",
    )


def _answer_missed(event: AnswerMissed, _zone: ZoneInfo) -> Telling:
    return Telling(
        f"{event.supplier_name} não respondeu no prazo. O Procon vai decidir o próximo passo.",
        "Decurso do prazo da CIP sem resposta",
    )


def _wrong_company(event: WrongCompanyDeclared, _zone: ZoneInfo) -> Telling:
    return Telling(
        "Quem recebeu o aviso disse que a reclamação não é da sua empresa. O Procon vai conferir.",
        "Declaração de empresa errada",
        detail=event.text,
    )


def _rated(event: AnswerRated, _zone: ZoneInfo) -> Telling:
    verdict = "foi resolvido" if event.solved else "não foi resolvido"
    return Telling(
        f"O consumidor disse que o problema {verdict} e deu nota {event.stars} de 5.",
        "Avaliação do consumidor e encerramento",
        detail=event.why,
    )


def _rating_expired(_event: RatingExpired, _zone: ZoneInfo) -> Telling:
    return Telling(
        "O prazo para avaliar terminou e o processo foi encerrado sem avaliação."
        " Isso não quer dizer que o problema foi resolvido.",
        "Encerramento sem avaliação",
    )


def _file_added(event: FileAdded, _zone: ZoneInfo) -> Telling:
    return Telling(
        f"O arquivo “{event.name}” ({file_size(event.size)}) entrou no processo.",
        "Juntada de arquivo",
        detail=f"Código do arquivo (SHA-256): {event.sha256}",
    )


def _moved(event: CaseMoved, _zone: ZoneInfo) -> Telling:
    proof = f"Código do documento (SHA-256): {event.filing_sha256}" if event.filing_sha256 else ""
    parts = (event.text, event.explanation, proof)
    return Telling(
        event.sentence, event.act, event.norm, detail="\n".join(part for part in parts if part)
    )


def _act_recorded(event: ActRecorded, _zone: ZoneInfo) -> Telling:
    return Telling(event.sentence, event.act, event.norm, event.detail)


_TELLINGS: Mapping[type[Event], Callable[[Any, ZoneInfo], Telling]] = MappingProxyType(
    {
        CaseOpened: _opened,
        CaseReturned: _returned,
        CaseCompleted: _completed,
        CaseRedirected: _redirected,
        CaseAssigned: _assigned,
        NoteWritten: _noted,
        CipIssued: _issued,
        SupplierEntered: _entered,
        SupplierCorrected: _supplier_corrected,
        AnswerSubmitted: _answered,
        AnswerMissed: _answer_missed,
        WrongCompanyDeclared: _wrong_company,
        AnswerRated: _rated,
        RatingExpired: _rating_expired,
        FileAdded: _file_added,
        CaseMoved: _moved,
        ActRecorded: _act_recorded,
    }
)
