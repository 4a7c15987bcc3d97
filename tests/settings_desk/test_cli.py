"""`procon deadline explain`, as an operator calls it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from procon.embedded.services import Services
from procon.settings_desk.cli import deadline
from settings_desk.settings_support import deadline_of, with_cip
from support.cities import City, filed


def explain(services: Services, *words: str) -> tuple[int, str]:
    """Exit status and what was printed."""
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "procon.cli", "deadline", "explain", *words],
        env={**os.environ, **services.env()},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout


async def test_a_case_and_a_case_without_deadline(
    services: Services, city: City, other: City
) -> None:
    opened, quiet = await with_cip(city), await filed(other)
    assert opened.number == quiet.number
    stored = await deadline_of(city, opened)
    status, told = explain(services, opened.number)
    assert status == 0
    assert f"{opened.number} em {city.slug}: Resposta da empresa à CIP, até " in told
    assert stored.explanation in told
    assert all(f"  {step.day:%d/%m/%Y}  {step.reason}\n" in told for step in stored.steps)
    assert f"{opened.number} em {other.slug}: nenhum prazo corre.\n" in told
    only = (0, f"{opened.number} em {other.slug}: nenhum prazo corre.\n")
    assert explain(services, opened.number, "--tenant", other.slug) == only


async def test_a_rule_from_a_day_on(services: Services, city: City) -> None:
    words = ("--rule", "cip_answer", "--from", "2026-11-25", "--tenant", city.slug)
    status, told = explain(services, *words)
    assert status == 0
    assert f"{city.slug}: Resposta da empresa à CIP, até 07/12/2026 às 23h59\n" in told
    assert "Regra cip_answer, versão 2026.1." in told
    assert "  26/11/2026  1º dia.\n" in told


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("2026.000123-4", "--rule", "cip_answer"),
        ("--rule", "cip_answer"),
        ("--rule", "cip_answer", "--from", "2026-11-25"),
        ("--rule", "cip_answer", "--from", "2026-02-31", "--tenant", "x"),
        ("--rule", "outage_minutes", "--from", "2026-02-01", "--tenant", "x"),
    ],
)
def test_half_a_question_is_refused(words: tuple[str, ...]) -> None:
    assert CliRunner().invoke(deadline, ["explain", *words]).exit_code == 2


async def test_what_is_not_there_fails(services: Services, city: City) -> None:
    opened = await with_cip(city)
    assert explain(services, opened.number, "--tenant", "nowhere") == (1, "")
    words = ("--rule", "cip_answer", "--from", "2026-02-01", "--tenant", "nowhere")
    assert explain(services, *words) == (1, "")
