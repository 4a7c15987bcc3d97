"""A manifest that cannot be used says where and why."""

from __future__ import annotations

from pathlib import Path

import pytest

from procon.settings import REPOSITORY
from procon.tenancy.manifest import ManifestError, read, read_all

GOOD = """\
slug: recife
name: Procon Recife
city: Recife
ibge: "2611606"
uf: PE
hosts:
  - recife.localhost
theme: base
oidc:
  people:
    issuer: http://idp.localhost
    client_id: recife
    client_secret: secret://IDP
  staff:
    issuer: http://idp.localhost
    client_id: recife
    client_secret: secret://IDP
mail:
  sender: procon@recife.example
contacts:
  body: Procon
limits:
  file_mib: 10
"""
DEFAULTS = "timezone: America/Recife\nlimits:\n  file_mib: 50\n  files_per_case: 7\n"


def write(folder: Path, text: str, slug: str = "recife") -> Path:
    """A tenants folder with this manifest; returns the manifest's path."""
    (folder / "_defaults.yaml").write_text(DEFAULTS)
    path = folder / slug / "tenant.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def test_defaults_are_completed_one_level_deep(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    tenant = read(tmp_path, "recife")
    assert (tenant.timezone, tenant.limits.file_mib, tenant.limits.files_per_case) == (
        "America/Recife",
        10,
        7,
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("theme: base", "theme: base\ncolour: blue", 9, "unknown field `colour`"),
        ("  body: Procon", "  body: Procon\n  fax: 1", 22, "unknown field `fax`"),
        ('"2611606"', '"261160"', 4, "$.ibge"),
        ("uf: PE", "uf: pe", 5, "$.uf"),
        ("hosts:\n  - recife.localhost", "hosts: []", 6, "$.hosts"),
        ("recife.localhost", "Recife.localhost", 7, "$.hosts"),
        ("recife.localhost", "recife.localhost:8000", 7, "$.hosts"),
        (
            "client_secret: secret://IDP\nmail",
            "client_secret: hunter2\nmail",
            17,
            "staff.client_secret",
        ),
        (
            "    client_id: recife\n    client_secret: secret://IDP\n  staff",
            "  staff",
            10,
            "`client_id`",
        ),
        ("slug: recife", "slug: Recife", 1, "$.slug"),
        ("slug: recife", "slug: olinda", 1, "the folder is 'recife'"),
        ("file_mib: 10", "file_mib: 0", 23, "file_mib"),
        ("mail:\n  sender: procon@recife.example\n", "", 1, "missing required field `mail`"),
        ("city: Recife", "city: [", 5, "not valid YAML"),
    ],
)
def test_a_wrong_manifest_names_file_line_and_reason(
    tmp_path: Path, old: str, new: str, line: int, says: str
) -> None:
    assert old in GOOD
    path = write(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(ManifestError) as caught:
        read(tmp_path, "recife")
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert says in str(caught.value)


def test_a_missing_manifest_is_named(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    with pytest.raises(ManifestError) as caught:
        read(tmp_path, "olinda")
    assert str(caught.value) == f"{tmp_path / 'olinda' / 'tenant.yaml'}:1: the file does not exist"


def test_a_list_is_not_a_manifest(tmp_path: Path) -> None:
    path = write(tmp_path, "- slug: recife\n")
    with pytest.raises(ManifestError) as caught:
        read(tmp_path, "recife")
    assert str(caught.value) == f"{path}:1: a mapping is expected"


def test_two_cities_cannot_claim_one_host(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    write(tmp_path, GOOD.replace("slug: recife", "slug: olinda"), "olinda")
    path = tmp_path / "recife" / "tenant.yaml"
    with pytest.raises(ManifestError) as caught:
        read_all(tmp_path)
    assert str(caught.value) == f"{path}:1: host recife.localhost belongs to olinda"


def test_the_repositorys_own_manifests_are_in_order() -> None:

    assert [tenant.slug for tenant in read_all(REPOSITORY / "tenants")] == ["campinas", "contagem"]
