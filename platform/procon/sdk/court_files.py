"""Files as courts take them: PDFs below a size. Work of a thread, not of the event loop."""

from __future__ import annotations

import hashlib
from io import BytesIO

import pikepdf
from msgspec.structs import replace
from PIL import Image, UnidentifiedImageError

from procon.ext.ports import CourtFile

_PIXELS_MOST = (2000, 2800)
_IMAGES = frozenset({"image/jpeg", "image/png", "image/webp"})


def court_parts(file: CourtFile, most: int) -> tuple[CourtFile, ...]:
    """The file as PDFs of at most `most` bytes each, in order.

    Photos become one-page PDFs. A part of a split file is a plain PDF: what made the whole one
    PDF/A is not carried over.

    Returns:
        Empty when it cannot be done: a video, a locked or broken file, one page that is too large.
    """
    try:
        body = _printed(file) if file.media_type in _IMAGES else file.body
        if not body.startswith(b"%PDF-"):
            return ()
        if len(body) <= most:
            return (_named(file, body, 1, 1),)
        with pikepdf.open(BytesIO(body)) as pdf:
            bodies = _split(pdf, 0, len(pdf.pages), most)
    except (pikepdf.PdfError, UnidentifiedImageError, OSError, ValueError):
        return ()
    if any(len(one) > most for one in bodies):
        return ()
    return tuple(_named(file, one, place, len(bodies)) for place, one in enumerate(bodies, start=1))


def _split(pdf: pikepdf.Pdf, first: int, end: int, most: int) -> list[bytes]:
    """Halves, until each fits or is a single page."""
    with pikepdf.new() as part:
        part.pages.extend(pdf.pages[first:end])
        out = BytesIO()
        part.remove_unreferenced_resources()
        part.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    if len(out.getvalue()) <= most or end - first <= 1:
        return [out.getvalue()]
    middle = (first + end) // 2
    return [*_split(pdf, first, middle, most), *_split(pdf, middle, end, most)]


def _printed(file: CourtFile) -> bytes:
    with Image.open(BytesIO(file.body)) as image:
        image.thumbnail(_PIXELS_MOST)
        out = BytesIO()
        image.convert("RGB").save(out, "PDF", quality=85, resolution=150)
    return out.getvalue()


def _named(file: CourtFile, body: bytes, place: int, of: int) -> CourtFile:
    stem = file.name.rpartition(".")[0] or file.name
    name, title = f"{stem}.pdf", file.title
    if of > 1:
        name, title = f"{stem}-parte-{place}-de-{of}.pdf", f"{title} (parte {place} de {of})"
    return replace(
        file,
        name=name,
        title=title,
        body=body,
        media_type="application/pdf",
        sha256=hashlib.sha256(body).hexdigest(),
    )
