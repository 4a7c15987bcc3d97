"""Types by content, pictures without metadata, hostile files."""

from __future__ import annotations

import io
import zipfile

import pytest
from PIL import Image

from evidence.evidence_support import PDF, photo, sha256
from procon.evidence import content
from procon.evidence.commands import clean_name
from procon.kernel.errors import Invalid


def refusal(body: bytes) -> str:
    with pytest.raises(Invalid) as caught:
        content.inspect(io.BytesIO(body))
    return caught.value.fields["arquivo"]


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as zipped:
        zipped.writestr("programa.exe", b"MZ")
    return out.getvalue()


def test_pdf_is_kept_with_its_hash() -> None:
    checked = content.inspect(io.BytesIO(PDF))
    assert checked == content.Checked(sha256(PDF), len(PDF), "application/pdf")


@pytest.mark.parametrize(
    "body",
    [
        b"<html><script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
        b"MZ\x90\x00" + b"\0" * 60,
        b"#!/bin/sh\nrm -rf /\n",
        b"GIF89a" + b"\0" * 30,
        archive(),
        PDF + archive(),
        photo() + archive(),
    ],
    ids=["html", "svg", "exe", "script", "gif", "zip", "pdf+zip", "jpeg+zip"],
)
def test_other_types_are_refused(body: bytes) -> None:
    assert refusal(body) == content.WRONG_TYPE


def test_empty_file_is_refused() -> None:
    assert refusal(b"") == "O arquivo está vazio. Escolha outro."


def test_cut_photo_is_refused() -> None:
    whole = photo()
    assert refusal(whole[: len(whole) // 2]) == content.BROKEN_IMAGE


def test_pixel_bomb_is_refused() -> None:
    out = io.BytesIO()
    Image.new("1", (9000, 8000)).save(out, "PNG")
    assert refusal(out.getvalue()) == content.TOO_MANY_PIXELS


def test_huge_pixel_bomb_is_refused() -> None:
    out = io.BytesIO()
    Image.new("1", (20000, 20000)).save(out, "PNG")
    assert refusal(out.getvalue()) == content.TOO_MANY_PIXELS


def test_pictures_carry_no_metadata() -> None:
    body = photo(3000, gps=True)
    assert dict(Image.open(io.BytesIO(body)).getexif().get_ifd(0x8825)) == {2: (22.0, 54.0, 20.0)}
    stream = io.BytesIO(body)
    checked = content.inspect(stream)
    assert stream.read() == body  # rewound: whoever stores it next gets all of it
    sizes = []
    for picture in (checked.thumbnail, checked.copy):
        assert picture is not None
        assert b"Exif" not in picture
        assert b"Camera de Teste" not in picture
        opened = Image.open(io.BytesIO(picture))
        assert dict(opened.getexif()) == {}
        sizes.append((opened.format, opened.size))
    assert sizes == [("JPEG", (320, 160)), ("JPEG", (2560, 1280))]


def test_turned_photo_stands_upright() -> None:
    exif = Image.Exif()
    exif[274] = 6
    out = io.BytesIO()
    Image.new("RGB", (200, 100)).save(out, "JPEG", exif=exif)
    thumbnail = content.inspect(io.BytesIO(out.getvalue())).thumbnail
    assert thumbnail is not None
    assert Image.open(io.BytesIO(thumbnail)).size == (100, 200)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("nota fiscal.pdf", "nota fiscal.pdf"),
        ("C:\\Users\\ana\\foto.jpg", "foto.jpg"),
        ("../../etc/passwd", "passwd"),
        ("a\x00b\nc\u202egpj.exe", "abcgpj.exe"),
        ("", "arquivo"),
        ("x" * 200 + ".pdf", "x" * 116 + ".pdf"),
    ],
)
def test_names_are_cleaned(given: str, kept: str) -> None:
    assert clean_name(given) == kept
