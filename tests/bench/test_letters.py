"""The letters' and the autos' benches: what they print, and a small run of each."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from procon.settings import REPOSITORY


def ran(*arguments: str) -> str:
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(  # noqa: S603 - our own command
        command, cwd=REPOSITORY, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr[-8000:]
    return done.stdout


def test_reports_say_the_ratio(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(REPOSITORY)
    from bench import autos, letters  # noqa: PLC0415 - the repository is on no path of pytest's

    assert letters.report(letters.Result(1_000, 40.0, 10.0, 30_000_000)) == (
        "1000 cartas: 25/s, 40.0 s até o arquivo único de 30.0 MB\n"
        "piso (typst sozinho): 100/s  razão 0.25"
    )
    slow = autos.Result(200, 9_000_000, (6.0, 5.5, 7.0), (0.5, 0.6, 0.6))
    assert autos.report(slow).splitlines() == [
        "autos de 200 folhas (9.0 MB): 6.00 s, do pedido ao arquivo guardado",
        "piso (pikepdf só junta): 0.60 s  razão 0.10",
        "Meta de 5 s por 200 folhas: não alcançada.",
    ]


def test_letters_are_printed_joined_and_counted() -> None:
    told = ran("bench.letters", "--cartas", "7")
    assert re.search(r"^7 cartas: \d+/s, ", told, re.MULTILINE)
    assert re.search(r"razão \d\.\d\d$", told, re.MULTILINE)


def test_autos_of_some_two_hundred_pages_are_built() -> None:
    found = re.search(r"autos de (\d+) folhas", ran("bench.autos", "--rodadas", "1"))
    assert found
    assert 190 <= int(found[1]) <= 230
