"""The company's open cases as a spreadsheet with an empty column for the answers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

import xlsxwriter

HEADER = (
    "Processo",
    "Consumidor",
    "Empresa",
    "CNPJ",
    "Assunto",
    "O que aconteceu",
    "O que o consumidor pede",
    "Prazo",
    "Resposta",
)
_WIDTHS = (20, 28, 28, 20, 28, 60, 40, 22, 60)
# A spreadsheet takes a cell that starts so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
_CELL_MOST = 32_000


def safe(text: str) -> str:
    """Text that no spreadsheet program computes, whatever a consumer wrote."""
    shown = text[:_CELL_MOST]
    return f"'{shown}" if shown.lstrip(" ").startswith(_FORMULA) else shown


def as_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """UTF-8 with the mark that makes Excel read accents, semicolons as it expects in Brazil."""
    kept = io.StringIO()
    writer = csv.writer(kept, delimiter=";", lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerow(HEADER)
    writer.writerows([safe(cell) for cell in row] for row in rows)
    return kept.getvalue().encode("utf-8-sig")


def as_xlsx(rows: Iterable[Sequence[str]]) -> bytes:
    """The same as a workbook: every cell is text."""
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept, {"constant_memory": True, "in_memory": False}) as book:
        sheet = book.add_worksheet("Processos")
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        wrap = book.add_format({"text_wrap": True, "valign": "top"})
        for column, width in enumerate(_WIDTHS):
            sheet.set_column(column, column, width)
        sheet.freeze_panes(1, 1)
        for line, row in enumerate([HEADER, *rows]):
            for column, cell in enumerate(row):
                sheet.write_string(line, column, safe(cell), wrap if line else bold)
    return kept.getvalue()
