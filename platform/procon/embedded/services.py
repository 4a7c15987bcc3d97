"""Starts the embedded PostgreSQL, Redis, S3 and mail server together, and stops them."""

import contextlib
import errno
import fcntl
import json
import os
import random
import secrets
import shutil
import socket
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from procon.embedded import mail, postgres, redis, s3
from procon.embedded.process import Place, StartError, stop_stale

PORT_NAMES = ("postgres", "redis", "smtp", *s3.PORT_NAMES)
# Below the range from which systems take ports for outgoing connections.
PORT_RANGE = range(20_000, 22_700)  # the S3 server also takes a port 10000 higher
LEAST_FREE_BYTES = 400_000_000


@dataclass(frozen=True)
class Services:
    """Running services. Also a context manager that stops them."""

    place: Place
    postgres: postgres.Postgres
    redis: redis.Redis
    s3: s3.S3
    mail: mail.MailStore
    smtp_port: int
    secret_key: str
    _sink: Any
    _lock: IO[str]
    _durable: bool

    def env(self) -> dict[str, str]:
        """The PROCON_* variables that make the application use these services."""
        return {
            "PROCON_DATABASE_URL": self.postgres.dsn("procon_app"),
            "PROCON_OWNER_DATABASE_URL": self.postgres.dsn("procon_owner"),
            "PROCON_REDIS_URL": self.redis.url,
            "PROCON_S3_ENDPOINT": self.s3.endpoint,
            "PROCON_S3_ACCESS_KEY": self.s3.access_key,
            "PROCON_S3_SECRET_KEY": self.s3.secret_key,
            "PROCON_SMTP_HOST": "127.0.0.1",
            "PROCON_SMTP_PORT": str(self.smtp_port),
            "PROCON_SECRET_KEY": self.secret_key,
            "PROCON_EMBEDDED_DIR": str(self.place.root),
        }

    def stop(self) -> None:
        """Stops everything, the database last. Safe to call twice."""
        hard = not self._durable
        self._sink.stop(no_assert=True)
        self.s3.stop(hard=hard)
        self.redis.stop(hard=hard)
        self.postgres.stop(hard=hard)
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.stop()


def start_all(
    var_dir: Path, *, ports: Mapping[str, int] | None = None, durable: bool = True
) -> Services:
    """Starts every service with its data under `var_dir` and returns when all of them answer.

    Call it from a thread that lives as long as the services: on Linux they die with it.

    Args:
        ports: wanted ports by PORT_NAMES; others are chosen and remembered in ports.json.
        durable: fsync and orderly shutdown. Only a test may say no.

    Raises:
        StartError: with a sentence and a way out; nothing is left running.
    """
    place = Place(Path(var_dir).resolve())
    try:
        return _start_on_free_ports(place, ports or {}, durable)
    except OSError as error:
        raise StartError(
            f"Não foi possível gravar em {place.root}: {_reason(error)}.",
            "Confira o espaço em disco e as permissões da pasta e tente outra vez.",
        ) from error


def _start_on_free_ports(place: Place, wanted: Mapping[str, int], durable: bool) -> Services:
    """Between the choice of a port and its use another program may take it: then once more."""
    for _ in range(2):
        try:
            return _start_all(place, wanted, durable)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
    return _start_all(place, wanted, durable)


def _start_all(place: Place, wanted: Mapping[str, int], durable: bool) -> Services:
    with contextlib.ExitStack() as undo:
        lock = _prepare(place)
        undo.callback(lock.close)
        stop_stale(place)
        chosen = _ports(place, wanted)
        words, new = _secrets(place)
        # Every program is under way before the first is waited for.
        cache = redis.start(
            place.root / "redis",
            chosen["redis"],
            password=words["redis"],
            place=place,
            durable=durable,
        )
        undo.callback(cache.stop, hard=True)
        files = s3.start(
            place.root / "s3",
            chosen,
            access_key=words["s3_access"],
            secret_key=words["s3_secret"],
            place=place,
        )
        undo.callback(files.stop, hard=True)
        database = postgres.start(
            place.root / "postgres",
            chosen["postgres"],
            durable=durable,
            passwords=words,
            place=place,
            new_passwords=new,
        )
        undo.callback(database.stop)
        store = mail.MailStore(place.root / "mail")
        sink = mail.start_sink(store, chosen["smtp"])
        undo.callback(sink.stop, no_assert=True)
        for service in (cache, database, files):
            service.wait()
        undo.pop_all()
    return Services(
        place, database, cache, files, store, chosen["smtp"], words["key"], sink, lock, durable
    )


