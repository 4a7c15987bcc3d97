"""What the imitated provider keeps: its key, its clients' secret and the codes in flight.

Files, because several server processes must agree on them and a restart must not lose the key.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path

import msgspec
from joserfc.jwk import RSAKey
from msgspec import Struct

CODE_SECONDS = 60


class Grant(Struct, frozen=True, forbid_unknown_fields=True):
    """What an authorization code stands for. Times are UNIX seconds."""

    realm: str | None
    persona: str
    client_id: str
    redirect_uri: str
    challenge: str
    nonce: str
    scope: str
    issued_at: int


def client_secret(directory: Path) -> str:
    """The secret of every demonstration client, made on first use (file mode 600).

    The demo runner exports it as the `PROCON_SECRET_…` variables that the manifests name.
    """
    return _once(directory / "client_secret", lambda: secrets.token_urlsafe(32)).strip()


def signing_key(directory: Path) -> RSAKey:
    """The provider's RSA key (2048 bits), made on first use and kept (file mode 600)."""

    def generate() -> str:
        return RSAKey.generate_key(2048).as_pem(private=True).decode("ascii")

    key = RSAKey.import_key(_once(directory / "key.pem", generate))
    key.ensure_kid()
    return key


def put_code(directory: Path, grant: Grant) -> str:
    """Keep `grant` and return the one-time code for it; only the code's hash is stored."""
    folder = directory / "codes"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _forget_old(folder, grant.issued_at)
    code = secrets.token_urlsafe(32)
    path = folder / _name(code)
    path.write_bytes(msgspec.json.encode(grant))
    # The provider's clock, not the machine's: they differ in a rehearsal.
    os.utime(path, (grant.issued_at, grant.issued_at))
    return code


def take_code(directory: Path, code: str, now: int) -> Grant | None:
    """Redeem a code: None when it is unknown, used or older than 60 s.

    The rename is atomic, so of two processes only one gets the grant.
    """
    path = directory / "codes" / _name(code)
    used = path.with_suffix(f".{secrets.token_hex(8)}")
    try:
        path.rename(used)
        grant = msgspec.json.decode(used.read_bytes(), type=Grant)
        used.unlink()
    except (FileNotFoundError, msgspec.DecodeError):
        return None
    return grant if 0 <= now - grant.issued_at <= CODE_SECONDS else None


def _name(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def _forget_old(folder: Path, now: int) -> None:
    for path in folder.iterdir():
        try:
            if now - path.stat().st_mtime > 10 * CODE_SECONDS:
                path.unlink()
        except FileNotFoundError:
            continue


def _once(path: Path, make: Callable[[], str]) -> str:
    """Content of `path`, made by the first of any number of processes."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        draft = path.with_suffix(f".{os.getpid()}.{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_text(make(), encoding="ascii")
        try:
            # A link, not a rename: it fails where another process was first.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii")
