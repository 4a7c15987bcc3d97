"""A spreadsheet as rows of text. Nothing in it is computed, and its size is bounded before it is
opened."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from typing import IO, Any

import openpyxl
from msgspec import Struct

from procon.kernel.errors import Invalid
from procon.kernel.text import clean, search_key

MIB = 1024 * 1024
MOST_BYTES = 10 * MIB
# What the archive of an XLSX may unfold to, and in how many parts.
MOST_UNFOLDED = 64 * MIB
MOST_PARTS = 300
MOST_ROWS = 10_000
MOST_COLUMNS = 60
# Blank rows that a program left behind the data are read past, but not for ever.
MOST_SCANNED = 1_100_000
MOST_TEXT = 20_000

NUMBER, ANSWER = "processo", "resposta"
TOO_MANY = (
    "A planilha tem mais de 10.000 linhas. Divida em planilhas menores e envie uma de cada vez."
)
_UNREADABLE = "Não foi possível ler a planilha. Salve como XLSX ou CSV, sem senha, e envie de novo."


class Line(Struct, frozen=True):
    """A row with something in it: its number in the sheet (from 1), the case, the answer."""

    line: int
    number: str
    text: str


def read_sheet(stream: IO[bytes]) -> list[Line]:
    """The rows of an XLSX or CSV file. Formulas come as the text that was typed.

    Raises:
        Invalid: field `planilha` says why it cannot be read.
    """
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    if size == 0:
        raise wrong("O arquivo está vazio. Escolha outro.")
    if size > MOST_BYTES:
        raise wrong("A planilha passa de 10 MB. Divida em planilhas menores.")
    if zipfile.is_zipfile(stream):
        stream.seek(0)
        return list(_lines(_xlsx(stream)))
    stream.seek(0)
    return list(_lines(_csv(stream.read())))


def wrong(sentence: str) -> Invalid:
    """The refusal of a whole file."""
    return Invalid({"planilha": sentence}, reason=sentence)


def _lines(rows: Iterable[tuple[int, list[str]]]) -> Iterator[Line]:
    """Rows below the header, blank ones left out."""
    columns: dict[str, int] | None = None
    kept = 0
    for line, cells in rows:
        if not any(cells):
            continue
        if columns is None:
            columns = _columns(cells)
            continue
        kept += 1
        if kept > MOST_ROWS:
            raise wrong(TOO_MANY)
        number, text = (_cell(cells, columns[name]) for name in (NUMBER, ANSWER))
        yield Line(line, clean(number, 40), text)
    if columns is None:
        raise wrong("A planilha está vazia.")


def _columns(header: list[str]) -> dict[str, int]:
    names = [search_key(cell) for cell in header]
    missing = [name for name in (NUMBER, ANSWER) if name not in names]
    if missing:
        raise wrong(
            "A primeira linha precisa ter as colunas Processo e Resposta."
            f" Falta: {', '.join(missing)}. Baixe a planilha desta página e preencha nela."
        )
    return {name: names.index(name) for name in (NUMBER, ANSWER)}


def _cell(cells: list[str], place: int) -> str:
    return cells[place] if place < len(cells) else ""


def _csv(raw: bytes) -> Iterator[tuple[int, list[str]]]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        # What Excel saves in Brazil unless told otherwise.
        text = raw.decode("cp1252", errors="replace")
    text = text.replace("\0", "")
    first = text.split("\n", 1)[0]
    delimiter = max(";,\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            yield reader.line_num, [cell.strip()[: MOST_TEXT + 1] for cell in row[:MOST_COLUMNS]]
    except csv.Error as error:
        line = reader.line_num + 1
        raise wrong(f"Não foi possível ler a linha {line}. Confira as aspas.") from error


def _xlsx(stream: IO[bytes]) -> Iterator[tuple[int, list[str]]]:
    """The first sheet. The archive's own list of sizes is checked before anything is unfolded;
    zipfile never reads more of a part than that list says."""
    _check_archive(stream)
    try:
        book = openpyxl.load_workbook(stream, read_only=True, data_only=False, keep_links=False)
        rows = book.worksheets[0].iter_rows(max_col=MOST_COLUMNS, values_only=True)
        for line, row in enumerate(rows, start=1):
            if line > MOST_SCANNED:
                raise wrong(TOO_MANY)
            yield line, [_text(value) for value in row]
    except Invalid:
        raise
    except Exception as error:
        # A broken or hostile file fails in as many ways as the library has lines.
        raise wrong(_UNREADABLE) from error


def _check_archive(stream: IO[bytes]) -> None:
    try:
        with zipfile.ZipFile(stream) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise wrong(_UNREADABLE) from error
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNFOLDED:
        raise wrong("A planilha é grande demais por dentro. Copie os dados para uma planilha nova.")
    stream.seek(0)


def _text(value: Any) -> str:
    """A cell as text: a formula is what was typed, never what it would give."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    typed = getattr(value, "text", value)  # array formulas come as an object
    return str(typed if typed is not None else "").strip()[: MOST_TEXT + 1]
