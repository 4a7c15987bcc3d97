"""Child processes of the embedded default: start, recognise, stop.

This file is also the launcher that runs between us and each service: executed as a script it
leaves our process group, drops privileges, asks the kernel to be told when we die, writes its own
pid file and becomes the service. Hence the standard library only.
"""

import contextlib
import ctypes
import json
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

POLL_SECONDS = 0.02
LOG_LIMIT_BYTES = 5_000_000
PR_SET_PDEATHSIG = 1  # linux/prctl.h


class StartError(Exception):
    """What stopped the start, as a person should read it: a sentence and the way out."""

    def __init__(self, sentence: str, way_out: str) -> None:
        super().__init__(f"{sentence}\n{way_out}")
        self.sentence = sentence
        self.way_out = way_out


@dataclass(frozen=True)
class Place:
    """Where one set of services lives: `root` and the folders of pid files and logs in it."""

    root: Path

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def log(self) -> Path:
        return self.root / "log"


@dataclass(frozen=True)
class Child:
    name: str
    process: subprocess.Popen[bytes]
    log: Path
    pid_file: Path
    stop_signal: signal.Signals

    @property
    def running(self) -> bool:
        return self.process.poll() is None


def spawn(
    name: str,
    command: Sequence[str | Path],
    *,
    place: Place,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    user: pwd.struct_passwd | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
) -> Child:
    """Starts `command` in its own process group, with output appended to its log file.

    On Linux the kernel sends it `stop_signal` when the calling *thread* ends, so call this from a
    thread that lives as long as the service should.
    """
    pid_file = place.run / f"{name}.pid"
    log = place.log / f"{name}.log"
    if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
        log.replace(log.with_suffix(".log.1"))
    ids = f"{user.pw_uid}:{user.pw_gid}" if user else "-"
    launcher = [sys.executable, "-I", "-S", __file__]
    order = [str(pid_file), str(os.getpid()), str(int(stop_signal)), ids]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*launcher, *order, *map(str, command)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=None if env is None else dict(env),
            cwd=cwd or place.root,
            start_new_session=True,
        )
    return Child(name, process, log, pid_file, stop_signal)


def stop(child: Child, *, patience: float = 8.0, hard: bool = False) -> None:
    """Asks the child to end, waits `patience` seconds, then kills its process group.

    With `hard` it is killed at once: for data that nobody will read again.
    """
    if child.running:
        _signal_group(child.process.pid, signal.SIGKILL if hard else child.stop_signal)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.process.wait(timeout=patience)
    # Too slow, or ended and left helpers behind. The number is still ours until wait() returned
    # it, and afterwards for as long as the group has members.
    if child.running or group_members(child.process.pid):
        _signal_group(child.process.pid, signal.SIGKILL)
    child.process.wait()
    child.pid_file.unlink(missing_ok=True)


def wait_ready(child: Child, ready: Callable[[], bool], *, seconds: float) -> None:
    """Returns when `ready()` is true; raises StartError if the child ends or time runs out."""
    deadline = time.monotonic() + seconds
    while not ready():
        if not child.running:
            raise diagnosis(child.name, tail(child.log), child.log)
        if time.monotonic() > deadline:
            raise StartError(
                f"O serviço {child.name} não ficou pronto em {seconds:.0f} segundos.",
                f"Veja o registro em {child.log} e tente outra vez.",
            )
        time.sleep(POLL_SECONDS)


def diagnosis(name: str, output: str, log: Path) -> StartError:
    """Turns the last words of a service into a sentence."""
    if "No space left on device" in output or "Disk quota exceeded" in output:
        return StartError(
            f"O disco está cheio: o serviço {name} não conseguiu gravar.",
            "Libere espaço em disco e tente outra vez.",
        )
    if "already in use" in output or "Failed listening on port" in output:
        return StartError(
            f"A porta escolhida para o serviço {name} já está em uso.",
            "Encerre o programa que a usa e tente outra vez.",
        )
    if "Permission denied" in output:
        return StartError(
            f"O serviço {name} não tem permissão para ler ou gravar a sua pasta.",
            f"Confira o dono da pasta e veja o registro em {log}.",
        )
    return StartError(
        f"O serviço {name} parou sem que ninguém pedisse.",
        f"Veja o motivo no registro em {log}.",
    )


