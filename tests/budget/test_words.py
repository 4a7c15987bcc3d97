"""What the source must not say."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from budget.source import name_of, python_files, templates, text_files
from procon.settings import REPOSITORY
from procon.tenancy.manifest import read_all

SLUGS = [tenant.slug for tenant in read_all(REPOSITORY / "tenants")]
CODES = r"[A-Z]+[0-9]+(?:, ?[A-Z]+[0-9]+)*"
NOQA = re.compile(rf"# noqa(?:: {CODES})?(?P<reason>.*)$")
IGNORE = re.compile(r"# type: ignore(?:\[[\w, -]+\])?(?P<reason>.*)$")


def found(pattern: str, paths: Iterable[Path], flags: int = 0) -> list[str]:
    """file:line of every line that matches."""
    compiled = re.compile(pattern, flags)
    return [
        f"{name_of(path)}:{number}"
        for path in paths
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if compiled.search(line)
    ]


def test_the_core_cannot_name_a_city() -> None:
    """A city differs by its manifest, theme or plugin, never by an `if` in the core."""
    paths = [*text_files(), *templates()]
    assert SLUGS != []
    assert found("|".join(SLUGS), paths, re.IGNORECASE) == []
    assert [name_of(p) for p in paths if re.search("|".join(SLUGS), p.name, re.IGNORECASE)] == []


def test_nothing_is_left_for_later() -> None:
    """Do it, or leave it out."""
    assert found(r"\b(TODO|FIXME|XXX|NotImplementedError)\b", python_files()) == []
    assert found(r"\b(TODO|FIXME|XXX)\b", templates()) == []


def test_no_machines_path_and_no_package_registry() -> None:
    """Paths come from settings, packages from the lock files."""
    assert found(r"(?<![\w.])/(work|tmp|home|root)/", text_files()) == []
    assert found(r"pypi[.]org|python[h]osted|npm[j]s[.]", text_files(), re.IGNORECASE) == []


def test_an_exception_to_a_rule_says_why() -> None:
    """`# noqa: X - why`. One reason serves the lines directly below it."""
    silent: list[str] = []
    for path in python_files():
        reason_above = False
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            match = NOQA.search(line) or IGNORE.search(line)
            reason = match is not None and bool(re.search(r"\w{2}", match["reason"]))
            if match and not reason and not reason_above:
                silent.append(f"{name_of(path)}:{number}")
            reason_above = match is not None and (reason or reason_above)
    assert silent == []


def test_pages_carry_no_inline_script_or_style() -> None:
    """The content policy would refuse them; use a class, or a file under static/."""
    pages = templates()
    assert found(r"\bhx-on\b|\bstyle=|\bsrcdoc=|\sjavascript:", pages, re.IGNORECASE) == []
    assert found(r"<[^>]*\son[a-z]+=", pages, re.IGNORECASE) == []
    assert found(r"<script(?![^>]*nonce)", pages, re.IGNORECASE) == []
    assert found(r"(?<!['\"])\|\s*safe\b", pages) == []


def test_the_folders_hide_no_standard_module() -> None:
    """With an __init__.py here `import platform` would not be the standard library's."""
    folders = ("platform", "plugins")
    assert [f for f in folders if (REPOSITORY / f / "__init__.py").exists()] == []
