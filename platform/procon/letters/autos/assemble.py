"""The pieces of the autos stitched into one numbered PDF. Pure work, done in a thread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from io import BytesIO
from itertools import pairwise
from typing import Any

import msgspec
import pikepdf
from msgspec import Struct
from pikepdf import Name
from PIL import Image

from procon.letters.autos.leaves import caption, photo_page, stamp_page
from procon.letters.autos.pieces import Piece, as_sheet
from procon.letters.models import Brand
from procon.letters.typeset.render import check_address, grouped, qr_svg, typeset
from procon.letters.wording.documents import AUTOS_TITLE

PAGES_MOST = 5_000
_TRIES = 4
_BROKEN = "O arquivo está danificado e não abre. Ele continua guardado como chegou."
_LOCKED = "O arquivo tem senha e não abre. Ele continua guardado como chegou."
_TOO_LONG = "O arquivo tem folhas demais para entrar neste volume."


class Cover(Struct, frozen=True):
    """What the first page says.

    `head`: newest link of the case's log, hexadecimal. `at`: now, on the city's clock.
    """

    case_number: str
    facts: tuple[tuple[str, str], ...]
    made_at: str
    acts: int
    verdict: str
    head: str
    code: str
    at: datetime


class Leaf(Struct, frozen=True):
    """Where a piece is: its first and last page, counted from 1."""

    title: str
    first: int
    last: int


class Built(Struct, frozen=True):
    """The finished file."""

    pdf: bytes
    pages: int
    leaves: tuple[Leaf, ...]


class _Part(Struct, frozen=True):
    """A piece with its pages, or None while they are still to be typeset."""

    piece: Piece
    pages: tuple[Any, ...] | None


def assemble(
    pieces: Iterable[Piece], bodies: Mapping[str, bytes], cover: Cover, brand: Brand
) -> Built:
    """One PDF: cover, index, every piece, numbered and bookmarked.

    A piece whose file is missing from `bodies` (by key), broken, locked or too long becomes a
    sheet; nothing that people sent makes this fail.
    """
    keep: list[pikepdf.Pdf] = []  # pages live as long as the file that they come from
    parts, total = [], 0
    for piece in pieces:
        part = _opened(piece, bodies, keep, PAGES_MOST - total)
        total += len(part.pages or ())
        parts.append(part)
    parts = _typeset(parts, cover, brand, keep)
    with pikepdf.new() as book:
        front, leaves = _front(parts, cover, brand)
        keep.append(front)
        book.pages.extend(front.pages)
        for part in parts:
            for page in part.pages or ():
                book.pages.append(page)
        label = f"Processo {cover.case_number} · {grouped(cover.code)}"
        for number, page in enumerate(book.pages, start=1):
            stamp_page(book, page, f"fls. {number}", label)
        _bookmark(book, leaves, cover)
        out = BytesIO()
        book.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
        count = len(book.pages)
    for pdf in keep:
        pdf.close()
    return Built(out.getvalue(), count, leaves)


def _opened(piece: Piece, bodies: Mapping[str, bytes], keep: list[pikepdf.Pdf], room: int) -> _Part:
    if not piece.key:
        return _Part(piece, None)
    body = bodies.get(piece.key, b"")
    try:
        pdf = _photo(piece, body) if piece.kind == "photo" else _flat(body)
    except pikepdf.PasswordError:
        return _Part(as_sheet(piece, _LOCKED), None)
    except Exception:
        return _Part(as_sheet(piece, _BROKEN), None)
    if not len(pdf.pages):
        return _Part(as_sheet(piece, _BROKEN), None)
    if len(pdf.pages) > room:
        return _Part(as_sheet(piece, _TOO_LONG), None)
    keep.append(pdf)
    return _Part(piece, tuple(pdf.pages))


def _flat(body: bytes) -> pikepdf.Pdf:
    """Somebody's PDF without what acts: form fields and notes become ink, scripts and links go.

    Written and read once more: what cannot be copied must show here, not when all is put together.
    """
    with pikepdf.open(BytesIO(body)) as pdf:
        if any("/Annots" in page for page in pdf.pages):
            pdf.generate_appearance_streams()
            pdf.flatten_annotations("all")
        with pikepdf.new() as bare:
            bare.pages.extend(pdf.pages)
            for page in bare.pages:
                for name in (Name.Annots, Name.AA, Name.StructParents):
                    if name in page:
                        del page.obj[name]
            out = BytesIO()
            bare.save(out)
    return pikepdf.open(out)


def _photo(piece: Piece, body: bytes) -> pikepdf.Pdf:
    with Image.open(BytesIO(body), formats=["JPEG"]) as image:
        # Only its head is read: the copy was painted by us, and a page needs no pixels.
        if image.mode not in ("RGB", "L"):
            out = BytesIO()
            image.convert("RGB").save(out, "JPEG", quality=85)
            body = out.getvalue()
        size, gray = image.size, image.mode == "L"
    lines = [f"{name}: {value}" for name, value in piece.facts if value]
    return photo_page(body, size, gray=gray, lines=caption(piece.title, lines))


def _typeset(
    parts: list[_Part], cover: Cover, brand: Brand, keep: list[pikepdf.Pdf]
) -> list[_Part]:
    """Every text, sheet and log set in one go; bookmarks tell where each starts."""
    texts = [part.piece for part in parts if part.pages is None]
    facts = {"pieces": [_plain(piece) for piece in texts], "case_number": cover.case_number}
    body = typeset("autos_texts", facts, brand=brand, stamp=_stamp(cover, brand), at=cover.at)
    pdf = pikepdf.open(BytesIO(body))
    keep.append(pdf)
    starts = [*_starts(pdf), len(pdf.pages)]
    if len(starts) != len(texts) + 1:
        raise RuntimeError("the texts of the autos have lost a bookmark")
    pages = list(pdf.pages)
    found = iter([tuple(pages[a:b]) for a, b in pairwise(starts)])
    return [part if part.pages is not None else _Part(part.piece, next(found)) for part in parts]


def _starts(pdf: pikepdf.Pdf) -> list[int]:
    """Index of the page of each bookmark of the first level."""
    index = {page.objgen: place for place, page in enumerate(pdf.pages)}
    with pdf.open_outline() as outline:
        return [index[_destination(item).objgen] for item in outline.root]


def _destination(item: pikepdf.OutlineItem) -> Any:
    target: Any = item.destination
    if target is None and item.action is not None:
        target = item.action.D
    return target[0]  # an explicit destination: page, /XYZ, …


def _front(parts: list[_Part], cover: Cover, brand: Brand) -> tuple[pikepdf.Pdf, tuple[Leaf, ...]]:
    """Cover and index. The index moves what it lists, so it is set again until it fits."""
    length = 2 + len(parts) // 40
    for _ in range(_TRIES):
        leaves = _leaves(parts, length)
        body = typeset(
            "autos_front",
            {
                "case_number": cover.case_number,
                "facts": cover.facts,
                "made_at": cover.made_at,
                "pages": leaves[-1].last,
                "acts": cover.acts,
                "verdict": cover.verdict,
                "head": cover.head,
                "entries": [
                    {
                        "title": leaf.title,
                        "when": _when(part.piece, cover),
                        "leaves": _range(leaf),
                    }
                    for leaf, part in zip(leaves, parts, strict=True)
                ],
            },
            brand=brand,
            stamp=_stamp(cover, brand),
            at=cover.at,
        )
        front = pikepdf.open(BytesIO(body))
        if len(front.pages) == length:
            return front, leaves
        length = len(front.pages)
    raise RuntimeError("the index of the autos does not settle")


def _when(piece: Piece, cover: Cover) -> str:
    return f"{piece.at.astimezone(cover.at.tzinfo):%d/%m/%Y %Hh%M}"


def _leaves(parts: list[_Part], front: int) -> tuple[Leaf, ...]:
    found, last = [], front
    for part in parts:
        count = len(part.pages or ())
        found.append(Leaf(part.piece.title, last + 1, last + count))
        last += count
    return tuple(found)


def _range(leaf: Leaf) -> str:
    return str(leaf.first) if leaf.first == leaf.last else f"{leaf.first} a {leaf.last}"


def _bookmark(book: pikepdf.Pdf, leaves: tuple[Leaf, ...], cover: Cover) -> None:
    with book.open_outline() as outline:
        outline.root.append(pikepdf.OutlineItem("Capa e índice", 0))
        for leaf in leaves:
            title = f"{leaf.title} (fls. {_range(leaf)})"
            outline.root.append(pikepdf.OutlineItem(title, leaf.first - 1))
    book.docinfo[Name.Title] = f"{AUTOS_TITLE} – Processo {cover.case_number}"
    book.Root[Name.Lang] = pikepdf.String("pt-BR")
    book.Root[Name.PageMode] = Name.UseOutlines
    book.Root[Name.ViewerPreferences] = pikepdf.Dictionary(DisplayDocTitle=True)


def _stamp(cover: Cover, brand: Brand) -> dict[str, str]:
    return {
        "code": grouped(cover.code),
        "title": AUTOS_TITLE,
        "document_title": f"{AUTOS_TITLE} – Processo {cover.case_number}",
        "qr": qr_svg(check_address(brand, cover.code)),
    }


def _plain(piece: Piece) -> dict[str, Any]:
    sheet = piece.kind == "sheet"
    return {
        "kind": piece.kind,
        "title": piece.title,
        "facts": piece.facts,
        "text": piece.text,
        "reason": piece.reason,
        "link": piece.link.split("://", 1)[-1] if sheet else "",
        "qr": qr_svg(piece.link) if sheet and piece.link else "",
        "rows": [msgspec.structs.asdict(row) for row in piece.rows],
    }
