"""Tokens: what is accepted, what the contrast gate says, what is computed."""

from __future__ import annotations

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from procon.portal.tokens import (
    NAMES,
    PAIRS,
    TINTED,
    TokenError,
    contrast,
    contrast_problems,
    derived,
    high_contrast,
    nearest_passing,
    parse_tokens,
    theme_css,
)
from procon.settings import REPOSITORY

BASE = parse_tokens((REPOSITORY / "themes/base/tokens.css").read_text(encoding="utf-8"))
COLOUR = st.integers(0, 0xFFFFFF).map(lambda n: f"#{n:06x}")


def test_there_are_about_two_dozen_names() -> None:
    assert set(BASE) == NAMES
    assert len(NAMES) == 25


def test_contrast_by_arithmetic() -> None:
    assert round(contrast("#ffffff", "#000000"), 2) == 21.0
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48
    assert round(contrast("#ffb000", "#ffffff"), 2) == 1.83


def test_gate_names_swatch_ratio_and_way_out() -> None:
    problems = contrast_problems({**BASE, "action": "#ffb000"})
    assert problems[0].message == (
        "action (#ffb000) com on-action (#ffffff): contraste 1,83, o mínimo é 4,5. "
        "A cor mais próxima que passa para action é "
        f"{nearest_passing('#ffb000', '#ffffff', 4.5)}."
    )
    assert {problem.place for problem in problems} == {"tokens.css"}


@settings(max_examples=40, deadline=None)
@given(COLOUR, COLOUR)
def test_the_suggested_colour_passes(colour: str, against: str) -> None:
    assert contrast(nearest_passing(colour, against, 4.5), against) >= 4.5


def test_the_suggested_colour_is_near() -> None:
    better = nearest_passing("#ffb000", "#ffffff", 4.5)
    assert 4.5 <= contrast(better, "#ffffff") < 4.7


@settings(max_examples=15, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(COLOUR, COLOUR, COLOUR)
def test_no_city_can_spoil_high_contrast(accent: str, danger: str, success: str) -> None:
    strong = high_contrast({**BASE, "accent": accent, "danger": danger, "success": success})
    # Its black header is set off by lines, not by its fill.
    assert [p.message[:32] for p in contrast_problems(strong)] == [
        "brand (#000000) com page (#00000"
    ]
    for name in ("text", "link", "action", "danger", "success", "warning", "accent"):
        assert contrast(strong[name], strong["page"]) >= 7
    for name in TINTED:
        computed = derived(strong)
        assert contrast(computed[f"{name}-strong"], computed[f"{name}-soft"]) >= 4.5


@settings(max_examples=25, deadline=None)
@given(COLOUR)
def test_computed_tints_are_readable(colour: str) -> None:
    computed = derived({**BASE, "warning": colour, "danger": colour})
    for name in ("warning", "danger"):
        assert contrast(computed[f"{name}-strong"], computed[f"{name}-soft"]) >= 4.5
    assert contrast(computed["on-danger"], colour) >= 4.5


def test_hover_never_loses_contrast() -> None:
    computed = derived(BASE)
    assert contrast(computed["action-hover"], BASE["on-action"]) > contrast(
        BASE["action"], BASE["on-action"]
    )


@pytest.mark.parametrize(
    ("css", "line"),
    [
        ("body{color:red}", 1),
        (":root{--procon-brand:#123456;}\np{}", 1),
        (":root{\n--procon-brand:url(x);}", 2),
        (":root{\n\n--procon-brnd:#123456;}", 3),
        (":root{--procon-brand:red;}", 1),
        (":root{--procon-radius:99px;}", 1),
        (":root{--procon-radius:1em;}", 1),
        (":root{--procon-font-family:Comic;}", 1),
        (":root{\n--procon-brand:#123456;\n--procon-brand:#123456;}", 3),
        (":root{/* a\nb */\ncolor:red;}", 3),
        (":root{--procon-brand:#123456}", 1),
        (":root{@import 'x';}", 1),
    ],
)
def test_anything_else_is_refused(css: str, line: int) -> None:
    with pytest.raises(TokenError, match=rf"^linha {line}: "):
        parse_tokens(css)


def test_every_pair_names_colours() -> None:
    for pair in PAIRS:
        assert BASE[pair.subject].startswith("#")
        assert BASE[pair.against].startswith("#")


def test_served_sheet_has_three_blocks_and_nothing_outside() -> None:
    css = theme_css(BASE)
    assert [line.partition("{")[0] for line in css.splitlines()] == [
        ":root",
        ":root.alto-contraste",
        "@media (prefers-contrast:more)",
    ]
    assert "url(" not in css
