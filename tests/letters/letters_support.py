"""Sample letters, and a reader that gets the text back out of a PDF."""

from __future__ import annotations

import hashlib
import io
import re
from datetime import UTC, datetime

import pikepdf

from procon.letters.models import (
    AnswerReceipt,
    Brand,
    Cip,
    CounterReceipt,
    FileItem,
    FilingReceipt,
    LetterDeadline,
    Stamp,
    Step,
)

LOGO = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">'
    b'<circle cx="32" cy="32" r="30" fill="#005a3c"/></svg>'
)
BRAND = Brand(
    body="Procon de Vila das Flores",
    city="Vila das Flores",
    uf="SP",
    check_url="https://procon.vila.example/verificar",
    timezone="America/Sao_Paulo",
    colour="#005a3c",
    logo_svg=LOGO,
    address="Avenida das Palmeiras, 1200",
    phone="(19) 3333-1510",
)
ISSUED = datetime(2026, 11, 25, 14, 3, 22, tzinfo=UTC)
STAMP = Stamp(code="7K3M9QXA2D5F", issued_at=ISSUED)
CIP_STAMP = Stamp(code="7K3M9QXA2D5F", issued_at=ISSUED, number=12, year=2026)
FILED = datetime(2026, 11, 20, 12, 0, 5, tzinfo=UTC)
DUE = datetime(2026, 12, 8, 2, 59, 59, tzinfo=UTC)


def file_item(name: str) -> FileItem:
    return FileItem(name, "PDF", 182_331, hashlib.sha256(name.encode()).hexdigest())


def cip(**changes: object) -> Cip:
    fields: dict[str, object] = {
        "case_number": "2026.000123-4",
        "supplier_name": "Lojas Boa Compra Ltda.",
        "supplier_cnpj": "12.ABC.345/01DE-35",
        "consumer_name": "Maria Aparecida de Souza",
        "consumer_cpf": "***.982.247-**",
        "subject": "Produtos › Eletrodoméstico",
        "filed_at": FILED,
        "facts": "A geladeira chegou com a porta amassada.\n\nLiguei três vezes.",
        "request": "A troca da geladeira.",
        "deadline": LetterDeadline(DUE, "Contamos 10 dias corridos a partir de 26/11/2026."),
        "answer_url": "https://procon.vila.example/fornecedor/2026.000123-4",
        "issued_by": "Ana Beatriz Lima",
        "files": (file_item("fatura.pdf"),),
    }
    return Cip(**{**fields, **changes})  # type: ignore[arg-type]  # a table of plain values


def filing_receipt(**changes: object) -> FilingReceipt:
    fields: dict[str, object] = {
        "case_number": "2026.000123-4",
        "filed_at": FILED,
        "consumer_name": "Maria Aparecida de Souza",
        "supplier_name": "Lojas Boa Compra Ltda.",
        "subject": "Produtos › Eletrodoméstico",
        "facts": "A geladeira chegou com a porta amassada.",
        "request": "A troca da geladeira.",
        "follow_url": "https://procon.vila.example/processos/2026.000123-4",
        "steps": (Step("Um atendente lê a sua reclamação.", "até 27/11/2026"),),
    }
    return FilingReceipt(**{**fields, **changes})  # type: ignore[arg-type]  # as above


COUNTER = CounterReceipt(
    case_number="2026.000123-4",
    filed_at=FILED,
    consumer_name="Maria Aparecida de Souza",
    supplier_name="Lojas Boa Compra Ltda.",
    subject="Produtos › Eletrodoméstico",
    service_point="Posto Centro, guichê 4",
    attendant="José Carlos",
    find_url="https://procon.vila.example/processos/2026.000123-4",
    papers=("Nota fiscal 8812", "Documento de identidade"),
    steps=(Step("Um analista lê a sua reclamação.", "até 27/11/2026"),),
)
ANSWER = AnswerReceipt(
    case_number="2026.000123-4",
    answered_at=FILED,
    supplier_name="Lojas Boa Compra Ltda.",
    answered_by="Carlos Pereira",
    kind="Resposta com proposta de solução",
    text_sha256="ab" * 32,
    text_length=1843,
    due_at=DUE,
    late=False,
    files=(file_item("proposta.pdf"),),
)
SAMPLES = {
    "cip": (cip(), CIP_STAMP),
    "filing_receipt": (filing_receipt(), STAMP),
    "counter_receipt": (COUNTER, STAMP),
    "answer_receipt": (ANSWER, STAMP),
}

_CHAR = re.compile(rb"<([0-9A-F]{4})> <([0-9A-F]+)>")


def opened(pdf: bytes) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(pdf))


def text_of(pdf: bytes) -> str:
    """The text of all pages in drawing order, without any white space or line breaks.

    Follows each font's ToUnicode table, and ActualText where typst wrote one.
    """
    with opened(pdf) as document:
        return "".join("".join(_page_text(page)) for page in document.pages)


def _page_text(page: pikepdf.Page) -> list[str]:
    tables = {name: _table(font) for name, font in page.Resources.Font.items()}
    table: dict[int, str] = {}
    out: list[str] = []
    actual: list[str | None] = []
    for operands, operator in pikepdf.parse_content_stream(page):
        match str(operator):
            case "Tf":
                table = tables[str(operands[0])]
            case "BDC":
                held = operands[1]
                given = held.get("/ActualText") if isinstance(held, pikepdf.Dictionary) else None
                actual.append(None if given is None else str(given))
                out.append(actual[-1] or "")
            case "BMC":
                actual.append(None)
            case "EMC":
                actual.pop()
            case "TJ" | "Tj" if all(text is None for text in actual):
                out.extend(_shown(operands[0], table))
    return ["".join(piece.split()) for piece in out]


def _shown(operand: object, table: dict[int, str]) -> list[str]:
    pieces = operand if isinstance(operand, pikepdf.Array) else [operand]
    out = []
    for piece in pieces:
        if isinstance(piece, pikepdf.String):
            raw = bytes(piece)
            out += [table[int.from_bytes(raw[i : i + 2])] for i in range(0, len(raw), 2)]
    return out


def _table(font: pikepdf.Object) -> dict[int, str]:
    cmap = font.ToUnicode.read_bytes()
    return {
        int(glyph, 16): bytes.fromhex(text.decode()).decode("utf-16-be")
        for glyph, text in _CHAR.findall(cmap)
    }
