"""What a file really is: its type by content, never by name, and small pictures of photos.

Runs in a thread; nothing here touches the network or the database.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from typing import IO

import filetype
from msgspec import Struct
from PIL import Image, ImageOps

from procon.kernel.errors import Invalid

# Media type by content → (as people call it, ending of the name).
TYPES: Mapping[str, tuple[str, str]] = {
    "image/jpeg": ("Foto", "jpg"),
    "image/png": ("Imagem", "png"),
    "image/webp": ("Imagem", "webp"),
    "image/heic": ("Foto", "heic"),
    "application/pdf": ("PDF", "pdf"),
    "video/mp4": ("Vídeo", "mp4"),
    "video/x-m4v": ("Vídeo", "m4v"),
    "video/quicktime": ("Vídeo", "mov"),
    "video/3gpp": ("Vídeo", "3gp"),
    "video/webm": ("Vídeo", "webm"),
    "audio/mpeg": ("Áudio", "mp3"),
    "audio/mp4": ("Áudio", "m4a"),
    "audio/ogg": ("Áudio", "ogg"),
    "audio/amr": ("Áudio", "amr"),
    "audio/x-wav": ("Áudio", "wav"),
    "audio/aac": ("Áudio", "aac"),
}
# For the file picker. HEIC is left out on purpose: iPhones then send a JPEG, which all can open.
ACCEPT = "image/jpeg,image/png,image/webp,application/pdf,video/*,audio/*"
ALLOWED_TEXT = "fotos (JPG, PNG, WEBP), PDF, vídeos (MP4, MOV) e áudios (MP3, M4A, OGG)"
WRONG_TYPE = f"Este tipo de arquivo não é aceito. Aceitamos {ALLOWED_TEXT}."
BROKEN_IMAGE = "Não conseguimos abrir esta imagem: o arquivo parece incompleto. Envie outra cópia."
TOO_MANY_PIXELS = "Esta imagem tem dimensões grandes demais. Envie uma versão menor."

MAX_PIXELS = 64_000_000
THUMBNAIL = 320
COPY = 2560
_DECODED = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
_HEAD = 8192
_CHUNK = 1024 * 1024


class Checked(Struct, frozen=True):
    """A file that may stay. `thumbnail` and `copy` are JPEGs without any metadata, or None.

    The copy is for the other party: the original may tell where a person lives (GPS).
    """

    sha256: str
    size: int
    media_type: str
    thumbnail: bytes | None = None
    copy: bytes | None = None


def digest(file: IO[bytes]) -> tuple[str, int]:
    """SHA-256 (hexadecimal) and size in bytes of the whole file, which is rewound."""
    sha256, size = hashlib.sha256(), 0
    file.seek(0)
    while chunk := file.read(_CHUNK):
        sha256.update(chunk)
        size += len(chunk)
    file.seek(0)
    return sha256.hexdigest(), size


def inspect(file: IO[bytes]) -> Checked:
    """Check a whole file, which is left rewound.

    Raises:
        Invalid: it may not stay; `fields["arquivo"]` says why.
    """
    sha256, size = digest(file)
    if size == 0:
        raise _no("O arquivo está vazio. Escolha outro.")
    media_type = media_type_of(file)
    if not media_type.startswith("video/") and zipfile.is_zipfile(file):
        # A document that is an archive at the same time hides something.
        raise _no(WRONG_TYPE)
    file.seek(0)
    if media_type not in _DECODED:
        return Checked(sha256, size, media_type)
    picture = _open(file, _DECODED[media_type])
    file.seek(0)
    copy = _jpeg(picture, COPY, quality=85)
    return Checked(
        sha256, size, media_type, thumbnail=_jpeg(picture, THUMBNAIL, quality=72), copy=copy
    )


def media_type_of(file: IO[bytes]) -> str:
    """Media type by the first bytes.

    Raises:
        Invalid: not one that we take.
    """
    file.seek(0)
    head = file.read(_HEAD)
    file.seek(0)
    kind = filetype.guess(head)
    media_type = str(kind.mime) if kind else ""
    if media_type not in TYPES:
        raise _no(WRONG_TYPE)
    return media_type


def _open(file: IO[bytes], form: str) -> Image.Image:
    """The picture upright, at most COPY pixels on a side; JPEG is decoded already reduced."""
    try:
        image = Image.open(file, formats=[form])
        if image.width * image.height > MAX_PIXELS:
            raise _no(TOO_MANY_PIXELS)
        image.draft("RGB", (COPY, COPY))
        upright = ImageOps.exif_transpose(image)
        upright.thumbnail((COPY, COPY))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _no(TOO_MANY_PIXELS) from error
    except (OSError, ValueError, SyntaxError) as error:
        raise _no(BROKEN_IMAGE) from error
    return upright


def _jpeg(picture: Image.Image, side: int, *, quality: int) -> bytes:
    """A JPEG painted on a new canvas, so that no metadata comes along."""
    small = picture.convert("RGBA")
    small.thumbnail((side, side))
    canvas = Image.new("RGB", small.size, "white")
    canvas.paste(small, mask=small.getchannel("A"))
    out = io.BytesIO()
    canvas.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()


def _no(sentence: str) -> Invalid:
    return Invalid({"arquivo": sentence}, reason=sentence)
