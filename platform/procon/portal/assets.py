"""Files that pages load: our own, the theme's and the two libraries pinned in `assets.lock.json`.

The libraries are not in the repository. `fetch` gets them once (from the CDN, or through the npm
client where a proxy blocks the CDN) and accepts only the exact bytes of the lock. Without them
pages still work: `procon.css` has its own plain form styles, and every form and link is plain HTML.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
import shutil
import subprocess
import tarfile
import tempfile
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

LOCK = Path(__file__).parent / "assets.lock.json"
OWN_STATIC = Path(__file__).parent / "static"
SECONDS = 10
_URL = re.compile(r"\"(/t/[^\"]+)\"")
TYPES: Mapping[str, str] = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".webmanifest": "application/manifest+json",
}
_TEXT = frozenset({".css", ".js", ".svg", ".webmanifest"})


class AssetError(Exception):
    """A library file could not be had; the text is a Portuguese sentence with the way out."""


class Library(Struct, frozen=True, forbid_unknown_fields=True):
    """One file of a published package, pinned to its bytes."""

    name: str
    version: str
    licence: str
    file: str
    path: str
    kind: Literal["style", "script"]
    integrity: str
    cdn: str


class Tag(Struct, frozen=True):
    """What a `<link>` or `<script>` needs. `reserve` is the local copy's URL, "" when none."""

    url: str
    integrity: str = ""
    reserve: str = ""


class StaticFile(Struct, frozen=True):
    """A file in memory, under a URL that changes with its bytes."""

    url: str
    media_type: str
    body: bytes
    zipped: bytes | None
    etag: str


def read_lock() -> tuple[Library, ...]:
    """The pinned libraries, in the order in which pages load them."""
    return msgspec.json.decode(LOCK.read_bytes(), type=tuple[Library, ...])


def integrity_of(body: bytes) -> str:
    """SHA-384 in the form of Subresource Integrity."""
    return "sha384-" + base64.b64encode(hashlib.sha384(body).digest()).decode("ascii")


def is_present(folder: Path, library: Library) -> bool:
    """Whether the folder holds exactly the pinned bytes."""
    path = folder / library.file
    return path.is_file() and integrity_of(path.read_bytes()) == library.integrity


def fetch(folder: Path) -> None:
    """Put every pinned library into `folder`; what is already there and right is left alone.

    Raises:
        AssetError: neither way works, or the bytes received are not those of the lock.
    """
    folder.mkdir(parents=True, exist_ok=True)
    cdn_answers = True
    for library in read_lock():
        if is_present(folder, library):
            continue
        body = _from_cdn(library) if cdn_answers else None
        cdn_answers = body is not None
        body = body or _from_npm(library)
        if body is None:
            raise AssetError(
                f"Não foi possível baixar {library.file} ({library.name} {library.version}): a "
                "rede de distribuição não respondeu e o npm não está disponível. As páginas "
                f"funcionam sem ele; para a aparência completa, copie o arquivo para {folder}."
            )
        if integrity_of(body) != library.integrity:
            raise AssetError(
                f"O arquivo {library.file} recebido não é o esperado e foi descartado. Tente em "
                "outra rede."
            )
        partial = folder / f"{library.file}.part"
        partial.write_bytes(body)
        partial.replace(folder / library.file)


def _from_cdn(library: Library) -> bytes | None:
    if not library.cdn.startswith("https://"):
        return None
    try:
        with urllib.request.urlopen(library.cdn, timeout=SECONDS) as answer:  # noqa: S310 - https
            return bytes(answer.read())
    except OSError:
        return None


def _from_npm(library: Library) -> bytes | None:
    npm = shutil.which("npm")
    if npm is None:
        return None
    with tempfile.TemporaryDirectory() as name:
        command = [npm, "pack", "--silent", f"{library.name}@{library.version}"]
        try:
            subprocess.run(  # noqa: S603 - the arguments come from our own lock file
                command, cwd=name, check=True, capture_output=True, timeout=SECONDS * 6
            )
        except (OSError, subprocess.SubprocessError):
            return None
        archive = next(Path(name).glob("*.tgz"), None)
        return _from_archive(archive, library) if archive else None


def _from_archive(archive: Path, library: Library) -> bytes | None:
    try:
        with tarfile.open(archive) as opened:
            member = opened.extractfile(f"package/{library.path}")
            return member.read() if member else None
    except (KeyError, tarfile.TarError):
        return None


def static_file(name: str, body: bytes) -> StaticFile:
    """A file for the browser: hashed URL, media type by name, compressed copy when it pays.

    Raises:
        ValueError: no page loads files of this type.
    """
    path = Path(name)
    if path.suffix not in TYPES:
        raise ValueError(f"{name}: a page cannot load this type of file")
    digest = hashlib.sha256(body).hexdigest()[:16]
    zipped = gzip.compress(body, 9, mtime=0) if path.suffix in _TEXT else None
    if zipped is not None and len(zipped) >= len(body):
        zipped = None
    return StaticFile(
        url=f"/t/{path.stem}-{digest}{path.suffix}",
        media_type=TYPES[path.suffix],
        body=body,
        zipped=zipped,
        etag=f'"{digest}"',
    )


def own_files(folders: Iterable[Path]) -> dict[str, StaticFile]:
    """Every loadable file of the static folders, by name.

    Raises:
        ValueError: two folders have a file of the same name.
    """
    found: dict[str, StaticFile] = {}
    for folder in folders:
        for path in sorted(folder.glob("*")):
            if path.suffix not in TYPES:
                continue
            if path.name in found:
                raise ValueError(f"{path.name}: two static folders have a file of this name")
            found[path.name] = static_file(path.name, path.read_bytes())
    return found


# GOV.UK's own typeface: licensed only to gov.uk, not in our copy, and asked for all the same when
# a page is laid out before our style sheet has arrived.
_FONT_FACE = re.compile(rb"@font-face\{[^}]*\}")


def library_files(folder: Path) -> dict[str, StaticFile]:
    """The pinned libraries that are present in `folder`, by file name."""
    return {
        library.file: static_file(
            library.file, _FONT_FACE.sub(b"", (folder / library.file).read_bytes())
        )
        for library in read_lock()
        if is_present(folder, library)
    }


def library_tags(
    local: Mapping[str, StaticFile], mode: Literal["cdn", "local"], kind: Literal["style", "script"]
) -> tuple[Tag, ...]:
    """How pages load the libraries of one kind; nothing for one that cannot be had."""
    tags = []
    for library in read_lock():
        copy = local.get(library.file)
        if library.kind != kind:
            continue
        if mode == "cdn":
            tags.append(Tag(library.cdn, library.integrity, copy.url if copy else ""))
        elif copy:
            tags.append(Tag(copy.url))
    return tuple(tags)


def page_weight(html: str, file_at: Callable[[str], StaticFile | None], *, first: bool) -> int:
    """Bytes over the wire, compressed: the page alone, or with every file it names when `first`."""
    weight = len(gzip.compress(html.encode(), 6, mtime=0))
    if not first:
        return weight
    found = {file.url: file for url in _URL.findall(html) if (file := file_at(url))}
    return weight + sum(len(file.zipped or file.body) for file in found.values())
