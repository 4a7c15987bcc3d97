"""Themes of the repository pass the gate; bad ones are refused with the reason."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from procon.portal.themes import (
    OWN_TEMPLATES,
    ThemeError,
    check_theme,
    load_theme,
    load_themes,
    lock_text,
)
from procon.settings import REPOSITORY

THEMES = REPOSITORY / "themes"
SLUGS = sorted(path.parent.name for path in THEMES.glob("*/theme.yaml"))
OVERRIDE = "shell/footer.html"


@pytest.fixture
def theme(tmp_path: Path) -> Path:
    """A good theme of its own, beside a copy of base."""
    shutil.copytree(THEMES / "base", tmp_path / "base")
    folder = tmp_path / "nova"
    folder.mkdir()
    (folder / "theme.yaml").write_text("name: Nova\n", encoding="utf-8")
    (folder / "tokens.css").write_text(":root{--procon-brand:#224466;}", encoding="utf-8")
    return folder


def places(folder: Path) -> list[str]:
    return [problem.place for problem in check_theme(folder)]


def override(folder: Path, text: str) -> None:
    path = folder / "templates" / OVERRIDE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("slug", SLUGS)
def test_themes_of_the_repository(slug: str) -> None:
    assert check_theme(THEMES / slug) == []


def test_two_cities_look_different() -> None:
    themes = load_themes(THEMES)
    for name in ("brand", "action", "accent", "surface", "radius", "font-family", "header-style"):
        assert len({themes[s].tokens[name] for s in ("campinas", "contagem")}) == 2, name


def test_a_good_theme(theme: Path) -> None:
    assert check_theme(theme) == []
    assert load_theme(theme).tokens["text"] == "#1b1d22"


def test_unreadable_colours_are_refused(theme: Path) -> None:
    css = ":root{--procon-brand:#ffb000;--procon-accent:#000000;}"
    (theme / "tokens.css").write_text(css, encoding="utf-8")
    assert [problem.message for problem in check_theme(theme)] == [
        "brand (#ffb000) com on-brand (#ffffff): contraste 1,83, o mínimo é 4,5. "
        "A cor mais próxima que passa para brand é #9f6c00.",
        "brand (#ffb000) com page (#ffffff): contraste 1,83, o mínimo é 3. "
        "A cor mais próxima que passa para brand é #c68800.",
    ]


def test_a_changed_base_needs_a_look(theme: Path, tmp_path: Path) -> None:
    core = tmp_path / "core"
    shutil.copytree(OWN_TEMPLATES, core)
    override(theme, "<footer>{{ shell.city }}</footer>")
    place = f"nova/templates/{OVERRIDE}"
    assert [p.place for p in check_theme(theme, [core])] == [place]
    (theme / "overrides.lock").write_text(lock_text(theme, [core]), encoding="utf-8")
    assert check_theme(theme, [core]) == []
    with (core / OVERRIDE).open("a", encoding="utf-8") as file:
        file.write("<p>novo</p>")
    problems = check_theme(theme, [core])
    assert [p.place for p in problems] == [place]
    assert "mudou" in problems[0].message


def test_stale_lock_line(theme: Path) -> None:
    (theme / "overrides.lock").write_text(f"{'0' * 64}  shell/gone.html\n", encoding="utf-8")
    assert places(theme) == ["nova/overrides.lock"]


@pytest.mark.parametrize("text", ['<p style="x">', "<script>x</script>", "{{ page.x | safe }}"])
def test_overrides_keep_the_rules(theme: Path, text: str) -> None:
    override(theme, text)
    (theme / "overrides.lock").write_text(lock_text(theme), encoding="utf-8")
    assert places(theme)[0].startswith(f"nova/templates/{OVERRIDE}")


def test_an_override_replaces_something(theme: Path) -> None:
    path = theme / "templates" / "shell" / "new.html"
    path.parent.mkdir(parents=True)
    path.write_text("<p>", encoding="utf-8")
    assert places(theme) == ["nova/templates/shell/new.html"]


def test_at_most_eight_overrides(theme: Path, tmp_path: Path) -> None:
    core = tmp_path / "core"
    for number in range(9):
        for folder in (core, theme / "templates"):
            folder.mkdir(exist_ok=True)
            (folder / f"{number}.html").write_text("<p>", encoding="utf-8")
    (theme / "overrides.lock").write_text(lock_text(theme, [core]), encoding="utf-8")
    assert [p.place for p in check_theme(theme, [core])] == ["nova/templates"]


@pytest.mark.parametrize("name", ["code.py", "static/app.js", "static/a/b.svg", "extra.css"])
def test_only_data(theme: Path, name: str) -> None:
    path = theme / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>", encoding="utf-8")
    assert places(theme) == [f"nova/{name}"]


def test_drawings_are_plain_pictures(theme: Path) -> None:
    (theme / "static").mkdir()
    drawing = '<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'
    (theme / "static" / "logo.svg").write_text(drawing, encoding="utf-8")
    assert places(theme) == ["nova/static/logo.svg"]


@pytest.mark.parametrize(
    ("yaml", "place"),
    [
        ("name: X\ncolour: red\n", "nova/theme.yaml"),
        ("name: [\n", "nova/theme.yaml"),
        ("name: X\nextends: other\n", "nova/theme.yaml"),
        ("name: X\nlogo: absent.svg\n", "nova/static/absent.svg"),
    ],
)
def test_theme_file(theme: Path, yaml: str, place: str) -> None:
    (theme / "theme.yaml").write_text(yaml, encoding="utf-8")
    assert places(theme) == [place]


def test_base_is_complete(tmp_path: Path) -> None:
    shutil.copytree(THEMES / "base", tmp_path / "base")
    (tmp_path / "base" / "tokens.css").write_text(":root{}", encoding="utf-8")
    with pytest.raises(ThemeError, match="faltam accent, action"):
        load_themes(tmp_path)
