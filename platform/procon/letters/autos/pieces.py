"""What the autos of a case consist of, as both parties may see it, in the order of time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from procon.answers.queries import answers_of_case, rating_of_case
from procon.cases.log import Entry, entries
from procon.cases.moves import workflow_of
from procon.cases.pages import author_of, telling_of
from procon.cases.queries import CaseDetail
from procon.cases.taxonomy import subject_title
from procon.evidence.content import TYPES
from procon.evidence.queries import StoredFile, files_of_case
from procon.kernel.documents import format_cnpj, mask_cpf
from procon.kernel.money import format_brl
from procon.letters.commands import letter_key
from procon.letters.pages import full_title
from procon.letters.queries import Letter, case_letters
from procon.letters.typeset.render import grouped, moment_shown, size_shown
from procon.letters.wording.documents import AUTOS
from procon.process.queries import FilingRow, filings_of_case
from procon.tenancy.scope import Tx

Facts = tuple[tuple[str, str], ...]
ONE_FILE_MOST = 60 * 1024 * 1024
ALL_FILES_MOST = 200 * 1024 * 1024
_SIDES = {"staff": "Procon", "consumer": "consumidor", "supplier": "empresa"}
_NO_PAGES = "Este tipo de arquivo não tem folhas para mostrar."
_TOO_LARGE = "O arquivo é grande demais para entrar neste volume."
_CHECKING = "O arquivo ainda está em conferência."


class LogRow(Struct, frozen=True):
    """An act as the log of the autos prints it."""

    place: int
    when: str
    act: str
    sentence: str
    detail: str
    author: str
    hash: str


class Piece(Struct, frozen=True):
    """One piece of the autos. `key`: where its bytes are in S3; `link`: where people get them."""

    kind: Literal["pdf", "photo", "sheet", "text", "log"]
    title: str
    at: datetime
    facts: Facts = ()
    text: str = ""
    key: str = ""
    size: int = 0
    link: str = ""
    reason: str = ""
    rows: tuple[LogRow, ...] = ()


async def pieces_of(tx: Tx, case: CaseDetail, url: Callable[[str], str]) -> list[Piece]:
    """Every piece, the log last. `url`: absolute address of a path on the city's host."""
    zone = ZoneInfo(tx.tenant.timezone)
    found = [_complaint(case, zone)]
    for letter in await case_letters(tx, case.id):
        if letter.only_for:
            found.append(_private(letter, zone))
        elif letter.kind != AUTOS:
            facts = (("Código", grouped(letter.code)), ("SHA-256", letter.sha256.hex()))
            found.append(
                Piece(
                    "pdf",
                    full_title(letter),
                    letter.created_at,
                    facts,
                    key=letter_key(tx.tenant.slug, letter.id),
                    size=letter.size,
                    link=url(f"/documentos/{letter.code}"),
                )
            )
    found += await _answers(tx, case, zone)
    filings = await filings_of_case(tx, case.id)
    # Words without a document type of their own are in the act's letter and in the log.
    found += [_filing(one, case, zone) for one in filings if one.code]
    found += [
        _file(one, zone, url)
        for one in await files_of_case(tx, case.id)
        if one.state in ("kept", "checking")
    ]
    found.sort(key=lambda piece: piece.at)
    return [*_within_limits(found), _log(await entries(tx, case.id, internal=False), zone, tx.now)]


def _complaint(case: CaseDetail, zone: ZoneInfo) -> Piece:
    told = [case.narrative]
    if case.tried:
        told.append(f"O que já foi tentado: {case.tried}")
    told.append(f"O que o consumidor pede: {case.wish}")
    return Piece(
        "text",
        "Reclamação",
        case.created_at,
        (
            ("Registrada em", moment_shown(case.created_at, zone)),
            *parties(case),
            ("Assunto", subject_title(case.subject)),
            ("Valor", "" if case.amount is None else format_brl(case.amount)),
        ),
        "\n\n".join(told),
    )


def parties(case: CaseDetail) -> Facts:
    """Who is who; the CPF is never whole, for the other party reads this too."""
    return (
        ("Consumidor(a)", case.person_name),
        ("CPF", mask_cpf(case.person_cpf) if case.person_cpf else ""),
        ("Fornecedor", case.supplier_name),
        ("CNPJ", format_cnpj(case.supplier_cnpj) if case.supplier_cnpj else ""),
    )


