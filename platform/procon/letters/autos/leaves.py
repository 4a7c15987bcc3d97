"""Single pages of the autos: the number at the corner, and photos with their caption.

Drawn with the PDF's own Helvetica in WinAnsi, which has every sign of Portuguese; others become
"?".
"""

from __future__ import annotations

from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

WIDTH, HEIGHT = 595, 842
_MARGIN = 57
_FONT, _BOLD = Name("/ProconFls"), Name("/ProconFlsB")
_LINE_MOST = 110
_LINES_MOST = 8
# The stamp's box, in points, from the top right corner.
_BOX_WIDTH, _BOX_HEIGHT, _EDGE = 178, 25, 8


def stamp_page(book: pikepdf.Pdf, page: pikepdf.Page, number: str, label: str) -> None:
    """Write the leaf's number at the top right as the page is seen, whatever its rotation."""
    matrix, width, height = _upright(page)
    x, y = width - _BOX_WIDTH - _EDGE, height - _BOX_HEIGHT - _EDGE
    drawing = (
        b"Q q " + matrix + b" cm 1 1 1 rg "
        b"%d %d %d %d re f 0 0 0 rg "
        % (x, y, _BOX_WIDTH, _BOX_HEIGHT)
        + _text(number, x + 4, y + 13, 10, _BOLD, right=x + _BOX_WIDTH - 4)
        + _text(label, x + 4, y + 4, 7, _FONT, right=x + _BOX_WIDTH - 4)
        + b" Q"
    )
    fonts(book, page)
    page.contents_add(b"q", prepend=True)
    page.contents_add(drawing)


def photo_page(jpeg: bytes, size: tuple[int, int], *, gray: bool, lines: list[str]) -> pikepdf.Pdf:
    """A page with the picture as large as it fits, below its caption."""
    pdf = pikepdf.new()
    image = Stream(
        pdf,
        jpeg,
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=size[0],
        Height=size[1],
        BitsPerComponent=8,
        ColorSpace=Name.DeviceGray if gray else Name.DeviceRGB,
        Filter=Name.DCTDecode,
    )
    top = HEIGHT - 60
    words = b""
    for place, line in enumerate(lines[:_LINES_MOST]):
        font, points = (_BOLD, 12) if place == 0 else (_FONT, 8)
        words += _text(line, _MARGIN, top, points, font)
        top -= 16 if place == 0 else 11
    room_x, room_y = WIDTH - 2 * _MARGIN, top - 50
    scale = min(room_x / size[0], room_y / size[1], 2.0)
    width, height = size[0] * scale, size[1] * scale
    x, y = (WIDTH - width) / 2, top - height
    place_image = b"q %.2f 0 0 %.2f %.2f %.2f cm /Photo Do Q" % (width, height, x, y)
    page = pikepdf.Page(
        Dictionary(
            Type=Name.Page,
            MediaBox=Array([0, 0, WIDTH, HEIGHT]),
            Resources=Dictionary(XObject=Dictionary(Photo=pdf.make_indirect(image))),
            Contents=Stream(pdf, words + place_image),
        )
    )
    pdf.pages.append(page)
    fonts(pdf, pdf.pages[0])
    return pdf


def caption(title: str, lines: list[str]) -> list[str]:
    """Title and facts, each short enough for one line."""
    return [_cut(line) for line in (title, *lines)]


def fonts(pdf: pikepdf.Pdf, page: pikepdf.Page) -> None:
    """Make the two fonts known to a page."""
    for name, base in ((_FONT, Name.Helvetica), (_BOLD, Name("/Helvetica-Bold"))):
        font = Dictionary(
            Type=Name.Font, Subtype=Name.Type1, BaseFont=base, Encoding=Name.WinAnsiEncoding
        )
        page.add_resource(font, Name.Font, name=name)


def _upright(page: pikepdf.Page) -> tuple[bytes, float, float]:
    """Matrix from the page as it is seen (origin bottom left) to its own, and its seen size."""
    x0, y0, x1, y1 = _box(page)
    turn = int(page.obj.get(Name.Rotate, 0)) % 360
    width, height = x1 - x0, y1 - y0
    matrix: tuple[float, ...]
    if turn == 90:
        matrix, width, height = (0, 1, -1, 0, x1, y0), height, width
    elif turn == 180:
        matrix = (-1, 0, 0, -1, x1, y1)
    elif turn == 270:
        matrix, width, height = (0, -1, 1, 0, x0, y1), height, width
    else:
        matrix = (1, 0, 0, 1, x0, y0)
    return b" ".join(b"%.3f" % value for value in matrix), width, height


def _box(page: pikepdf.Page) -> tuple[float, float, float, float]:
    for given in (page.cropbox, page.mediabox):
        try:
            a, b, c, d = (float(value) for value in given)
        except (TypeError, ValueError):
            continue
        if abs(c - a) > 1 and abs(d - b) > 1:
            return min(a, c), min(b, d), max(a, c), max(b, d)
    return 0, 0, WIDTH, HEIGHT


def _text(
    text: str, x: float, y: float, points: float, font: Name, *, right: float | None = None
) -> bytes:
    raw = text.encode("cp1252", "replace")
    if right is not None:
        # Near enough for a corner: Helvetica's letters are about half as wide as high.
        x = max(x, right - len(raw) * points * 0.53)
    escaped = raw.replace(b"\\", rb"\\").replace(b"(", rb"\(").replace(b")", rb"\)")
    return b"BT %s %.1f Tf %.2f %.2f Td (%s) Tj ET " % (
        bytes(str(font), "ascii"),
        points,
        x,
        y,
        escaped,
    )


def _cut(text: str) -> str:
    flat: Any = " ".join(text.split())
    return flat if len(flat) <= _LINE_MOST else f"{flat[: _LINE_MOST - 1]}…"
