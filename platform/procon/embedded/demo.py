"""`procon demo`: the whole product on one machine, until Ctrl-C."""

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from procon.embedded.process import Child, StartError, diagnosis, spawn, stop, tail
from procon.embedded.services import (
    Services,
    has_ipv6_loopback,
    port_free,
    remove_all,
    require_free,
    start_all,
)

READY_SECONDS = 60
WATCH_SECONDS = 0.5
RESTARTS = 5  # within RESTART_WINDOW_SECONDS; more often is a fault, not an accident
RESTART_WINDOW_SECONDS = 60
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Environment = Mapping[str, str]


class Address(msgspec.Struct, frozen=True):
    title: str
    host: str
    path: str = "/"


class Login(msgspec.Struct, frozen=True):
    """A persona: its key (`login_hint`), who it is and where it goes in."""

    key: str
    who: str
    where: str


@dataclass(frozen=True)
class Step:
    """Something to do after the services answer and before the web server starts.

    `run` gets the PROCON_* variables and returns further ones for the steps and servers that
    follow. A StartError of it is shown as it is, anything else goes to the log with a sentence.
    """

    sentence: str
    run: Callable[[Environment], Environment | None]


@dataclass(frozen=True)
class Demo:
    """What `run_demo` runs. The caller composes it: this package knows no city and no slice."""

    var_dir: Path
    port: int
    steps: Sequence[Step]
    addresses: Sequence[Address]
    logins: Sequence[Login]
    worker: Sequence[str]
    web_target: str = "procon.embedded.asgi:create_app"


def run_demo(demo: Demo, *, reset: bool, say: Callable[[str], None] = print) -> int:
    """Runs the demo until Ctrl-C, SIGTERM or a fault, and stops every child. Never raises.

    Returns:
        0 after an orderly end, 1 after a StartError, whose two lines were said.
    """
    _end_on_signals()
    try:
        if reset:
            remove_all(demo.var_dir)
            say("Dados anteriores apagados.")
        _check_port(demo.port)
        with _quiet_end(say), _services(demo, say) as services:
            _serve(demo, services, say)
    except StartError as error:
        say(error.sentence)
        say(error.way_out)
        return 1
    except KeyboardInterrupt:
        return 0
    except Exception:
        say("Um erro inesperado impediu o início.")
        say(f"Veja o motivo no registro em {_write_fault(demo.var_dir / 'log')}.")
        return 1
    return 0


