"""Libraries are accepted only as the exact bytes of the lock."""

from __future__ import annotations

import gzip
import io
import tarfile
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from procon.portal import assets
from procon.portal.assets import (
    AssetError,
    Library,
    Tag,
    fetch,
    integrity_of,
    is_present,
    library_files,
    library_tags,
    own_files,
    read_lock,
    static_file,
)

BODY = b"a{}" * 400
PINNED = Library(
    name="lib",
    version="1.0.0",
    licence="MIT",
    file="lib.css",
    path="dist/lib.css",
    kind="style",
    integrity=integrity_of(BODY),
    cdn="https://cdn.example/lib.css",
)


@pytest.fixture
def pinned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "read_lock", lambda: (PINNED,))


def answer(body: bytes | None, monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(url: str, timeout: float) -> io.BytesIO:
        assert url == PINNED.cdn
        if body is None:
            raise urllib.error.URLError("blocked")
        return io.BytesIO(body)

    monkeypatch.setattr(urllib.request, "urlopen", opened)


def npm(folder: Path, body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """An `npm` on PATH whose `pack` leaves an archive, as the real one does."""
    archive = folder / "ready.tgz"
    with tarfile.open(archive, "w:gz") as opened:
        member = tarfile.TarInfo("package/dist/lib.css")
        member.size = len(body)
        opened.addfile(member, io.BytesIO(body))
    program = folder / "npm"
    program.write_text(
        f'#!/bin/sh\n[ "$3" = lib@1.0.0 ] && cp {archive} lib-1.0.0.tgz\n', encoding="utf-8"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_the_lock_is_complete() -> None:
    found = {library.name: library for library in read_lock()}
    assert {(x.name, x.version, x.kind) for x in found.values()} == {
        ("govuk-frontend", "6.6.0", "style"),
        ("htmx.org", "4.0.1", "script"),
    }
    for library in found.values():
        assert library.integrity.startswith("sha384-")
        assert library.cdn.endswith(f"{library.name}@{library.version}/{library.path}")


@pytest.mark.usefixtures("pinned")
def test_from_the_cdn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(BODY, monkeypatch)
    fetch(tmp_path)
    assert is_present(tmp_path, PINNED)
    answer(None, monkeypatch)
    fetch(tmp_path)  # what is there is not fetched again


@pytest.mark.usefixtures("pinned")
def test_from_npm_when_the_cdn_is_blocked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(None, monkeypatch)
    tools = tmp_path / "tools"
    tools.mkdir()
    npm(tools, BODY, monkeypatch)
    fetch(tmp_path)
    assert (tmp_path / "lib.css").read_bytes() == BODY


@pytest.mark.usefixtures("pinned")
def test_neither_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(None, monkeypatch)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AssetError, match=r"As páginas funcionam sem ele"):
        fetch(tmp_path)


@pytest.mark.usefixtures("pinned")
def test_other_bytes_are_thrown_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(BODY + b" ", monkeypatch)
    with pytest.raises(AssetError, match=r"não é o esperado"):
        fetch(tmp_path)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "lib.css").write_bytes(BODY[:-1])
    assert library_files(tmp_path) == {}


@pytest.mark.usefixtures("pinned")
def test_how_pages_load_them(tmp_path: Path) -> None:
    assert library_tags({}, "local", "style") == ()
    assert library_tags({}, "cdn", "style") == (Tag(PINNED.cdn, PINNED.integrity, ""),)
    (tmp_path / "lib.css").write_bytes(BODY)
    local = library_files(tmp_path)
    url = local["lib.css"].url
    assert library_tags(local, "local", "style") == (Tag(url),)
    assert library_tags(local, "cdn", "style") == (Tag(PINNED.cdn, PINNED.integrity, url),)
    assert library_tags(local, "cdn", "script") == ()


def test_static_file() -> None:
    file = static_file("a.css", BODY)
    assert file.url != static_file("a.css", BODY + b" ").url
    assert gzip.decompress(file.zipped or b"") == BODY
    assert static_file("a.png", b"x" * 900).zipped is None
    with pytest.raises(ValueError, match=r"a\.exe"):
        static_file("a.exe", b"")


def test_names_of_static_files_are_unique(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.js").write_bytes(b"1")
    with pytest.raises(ValueError, match=r"a\.js"):
        own_files([tmp_path / "one", tmp_path / "two"])