def tail(log: Path, size: int = 4000) -> str:
    """The last `size` bytes of a log, as text; empty when there is none."""
    try:
        return log.read_bytes()[-size:].decode("utf-8", "replace")
    except OSError:
        return ""


def identity(pid: int) -> str:
    """What tells this process from a later one with the same pid; empty when it is not running."""
    if Path("/proc/self/stat").exists():
        try:
            text = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            return ""
        state, *fields = text.rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return "" if state in "ZX" else f"{boot}/{fields[18]}"
    answer = _ps("-o", "stat=,lstart=", "-p", str(pid)).strip()
    return "" if answer.startswith("Z") else answer.partition(" ")[2].strip()


def stop_stale(place: Place) -> None:
    """Ends services that an earlier run left behind (its parent was killed).

    Call it only while holding the lock of `place`. A group of processes is touched only if its
    leader has the pid *and* start time that its launcher wrote down, or is gone: the kernel gives
    no process the number of a group that still has members.

    Raises:
        StartError: a process does not end even when killed.
    """
    left = list(_recorded(place))
    for pid, number in left:
        _signal_group(pid, number)
    for pid, _ in left:
        if not _wait_gone(pid, 8):
            _signal_group(pid, signal.SIGKILL)
        if not _wait_gone(pid, 5):
            raise StartError(
                f"Um serviço de uma execução anterior (processo {pid}) não encerra.",
                "Reinicie o computador e tente outra vez.",
            )
    for file in place.run.glob("*.pid"):
        file.unlink(missing_ok=True)


def group_members(group: int) -> list[int]:
    """The live processes of a process group, zombies left out."""
    if Path("/proc/self/stat").exists():
        found = []
        for folder in Path("/proc").iterdir():
            if not folder.name.isdecimal():
                continue
            with contextlib.suppress(OSError):
                state, _, number, *_ = (folder / "stat").read_text().rpartition(")")[2].split()
                if number == str(group) and state not in "ZX":
                    found.append(int(folder.name))
        return found
    lines = _ps("-A", "-o", "pid=,pgid=,stat=").splitlines()
    rows = [line.split() for line in lines]
    return [int(row[0]) for row in rows if row[1] == str(group) and not row[2].startswith("Z")]


def _recorded(place: Place) -> Iterator[tuple[int, int]]:
    for file in place.run.glob("*.pid"):
        try:
            note = json.loads(file.read_text())
            pid, number, written = int(note["pid"]), int(note["stop"]), str(note["identity"])
        except (OSError, ValueError, KeyError, TypeError):
            continue  # written half-way when the machine went down: nothing runs from then
        now = identity(pid)
        same_boot = written.partition("/")[0] == identity(os.getpid()).partition("/")[0]
        orphans = not now and (same_boot or "/" not in written) and group_members(pid)
        if now == written or orphans:
            yield pid, number


def _wait_gone(group: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while group_members(group):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def _signal_group(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _ps(*options: str) -> str:
    return subprocess.run(["ps", *options], capture_output=True, text=True, check=False).stdout


def _launch(arguments: Sequence[str]) -> None:
    """Becomes the service. Order matters: changing the user clears the parent-death signal."""
    pid_file, parent, number, ids, *command = arguments
    note = {"pid": os.getpid(), "identity": identity(os.getpid()), "stop": int(number)}
    Path(pid_file).write_text(json.dumps(note))
    if ids != "-":
        uid, gid = map(int, ids.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != int(parent):
            return  # the parent died before the kernel knew that we want to be told
    os.execv(command[0], command)  # noqa: S606 - a fixed program with our own arguments, no shell


if __name__ == "__main__":
    _launch(sys.argv[1:])