def command_step(sentence: str, command: Sequence[str], log: Path) -> Step:
    """A step that runs a program with the variables added and its output in `log`."""

    def run(env: Environment) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            done = subprocess.run(
                list(command),
                env={**os.environ, **env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode:
            raise StartError(
                f"A etapa “{sentence}” não terminou bem.", f"Veja o motivo no registro em {log}."
            )

    return Step(sentence, run)


def welcome(port: int, addresses: Sequence[Address], logins: Sequence[Login]) -> str:
    """The screen that tells where everything is and how to go in."""
    wide = max((len(address.title) for address in addresses), default=0)
    lines = ["", "O Procon Digital está pronto. Abra no navegador:", ""]
    for address in addresses:
        lines.append(f"  {address.title:<{wide}}  http://{address.host}:{port}{address.path}")
    if logins:
        key, who = (max(len(getattr(login, name)) for login in logins) for name in ("key", "who"))
        lines += [
            "",
            "Para entrar, escolha “Entrar com gov.br” e uma destas pessoas (sem senha):",
            "",
        ]
        lines += [f"  {login.key:<{key}}  {login.who:<{who}}  {login.where}" for login in logins]
    lines += ["", "Ctrl-C encerra tudo; os dados ficam guardados para a próxima vez."]
    return "\n".join(lines)


def web_command(port: int, target: str) -> list[str]:
    """granian on 127.0.0.1; browsers try ::1 first for *.localhost and fall back to it."""
    return [
        *(sys.executable, "-m", "granian", "--interface", "asgi", "--factory"),
        *("--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--no-ws"),
        *("--workers-kill-timeout", "10", "--log-level", "warning", target),
    ]


def wait_http(port: int, path: str, web: Child, seconds: float = READY_SECONDS) -> None:
    """Returns when `path` answers 200.

    Raises:
        StartError: the server ended, or still answers something else after `seconds`.
    """
    deadline = time.monotonic() + seconds
    while _status(port, path) != 200:
        if not web.running:
            raise diagnosis(web.name, tail(web.log), web.log)
        if time.monotonic() > deadline:
            raise StartError(
                f"O portal não ficou pronto em {seconds:.0f} segundos.",
                f"Veja o motivo no registro em {web.log}.",
            )
        time.sleep(0.1)


def _status(port: int, path: str) -> int:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        link.request("GET", path, headers={"Host": f"localhost:{port}"})
        return link.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        link.close()


def _check_port(port: int) -> None:
    require_free(port)
    # A server of someone else on ::1 would get the browser's requests instead of ours.
    if has_ipv6_loopback() and not port_free(port, "::1"):
        raise StartError(
            f"A porta {port} já está em uso por outro programa (no endereço ::1).",
            f"Encerre esse programa ou escolha outra porta: `make demo PORT={port + 1}`.",
        )


@contextlib.contextmanager
def _services(demo: Demo, say: Callable[[str], None]) -> Iterator[Services]:
    say("Iniciando o banco de dados, a fila, os arquivos e o correio…")
    services = start_all(demo.var_dir)
    try:
        yield services
    finally:
        _ignore_signals()
        services.stop()


@contextlib.contextmanager
def _quiet_end(say: Callable[[str], None]) -> Iterator[None]:
    """Ctrl-C is the normal end, not an error."""
    try:
        yield
    except KeyboardInterrupt:
        say("Tudo encerrado. Os dados ficam guardados.")


def _serve(demo: Demo, services: Services, say: Callable[[str], None]) -> None:
    env = _prepare(demo, services, say)
    say("Iniciando o portal…")
    with contextlib.ExitStack() as children:
        # Closed in reverse order: the web server drains while the worker still runs.
        worker = _Kept("worker", demo.worker, services, env)
        children.callback(worker.stop)
        web = _Kept("web", web_command(demo.port, demo.web_target), services, env)
        children.callback(web.stop)
        children.callback(_announce_end, say)
        wait_http(demo.port, "/health/ready", web.child)
        say(welcome(demo.port, demo.addresses, demo.logins))
        _watch(services, [web, worker])


def _announce_end(say: Callable[[str], None]) -> None:
    _ignore_signals()
    say("\nEncerrando…")


def _prepare(demo: Demo, services: Services, say: Callable[[str], None]) -> dict[str, str]:
    """Runs the steps and returns the variables for the servers."""
    env = {
        **services.env(),
        "PROCON_ENVIRONMENT": "demo",
        "PROCON_PUBLIC_SCHEME": "http",
        "PROCON_PUBLIC_PORT": str(demo.port),
    }
    for step in demo.steps:
        say(f"{step.sentence}…")
        try:
            env |= step.run(env) or {}
        except StartError:
            raise
        except Exception as error:
            log = _write_fault(services.place.log)
            raise StartError(
                f"A etapa “{step.sentence}” não terminou bem.",
                f"Veja o motivo no registro em {log}.",
            ) from error
    return env


def _write_fault(folder: Path) -> Path:
    """Keeps the current exception for a developer and returns where."""
    log = folder / "demo.log"
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        with log.open("a") as output:
            output.write(traceback.format_exc())
    return log


class _Kept:
    """A server of ours that is started again when it ends by accident."""

    def __init__(
        self, name: str, command: Sequence[str], services: Services, env: Environment
    ) -> None:
        self._name, self._command = name, command
        self._place, self._env = services.place, {**os.environ, **env}
        self._ends: list[float] = []
        self.child = self._begin()

    def _begin(self) -> Child:
        return spawn(self._name, self._command, place=self._place, env=self._env, cwd=Path.cwd())

    def keep(self) -> None:
        """Starts it again if it ended; StartError when that happens too often."""
        if self.child.running:
            return
        now = time.monotonic()
        self._ends = [at for at in self._ends if now - at < RESTART_WINDOW_SECONDS] + [now]
        if len(self._ends) > RESTARTS:
            raise diagnosis(self.child.name, tail(self.child.log), self.child.log)
        stop(self.child)
        self.child = self._begin()

    def stop(self) -> None:
        stop(self.child, patience=15)


def _watch(services: Services, kept: Sequence[_Kept]) -> None:
    """Returns never: ends by the signal's KeyboardInterrupt or a StartError."""
    while True:
        for server in kept:
            server.keep()
        for child in (services.postgres.child, services.redis.child, services.s3.child):
            if not child.running:
                raise diagnosis(child.name, tail(child.log), child.log)
        time.sleep(WATCH_SECONDS)


def _end_on_signals() -> None:
    def end(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    for number in SIGNALS:
        if number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN:
            continue  # nohup: the terminal's end is not ours
        signal.signal(number, end)


def _ignore_signals() -> None:
    """An impatient second Ctrl-C must not leave a child behind."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
