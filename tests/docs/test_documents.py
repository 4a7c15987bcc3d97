"""What the documents name exists; what they tell people to type works."""

from __future__ import annotations

import re

import pytest

from procon.cli import main
from procon.settings import REPOSITORY, Settings

DOCUMENTS = sorted([*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md")])
PATH = re.compile(
    r"`((?:platform|tenants|themes|plugins|tests|docs|requirements|bench)/[^`*<>…]*)`"
)
COMMAND = re.compile(
    r"\bprocon ((?:tenant|case|theme|assets|demo|migrate|worker|routes)(?: [a-z]+)?)"
)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_paths_exist(document: object) -> None:
    text = document.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    missing = [path for path in PATH.findall(text) if not (REPOSITORY / path).exists()]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_exist(document: object) -> None:
    text = document.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    unknown = []
    for words in COMMAND.findall(text):
        command: object = main
        for word in words.split():
            inner = getattr(command, "commands", None)
            if inner is None:
                break
            if word not in inner:
                unknown.append(words)
                break
            command = inner[word]
    assert unknown == []


def test_make_targets_exist() -> None:
    rules = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    named = {
        target
        for document in DOCUMENTS
        for target in re.findall(
            r"(?:`|^)make ([a-z-]+)", document.read_text(encoding="utf-8"), re.M
        )
    }
    assert {target for target in named if not re.search(rf"^{target}:", rules, re.M)} == set()


def test_every_setting_of_the_readme_exists() -> None:
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    named = {name.lower() for name in re.findall(r"`PROCON_([A-Z0-9_]+)`", text)}
    assert named - set(Settings.__struct_fields__) == set()