def remove_all(var_dir: Path) -> None:
    """Deletes the data of a set of services that is not running.

    Raises:
        StartError: it is running, or a file cannot be deleted.
    """
    place = Place(Path(var_dir).resolve())
    if not place.root.exists():
        return
    with _prepare(place, check_space=False):
        stop_stale(place)
        database = place.root / "postgres"
        away = database.resolve().parent if database.is_symlink() else None
        for folder in (place.root, away):
            if folder is None:
                continue
            try:
                shutil.rmtree(folder)
            except OSError as error:
                raise StartError(
                    f"Não foi possível apagar a pasta {folder}: {_reason(error)}.",
                    "Apague-a com o usuário que a criou e tente outra vez.",
                ) from error


def _prepare(place: Place, *, check_space: bool = True) -> IO[str]:
    """Makes the folders and takes the lock, which the kernel drops when we die."""
    try:
        # 711: the database's user passes through and reads nothing.
        place.root.mkdir(mode=0o711, parents=True, exist_ok=True)
        for folder in (place.run, place.log):
            folder.mkdir(mode=0o700, exist_ok=True)
        lock = (place.root / "lock").open("a+")
    except OSError as error:
        raise StartError(
            f"Não foi possível usar a pasta {place.root}: {_reason(error)}.",
            "Confira o dono e as permissões da pasta, ou rode de uma pasta sua.",
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read().strip()
        lock.close()
        number = f" (processo {holder})" if holder.isdecimal() else ""
        raise StartError(
            f"Já há uma demonstração em uso nesta pasta{number}.",
            "Encerre a outra com Ctrl-C antes de iniciar esta.",
        ) from None
    if check_space:
        _check_space(place.root, lock)
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def _check_space(folder: Path, lock: IO[str]) -> None:
    if (free := shutil.disk_usage(folder).free) < LEAST_FREE_BYTES:
        lock.close()
        raise StartError(
            f"O disco está cheio: restam {free // 1_000_000} MB, e são precisos 400 MB.",
            "Libere espaço em disco e tente outra vez.",
        )


def _reason(error: OSError) -> str:
    known = {
        PermissionError: "falta permissão",
        FileExistsError: "há um arquivo com esse nome",
        NotADirectoryError: "há um arquivo com esse nome",
    }
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return "o disco está cheio"
    return known.get(type(error), f"erro {error.errno} do sistema")


def _ports(place: Place, wanted: Mapping[str, int]) -> dict[str, int]:
    """Asked-for ports must be free; remembered ones are kept while they are; others are chosen."""
    file = place.root / "ports.json"
    remembered = _read_json(file)
    chosen: dict[str, int] = {}
    for name in PORT_NAMES:
        if name in wanted:
            require_free(wanted[name])
            chosen[name] = wanted[name]
            continue
        old = remembered.get(name)
        if isinstance(old, int) and old not in chosen.values() and _usable_port(name, old):
            chosen[name] = old
        else:
            chosen[name] = _free_port(name, chosen.values())
    _write_private(file, chosen)
    return chosen


def port_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen there now."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def has_ipv6_loopback() -> bool:
    """Whether this machine can listen on ::1 at all."""
    return socket.has_ipv6 and port_free(0, "::1")


def require_free(port: int) -> None:
    """Raises StartError when something listens on `port` already."""
    if not port_free(port):
        raise StartError(
            f"A porta {port} já está em uso por outro programa.",
            f"Encerre esse programa ou escolha outra porta: `make demo PORT={port + 1}`.",
        )


def _usable_port(name: str, port: int) -> bool:
    return port_free(port) and (name != "admin" or port_free(port + s3.ADMIN_OFFSET))


def _free_port(name: str, taken: Collection[int]) -> int:
    candidates = random.SystemRandom().sample(PORT_RANGE, 200)
    for port in candidates:
        if port not in taken and _usable_port(name, port):
            return port
    raise StartError(
        "Não há portas livres entre 20000 e 22699.",
        "Encerre programas que não usa e tente outra vez.",
    )


def _secrets(place: Place) -> tuple[dict[str, str], bool]:
    """Generated passwords, and whether they are new."""
    file = place.root / "secrets.json"
    names = (*postgres.ROLES, "redis", "s3_access", "s3_secret", "key")
    known = _read_json(file)
    if all(isinstance(known.get(name), str) and known[name] for name in names):
        return {name: known[name] for name in names}, False
    fresh = {name: secrets.token_hex(24) for name in names}
    _write_private(file, fresh)
    return fresh, True


def _read_json(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _write_private(file: Path, content: Mapping[str, Any]) -> None:
    """Readable by its owner only, and whole or not at all."""
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as output:
        json.dump(content, output, indent=1)
        output.flush()
        os.fsync(output.fileno())
    new.replace(file)
