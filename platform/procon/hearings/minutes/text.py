"""What the minutes of a hearing say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from zoneinfo import ZoneInfo

from msgspec import Struct

from procon.agreements.schedule import Instalment, shown
from procon.cases.queries import CaseDetail
from procon.hearings.commands import place_of
from procon.hearings.live.commands import last_words, minutes_digest, signatures
from procon.hearings.queries import (
    ClauseRow,
    HearingRow,
    MoveRow,
    PartyRow,
    VerdictRow,
    shares_of,
)
from procon.kernel.documents import format_cnpj, mask_cpf
from procon.kernel.money import format_brl
from procon.letters.models import Block, Run, Worded
from procon.portal.render import date_and_hour

CODE = "TAU"
TITLE = "Termo de audiência"
RESULTS: Mapping[str, str] = MappingProxyType(
    {
        "agreement": "Acordo",
        "partial": "Acordo sobre uma parte do pedido",
        "no_agreement": "Sem acordo",
        "consumer_absent": "O consumidor não compareceu",
        "supplier_absent": "A empresa não compareceu",
        "both_absent": "Nenhuma das partes compareceu",
        "rescheduled": "Audiência remarcada",
    }
)
_SIGNED = (
    "Este arquivo leva a assinatura eletrônica do Procon, que pode ser conferida em um leitor de"
    " PDF. Qualquer mudança no arquivo a desfaz."
)
SIDES: Mapping[str, str] = MappingProxyType({"consumer": "Consumidor", "supplier": "Empresa"})
METHODS: Mapping[str, str] = MappingProxyType(
    {
        "login": "com a própria conta",
        "code": "com a própria conta e o código enviado por e-mail",
        "presence": "de viva voz, na presença do conciliador",
    }
)


class Minutes(Struct, frozen=True):
    """All that was recorded of one hearing."""

    case: CaseDetail
    hearing: HearingRow
    parties: list[PartyRow]
    clauses: list[ClauseRow]
    verdicts: list[VerdictRow]
    moves: list[MoveRow]
    timezone: str


def minutes_text(minutes: Minutes, *, signed: bool) -> Worded:
    """The minutes as a document: who, what was agreed, who accepted and how.

    Args:
        signed: the file will carry the city's electronic signature.
    """
    hearing = minutes.hearing
    blocks = [
        *_facts(minutes),
        _heading("Quem compareceu"),
        *_present(minutes),
        _heading("O que ficou escrito"),
        *_clauses(minutes),
        _heading("Resultado"),
        *_result(minutes),
    ]
    if hearing.result not in ("consumer_absent", "supplier_absent", "both_absent"):
        blocks += [_heading("Aceite do termo"), *_accepted(minutes)]
    if signed:
        blocks.append(_paragraph(_SIGNED))
    return Worded(
        case_number=minutes.case.number,
        title=TITLE,
        wording_version=0,
        blocks=tuple(blocks),
        issued_by=hearing.closed_by[:300],
    )


def _facts(minutes: Minutes) -> list[Block]:
    case, hearing, zone = minutes.case, minutes.hearing, ZoneInfo(minutes.timezone)
    cpf = f", CPF {mask_cpf(case.person_cpf)}" if case.person_cpf else ""
    cnpj = f", CNPJ {format_cnpj(case.supplier_cnpj)}" if case.supplier_cnpj else ""
    place = place_of(hearing.room_name, hearing.room_kind, hearing.room_address)
    ended = date_and_hour(hearing.closed_at, zone) if hearing.closed_at else ""
    told = [
        ("Processo", case.number),
        ("Consumidor(a)", f"{case.person_name}{cpf}"),
        ("Empresa", f"{case.supplier_name}{cnpj}"),
        ("Marcada para", date_and_hour(hearing.starts_at, zone)),
        ("Encerrada em", ended),
        ("Lugar", place),
        ("Conciliador(a)", hearing.closed_by),
    ]
    items = tuple((Run(f"{name}: ", bold=True), Run(value)) for name, value in told if value)
    return [Block("bullets", 0, items)]


def _present(minutes: Minutes) -> list[Block]:
    if not minutes.parties:
        return [_paragraph("Ninguém compareceu.")]
    zone = ZoneInfo(minutes.timezone)
    return [
        Block("bullets", 0, tuple((Run(_arrival(one, zone)),) for one in minutes.parties)),
    ]


def _arrival(one: PartyRow, zone: ZoneInfo) -> str:
    document = f"documento conferido: {one.document}" if one.document else ""
    # "Consumidor, Consumidor" says one thing twice.
    about = dict.fromkeys((SIDES[one.side], one.role, document))
    kept = ", ".join(part for part in about if part)
    return f"{one.name} ({kept}), às {one.arrived_at.astimezone(zone):%Hh%M}"


def _clauses(minutes: Minutes) -> list[Block]:
    if not minutes.clauses:
        return [_paragraph("Nenhuma cláusula foi escrita.")]
    words = last_words(minutes.clauses, minutes.verdicts)
    items = []
    for clause in minutes.clauses:
        said = [words[clause.id, side] for side in SIDES if (clause.id, side) in words]
        note = "; ".join(_said(one) for one in said)
        items.append((Run(clause.text), *((Run(f"\n{note}.", italic=True),) if note else ())))
    return [Block("numbers", 0, tuple(items))]


def _said(one: VerdictRow) -> str:
    if one.verdict == "accepts":
        return f"{SIDES[one.side]}: aceita"
    return f"{SIDES[one.side]}: não aceita" + (f" ({one.remark})" if one.remark else "")


def _result(minutes: Minutes) -> list[Block]:
    hearing = minutes.hearing
    blocks = [Block("paragraph", 0, ((Run(f"{RESULTS[hearing.result]}.", bold=True),),))]
    if hearing.total:
        blocks.append(_paragraph(f"Valor total: {format_brl(hearing.total)}."))
    parts = [
        Instalment(date.fromisoformat(one.due_on), Decimal(one.amount), one.what)
        for one in shares_of(hearing)
    ]
    if parts:
        lines = tuple((Run(f"até {one.due_on:%d/%m/%Y}: {shown(one)}"),) for one in parts)
        blocks.append(Block("numbers", 0, lines))
    if hearing.result == "rescheduled" and minutes.moves:
        zone = ZoneInfo(minutes.timezone)
        blocks.append(_paragraph(f"Novo horário: {date_and_hour(minutes.moves[-1].to_at, zone)}."))
    if hearing.remark:
        blocks.append(_paragraph(hearing.remark))
    return blocks


def _accepted(minutes: Minutes) -> list[Block]:
    zone = ZoneInfo(minutes.timezone)
    signed = signatures(minutes.hearing.id, minutes.clauses, minutes.verdicts)
    if not signed:
        return [_paragraph("Nenhuma das partes deu o aceite a este termo.")]
    items = tuple((Run(_signature(one, zone)),) for one in signed.values())
    digest = minutes_digest(minutes.hearing.id, minutes.clauses)
    return [
        Block("bullets", 0, items),
        Block("quote", 0, ((Run(f"Código do texto aceito (SHA-256):\n{digest}"),),)),
    ]


def _signature(one: VerdictRow, zone: ZoneInfo) -> str:
    at: datetime = one.given_at
    return f"{SIDES[one.side]}: {one.author}, {METHODS[one.method]}, em {date_and_hour(at, zone)}"


def _heading(text: str) -> Block:
    return Block("heading", 1, ((Run(text),),))


def _paragraph(text: str) -> Block:
    return Block("paragraph", 0, ((Run(text),),))
