"""Services for the tests of this folder."""

import json
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from procon.embedded.services import Services, remove_all, start_all


def make_root() -> Path:
    root = Path(tempfile.mkdtemp(prefix="procon-embedded-"))
    root.chmod(0o711)  # pytest's tmp_path is closed to other users
    return root


@pytest.fixture
def root() -> Iterator[Path]:
    """A folder for services that the test starts and ends itself."""
    folder = make_root()
    yield folder
    remove_all(folder)


@pytest.fixture(scope="session")
def used_root() -> Iterator[Path]:
    """A folder in which services ran before, for tests that need no first start (1 s each)."""
    folder = make_root()
    start_all(folder, durable=False).stop()
    yield folder
    remove_all(folder)


@pytest.fixture(scope="session")
def running() -> Iterator[Services]:
    """One set of services for the tests that only look."""
    folder = make_root()
    with start_all(folder, durable=False) as services:
        yield services
    remove_all(folder)


def children(root: Path) -> dict[str, int]:
    """Name and pid of each service, as its launcher wrote them down."""
    return {
        file.stem: int(json.loads(file.read_text())["pid"]) for file in (root / "run").glob("*.pid")
    }


def until(condition: Callable[[], bool], seconds: float) -> bool:
    """Asks again and again, whether the condition is true before `seconds` have passed."""
    deadline = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(0.02)  # between two looks, not instead of looking
    return met


def kill_now(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
