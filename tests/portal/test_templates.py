"""Every template of the repository keeps the rules; the rules find what they should."""

from __future__ import annotations

from pathlib import Path

import pytest

from procon.portal.lint import lint_svg, lint_template, templates_under
from procon.settings import REPOSITORY

FOLDERS = sorted(
    folder
    for top in ("platform", "plugins", "themes")
    for folder in (REPOSITORY / top).rglob("templates")
    # The imitated gov.br is another site, with its own rules.
    if folder.is_dir() and "embedded" not in folder.parts
)
SVG = '<svg xmlns="http://www.w3.org/2000/svg">{}</svg>'


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda f: f.relative_to(REPOSITORY).as_posix())
def test_templates_keep_the_rules(folder: Path) -> None:
    problems = [
        problem
        for name, path in templates_under(folder)
        for problem in lint_template(path.read_text(encoding="utf-8"), name)
    ]
    assert problems == []


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ('<p hx-on:click="x()">', 1),
        ('\n<p style="color:red">', 2),
        ('<a onclick="x()">', 1),
        ('<a href="javascript:x()">', 1),
        ("<script src='x'></script>", 1),
        ("<style>p{}</style>", 1),
        ("<p hx-vals='js:{a:1}'>", 1),
        ("<p hx-live>", 1),
        ('\n\n<a target="_blank">', 3),
        ('{% extends "shell/base.html" %}{% block content %}{% endblock %}', 1),
    ],
)
def test_lint_finds(source: str, line: int) -> None:
    assert [problem.place for problem in lint_template(source, "x.html")] == [f"x.html:{line}"]


def test_lint_accepts() -> None:
    source = """{# style="x" #}{% extends "shell/base.html" %}{% block title %}A{% endblock %}
    <script type="module" src="x" nonce="{{ shell.nonce }}"></script><p class="x" hx-get="/y">"""
    assert lint_template(source, "x.html") == []


@pytest.mark.parametrize(
    "drawing",
    [
        SVG.format("<script>x</script>"),
        SVG.format('<path onload="x()"/>'),
        SVG.format('<path style="fill:red"/>'),
        SVG.format('<path fill="url(https://x.example/a)"/>'),
        SVG.format('<a href="https://x.example"><path/></a>'),
        SVG.format('<image href="x.png"/>'),
        SVG.format("<foreignObject/>"),
        '<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG.format("&a;"),
        "<svg>",
        "<html/>",
    ],
)
def test_svg_refused(drawing: str) -> None:
    assert lint_svg(drawing, "x.svg") != []


def test_svg_accepted() -> None:
    inner = '<defs><linearGradient id="a"/></defs><path d="M0 0" fill="url(#a)"/>'
    assert lint_svg(SVG.format(inner), "x.svg") == []