def _private(letter: Letter, zone: ZoneInfo) -> Piece:
    """A letter that shows where one party lives: the other one reads the autos too."""
    return Piece(
        "text",
        full_title(letter),
        letter.created_at,
        (
            ("Emitido em", moment_shown(letter.created_at, zone)),
            ("Código", grouped(letter.code)),
            ("SHA-256", letter.sha256.hex()),
        ),
        "Esta carta traz o endereço de uma das partes. Por isso, só ela e o Procon têm a cópia.",
    )


async def _answers(tx: Tx, case: CaseDetail, zone: ZoneInfo) -> list[Piece]:
    found = [
        Piece(
            "text",
            "Resposta da empresa à CIP",
            one.submitted_at,
            (
                ("Enviada em", moment_shown(one.submitted_at, zone)),
                ("Por", one.author),
                ("Prazo", "fora do prazo" if one.late else "dentro do prazo"),
                ("SHA-256", one.sha256),
            ),
            one.text,
        )
        for one in await answers_of_case(tx, case.id)
    ]
    rating = await rating_of_case(tx, case.id)
    if rating is not None:
        verdict = "Problema resolvido" if rating.solved else "Problema não resolvido"
        facts = (
            ("Enviada em", moment_shown(rating.rated_at, zone)),
            ("Avaliação", f"{verdict}, nota {rating.stars} de 5"),
        )
        found.append(Piece("text", "Avaliação do consumidor", rating.rated_at, facts, rating.why))
    return found


def _filing(one: FilingRow, case: CaseDetail, zone: ZoneInfo) -> Piece:
    workflow = workflow_of(case.procedure)
    side = _SIDES.get(one.side, "")
    return Piece(
        "text",
        workflow.transition(one.transition).act,
        one.filed_at,
        (
            ("Juntada em", moment_shown(one.filed_at, zone)),
            ("Por", f"{one.author} ({side})" if side else one.author),
            ("Resultado", workflow.outcomes.get(one.outcome, "")),
            ("Prazo", "fora do prazo" if one.late else ""),
            ("SHA-256", one.sha256),
        ),
        one.text,
    )


def _file(file: StoredFile, zone: ZoneInfo, url: Callable[[str], str]) -> Piece:
    kind = TYPES[file.media_type][0] if file.media_type in TYPES else "Arquivo"
    size = file.declared_size if file.size is None else file.size
    at = file.attached_at or file.created_at
    whole = Piece(
        "sheet",
        f"{kind}: {file.name}",
        at,
        (
            ("Juntado em", moment_shown(at, zone)),
            ("Arquivo", file.name),
            ("Tipo e tamanho", f"{kind}, {size_shown(size)}"),
            ("SHA-256", file.sha256),
        ),
        size=size,
        link=url(f"/arquivos/{file.id}/baixar"),
        reason=_NO_PAGES,
    )
    if file.state == "checking":
        return replace(whole, reason=_CHECKING)
    if file.media_type == "application/pdf":
        return replace(whole, kind="pdf", key=file.object_key, reason="")
    if file.copy_key is not None:
        # The copy, not the original: it does not tell where a person lives.
        return replace(whole, kind="photo", key=file.copy_key, reason="")
    return whole


def _log(log: list[Entry], zone: ZoneInfo, now: datetime) -> Piece:
    rows = []
    for entry in log:
        told = telling_of(entry.act.event, zone)
        rows.append(
            LogRow(
                place=entry.act.seq,
                when=moment_shown(entry.act.at, zone),
                act=told.act,
                sentence=str(told.sentence),
                detail=told.detail,
                author=author_of(entry),
                hash=entry.hash,
            )
        )
    text = (
        "Cada ato tem um código (SHA-256) que depende de todos os anteriores: mudar um deles"
        " desmente os seguintes. Números que faltam são atos internos da equipe, que contam na"
        " sequência, mas não são mostrados às partes."
    )
    return Piece("log", "Registro dos atos", now, text=text, rows=tuple(rows))


def _within_limits(pieces: list[Piece]) -> list[Piece]:
    """Files beyond what one volume holds become sheets."""
    kept, total = [], 0
    for piece in pieces:
        if piece.key and (piece.size > ONE_FILE_MOST or total + piece.size > ALL_FILES_MOST):
            kept.append(as_sheet(piece, _TOO_LARGE))
        else:
            total += piece.size if piece.key else 0
            kept.append(piece)
    return kept


def as_sheet(piece: Piece, reason: str) -> Piece:
    """The sheet that stands where the piece's own pages cannot."""
    return replace(piece, kind="sheet", key="", reason=reason)
