"""The SDK is the only public promise: whoever changes it sees this, and writes a changelog line."""

from __future__ import annotations

from pathlib import Path

from procon import sdk
from procon.settings import REPOSITORY

SNAPSHOT = Path(__file__).with_name("sdk.txt")


def test_the_public_names_are_those_that_were_promised() -> None:
    """After a wanted change: `python -m procon.sdk > tests/plugins/sdk.txt`, and a line in
    CHANGELOG.md.
    """
    assert sorted(sdk.__all__) == SNAPSHOT.read_text(encoding="utf-8").split()


def test_every_promised_name_is_there() -> None:
    assert [name for name in sdk.__all__ if not hasattr(sdk, name)] == []


def test_the_changelog_speaks_of_the_sdk() -> None:
    assert "procon.sdk" in (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
