"""The harness loads two cities, asks and cleans up; how fast they are is not judged."""

from __future__ import annotations

import re
import sys

import pytest

from procon.settings import REPOSITORY
from support.harness import run


def test_report_says_both_growths_and_judges_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(REPOSITORY)
    from bench.big import Answer, Times, report  # noqa: PLC0415 - the repository is on no path of pytest's

    answers = [
        Answer("lista", Times([4.0, 2.0, 3.0], [6.0]), Times([1.0], [9.0])),
        Answer("busca", Times([1.0], [2.1]), Times([1.0], [1.0])),
    ]
    assert report(answers).splitlines() == [
        "ms da página, ms das consultas    pequena   grande  razão   pequena   grande  razão",
        "lista                                 3.0      6.0   2.00       1.0      9.0   9.00",
        "busca                                 1.0      2.1   2.10       1.0      1.0   1.00",
        "Meta de 2: falta em busca.",
    ]


def test_words_of_the_vocabulary_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(REPOSITORY)
    from bench.big import VOCABULARY, word  # noqa: PLC0415 - as above

    assert len({word(number) for number in range(VOCABULARY)}) == VOCABULARY


def test_harness_asks_every_question_and_leaves_nothing() -> None:
    command = [sys.executable, "-m", "bench.big", "--pequena", "300", "--grande", "900"]
    done, left = run([*command, "--rodadas", "1"])
    assert done.returncode == 0, done.stderr[-8000:]
    found = re.findall(r"^(lista|busca), ", done.stdout, re.MULTILINE)
    assert found == ["lista"] * 4 + ["busca"] * 6
    assert left == []
