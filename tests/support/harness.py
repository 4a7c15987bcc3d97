"""Running a harness as its users do."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from procon.settings import REPOSITORY

SECONDS = 180


def run(command: Sequence[str]) -> tuple[subprocess.CompletedProcess[str], list[Path]]:
    """What it printed, and the folders of its own that it left behind."""
    with subprocess.Popen(  # noqa: S603 - our own command
        command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        out, err = process.communicate(timeout=SECONDS)
    left = list(Path(tempfile.gettempdir()).glob(f"procon-bench-{process.pid}-*"))
    return subprocess.CompletedProcess(command, process.returncode, out, err), left
