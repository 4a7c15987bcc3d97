"""The harness runs, measures the three pages and cleans up; how fast they are is not judged."""

from __future__ import annotations

import re
import sys

import pytest

from procon.settings import REPOSITORY
from support.harness import run


def test_report_says_median_ratio_range_and_what_misses_the_target(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(REPOSITORY)
    from bench.web import Result, report  # noqa: PLC0415 - the repository is on no path of pytest's

    results = [
        Result("fila", 2, 15_700, product=(60.0, 40.0, 90.0), floor=(100.0, 100.0, 100.0)),
        Result("processo", 7, 900, product=(10.0,), floor=(40.0,)),
    ]
    assert report(results).splitlines() == [
        "página                   SQL     kB  produto/s   piso/s  razão (mín.-máx.)",
        "fila                       2   15.7         60      100  0.60 (0.40-0.90)",
        "processo                   7    0.9         10       40  0.25 (0.25-0.25)",
        "Meta de 0.5: falta em processo.",
    ]


def test_harness_prints_three_ratios_and_leaves_nothing() -> None:
    command = [sys.executable, "-m", "bench.web", "--pedidos", "20", "--rodadas", "1"]
    done, left = run(command)
    assert done.returncode == 0, done.stderr[-8000:]
    line = r"^([^\d\n]+?) +(\d+) +[\d.]+ +[1-9]\d* +[1-9]\d*  \d+\.\d\d \("
    found = re.findall(line, done.stdout, re.MULTILINE)
    assert [name for name, _ in found] == [
        "fila da equipe",
        "página do processo",
        "formulário de resposta",
    ]
    assert found[0][1] == "2"  # the list costs two queries, however long it is
    assert left == []
