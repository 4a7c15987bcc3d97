"""Real files for the story, made on the spot: a photo, a PDF and a short video."""

from __future__ import annotations

import io
import struct

import typst
from PIL import Image, ImageDraw

_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def photo(text: str, size: tuple[int, int] = (1280, 960)) -> bytes:
    """A JPEG of a label with `text`."""
    image = Image.new("RGB", size, "#e8e2d5")
    draw = ImageDraw.Draw(image)
    draw.rectangle((80, 80, size[0] - 80, size[1] - 80), fill="#ffffff", outline="#5b4636", width=8)
    draw.text((140, 160), text, fill="#222222", font_size=44)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=85)
    return out.getvalue()


def pdf(title: str, lines: tuple[str, ...]) -> bytes:
    """A one-page PDF, such as an invoice."""
    data = "\n".join((title, "", *lines))
    source = b'#set page(paper: "a5")\n#text(size: 12pt, raw(sys.inputs.at("text")))'
    made: bytes = typst.compile(source, format="pdf", sys_inputs={"text": data})
    return made


def video(frames: int = 24, size: tuple[int, int] = (320, 240), per_second: int = 12) -> bytes:
    """A QuickTime film (Motion JPEG) of a moving mark; any player opens it."""
    pictures = [_frame(number, frames, size) for number in range(frames)]
    head = _box(b"ftyp", b"qt  " + struct.pack(">I", 0x20050300) + b"qt  ")
    start = len(head) + 8
    offsets, at = [], start
    for picture in pictures:
        offsets.append(at)
        at += len(picture)
    return head + _box(b"mdat", b"".join(pictures)) + _moov(pictures, offsets, size, per_second)


def _frame(number: int, frames: int, size: tuple[int, int]) -> bytes:
    image = Image.new("RGB", size, "#20405a")
    x = 20 + (size[0] - 80) * number // max(1, frames - 1)
    ImageDraw.Draw(image).ellipse((x, 90, x + 40, 130), fill="#ffcd07")
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()


def _moov(
    pictures: list[bytes], offsets: list[int], size: tuple[int, int], per_second: int
) -> bytes:
    count, (width, height) = len(pictures), size
    sample = struct.pack(
        ">6xH2H3I2H2IIH", 1, 0, 0, 0, 0, 0, width, height, 0x480000, 0x480000, 0, 1
    )
    sample += bytes((4,)) + b"JPEG" + bytes(27) + struct.pack(">Hh", 24, -1)
    table = b"".join(
        (
            _full(b"stsd", struct.pack(">I", 1) + _box(b"jpeg", sample)),
            _full(b"stts", struct.pack(">3I", 1, count, 1)),
            _full(b"stsc", struct.pack(">4I", 1, 1, 1, 1)),
            _full(b"stsz", struct.pack(f">2I{count}I", 0, count, *map(len, pictures))),
            _full(b"stco", struct.pack(f">I{count}I", count, *offsets)),
        )
    )
    reference = _full(b"dref", struct.pack(">I", 1) + _full(b"url ", b"", flags=1))
    information = b"".join(
        (
            _full(b"vmhd", bytes(8), flags=1),
            _box(b"dinf", reference),
            _box(b"stbl", table),
        )
    )
    media = b"".join(
        (
            _full(b"mdhd", struct.pack(">4I2H", 0, 0, per_second, count, 0, 0)),
            _full(b"hdlr", b"mhlrvide" + bytes(12) + b"\0"),
            _box(b"minf", information),
        )
    )
    track = struct.pack(">5I8x4H", 0, 0, 1, 0, count, 0, 0, 0, 0) + _MATRIX
    track += struct.pack(">2I", width << 16, height << 16)
    film = struct.pack(">4IIH10x", 0, 0, per_second, count, 0x10000, 0x100) + _MATRIX
    film += bytes(24) + struct.pack(">I", 2)
    return _box(
        b"moov",
        _full(b"mvhd", film) + _box(b"trak", _full(b"tkhd", track, flags=7) + _box(b"mdia", media)),
    )


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + kind + body


def _full(kind: bytes, body: bytes, flags: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", flags) + body)
