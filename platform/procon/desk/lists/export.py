"""Rows as CSV for a spreadsheet that must not run what people typed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

# A cell that begins like this is a formula to Excel, LibreOffice and Google Sheets.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_text(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Semicolons, CRLF and a byte order mark, as Excel in Portuguese opens without questions."""
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out, delimiter=";", quoting=csv.QUOTE_ALL)
    writer.writerow(head)
    for row in rows:
        writer.writerow([harmless(cell) for cell in row])
    return out.getvalue()


def harmless(cell: str) -> str:
    """The cell as text: an apostrophe before anything that a spreadsheet would calculate."""
    return f"'{cell}" if cell.lstrip(" \u00a0").startswith(_FORMULA) else cell
