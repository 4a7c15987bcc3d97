"""The infrastructure reads the file that the application reads. Offline, with the real program."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from procon.settings import REPOSITORY
from procon.tenancy.manifest import read

INFRA = REPOSITORY / "infra" / "terraform"
TENANT = INFRA / "modules" / "tenant"
PROGRAM = shutil.which("terraform")

pytestmark = pytest.mark.skipif(
    PROGRAM is None, reason="the program terraform is not on this machine"
)


def terraform(folder: Path, data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """One command; its working files lie outside the checkout."""
    return subprocess.run(  # noqa: S603 - our own words, no shell
        [str(PROGRAM), f"-chdir={folder}", *words],
        env={**os.environ, "TF_DATA_DIR": str(data), "TF_IN_AUTOMATION": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_file_has_the_usual_form(tmp_path: Path) -> None:
    done = terraform(INFRA, tmp_path, "fmt", "-check", "-recursive", "-no-color")
    assert (done.returncode, done.stdout) == (0, "")


def test_the_modules_own_tests_pass(tmp_path: Path) -> None:
    assert terraform(TENANT, tmp_path, "init", "-input=false").returncode == 0
    done = terraform(TENANT, tmp_path, "test", "-no-color")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed, 0 failed" in done.stdout


@pytest.mark.parametrize("slug", ["campinas", "contagem"])
def test_both_read_the_same_manifest(slug: str, tmp_path: Path) -> None:
    """Key by key: what Terraform hands out is what the application decodes."""
    state = tmp_path / "state"
    assert terraform(TENANT, tmp_path / "data", "init", "-input=false").returncode == 0
    done = terraform(
        TENANT,
        tmp_path / "data",
        "apply",
        "-auto-approve",
        "-input=false",
        f"-state={state}",
        f"-var=manifest={REPOSITORY / 'tenants' / slug / 'tenant.yaml'}",
        f"-var=defaults={REPOSITORY / 'tenants' / '_defaults.yaml'}",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    shown = json.loads(state.read_text(encoding="utf-8"))["outputs"]["manifest"]["value"]
    tenant = read(REPOSITORY / "tenants", slug)
    assert shown["slug"] == tenant.slug
    assert tuple(shown["hosts"]) == tenant.hosts
    assert shown["limits"] == {
        "file_mib": tenant.limits.file_mib,
        "files_per_case": tenant.limits.files_per_case,
        "drafts_per_hour": tenant.limits.drafts_per_hour,
    }
    assert shown["oidc"]["staff"]["role_map"] == tenant.oidc.staff.role_map
    assert shown["levels"]["mandate"] == tenant.levels.mandate
