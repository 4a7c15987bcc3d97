"""A theme's tokens: parsed from `tokens.css`, gated for contrast, served as custom properties.

A city chooses about two dozen semantic values and nothing else. Tints, hover colours and the whole
high-contrast variant are computed here, so a city cannot make them unreadable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal

from coloraide import Color
from msgspec import Struct

COLOURS = (
    "brand",
    "on-brand",
    "accent",
    "link",
    "link-hover",
    "link-visited",
    "action",
    "on-action",
    "danger",
    "success",
    "warning",
    "internal",
    "surface",
    "page",
    "text",
    "text-muted",
    "border",
    "field-border",
    "focus",
    "on-focus",
)
LENGTHS: Mapping[str, tuple[int, int]] = {"radius": (0, 16), "logo-height": (32, 96)}
FONTS: Mapping[str, str] = {
    "sistema": 'system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",Ubuntu,sans-serif',
    "humanista": '"Segoe UI",Candara,"Noto Sans","DejaVu Sans","Trebuchet MS",sans-serif',
    "geometrica": 'Avenir,"Avenir Next LT Pro",Montserrat,Corbel,"URW Gothic",sans-serif',
    "grotesca": '"Helvetica Neue",Helvetica,Arial,"Liberation Sans",sans-serif',
    "arredondada": 'ui-rounded,"Hiragino Maru Gothic ProN",Quicksand,Nunito,system-ui,sans-serif',
    "classica": 'Charter,"Bitstream Charter","Sitka Text",Cambria,Georgia,serif',
}
CHOICES: Mapping[str, tuple[str, ...]] = {
    "font-family": tuple(FONTS),
    "header-style": ("faixa", "claro"),
    "density": ("confortavel", "compacta"),
}
NAMES = frozenset((*COLOURS, *LENGTHS, *CHOICES))

TEXT = 4.5  # WCAG 2.2 AA, 1.4.3
PART = 3.0  # WCAG 2.2 AA, 1.4.11
# Colours that also appear as a pale surface with strong text of the same hue (tags, notes).
TINTED = ("action", "danger", "success", "warning", "link")
_DECLARATION = re.compile(r"--procon-([a-z-]+)\s*:\s*([^;{}]*?)\s*;")
_HEX = re.compile(r"#[0-9a-f]{6}")

Tokens = Mapping[str, str]


class Pair(Struct, frozen=True):
    """Two tokens seen together. `subject` is the one that a suggestion changes.

    Where `either` is named, it is enough that one of the two stands out: the focus mark is a fill
    with a line under it.
    """

    subject: str
    against: str
    minimum: float
    either: str = ""


# Every pair that the shared style sheet puts on a screen.
PAIRS = (
    Pair("text", "page", TEXT),
    Pair("text", "surface", TEXT),
    Pair("text-muted", "page", TEXT),
    Pair("text-muted", "surface", TEXT),
    Pair("link", "page", TEXT),
    Pair("link", "surface", TEXT),
    Pair("link-hover", "page", TEXT),
    Pair("link-hover", "surface", TEXT),
    Pair("link-visited", "page", TEXT),
    Pair("link-visited", "surface", TEXT),
    Pair("brand", "on-brand", TEXT),
    Pair("action", "on-action", TEXT),
    Pair("danger", "page", TEXT),
    Pair("danger", "surface", TEXT),
    Pair("success", "page", TEXT),
    Pair("success", "surface", TEXT),
    Pair("warning", "page", TEXT),
    Pair("warning", "surface", TEXT),
    Pair("internal", "text", TEXT),
    Pair("internal", "text-muted", TEXT),
    Pair("internal", "link", TEXT),
    Pair("focus", "on-focus", TEXT),
    Pair("on-focus", "page", PART, either="focus"),
    Pair("action", "page", PART),
    Pair("action", "surface", PART),
    Pair("brand", "page", PART),
    Pair("accent", "brand", PART),
    Pair("field-border", "page", PART),
    Pair("field-border", "surface", PART),
)


class Problem(Struct, frozen=True):
    """Something a theme may not be. `place` is a file, with its line where there is one."""

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class TokenError(ValueError):
    """`tokens.css` holds something that is not a token; the text names line and reason."""


def parse_tokens(text: str) -> dict[str, str]:
    """Read one `:root { --procon-…: …; }` block; comments are allowed, nothing else.

    Raises:
        TokenError: other CSS, an unknown name, a name given twice, or a value of the wrong form.
    """
    bare = re.sub(r"/\*.*?\*/", lambda m: "\n" * m[0].count("\n"), text, flags=re.DOTALL)
    block = re.fullmatch(r"\s*:root\s*\{(.*)\}\s*", bare, flags=re.DOTALL)
    if block is None:
        raise TokenError("linha 1: o arquivo deve ter um único bloco :root { … }")
    body, start = block[1], block.start(1)
    rest = _DECLARATION.sub(lambda m: "\n" * m[0].count("\n"), body)
    if rest.strip():
        stray = rest.strip().split()[0]
        line = rest[: rest.index(stray)].count("\n") + bare[:start].count("\n") + 1
        raise TokenError(f"linha {line}: só há lugar para propriedades --procon-…: {stray!r}")
    found: dict[str, str] = {}
    for match in _DECLARATION.finditer(body):
        name, value = match[1], match[2].lower()
        line = bare[: start + match.start()].count("\n") + 1
        if name in found:
            raise TokenError(f"linha {line}: --procon-{name} aparece duas vezes")
        if wrong := _wrong(name, value):
            raise TokenError(f"linha {line}: {wrong}")
        found[name] = value
    return found


def _wrong(name: str, value: str) -> str:
    """Why the value cannot be used, or ""."""
    if name not in NAMES:
        return f"--procon-{name} não existe; nomes possíveis: {', '.join(sorted(NAMES))}"
    if name in COLOURS and not _HEX.fullmatch(value):
        return f"--procon-{name} deve ser uma cor #rrggbb, não {value!r}"
    if name in LENGTHS:
        low, high = LENGTHS[name]
        number = value.removesuffix("px")
        if number == value or not number.isdecimal() or not low <= int(number) <= high:
            return f"--procon-{name} deve ir de {low}px a {high}px, não {value!r}"
    if name in CHOICES and value not in CHOICES[name]:
        return f"--procon-{name} deve ser um de {', '.join(CHOICES[name])}, não {value!r}"
    return ""


def contrast(one: str, other: str) -> float:
    """WCAG 2.1 contrast ratio of two colours, 1 to 21."""
    return float(Color(one).contrast(Color(other), method="wcag21"))


def nearest_passing(colour: str, against: str, minimum: float) -> str:
    """The colour closest to `colour`, by lightness alone, that reaches `minimum` on `against`.

    Walks L in OKLCH both ways in steps of 0.002 and keeps hue; black or white always passes 4.5.
    """
    start = Color(colour).convert("oklch")
    for step in range(1, 501):
        for direction in (-1, 1):
            lightness = start["lightness"] + direction * step * 0.002
            if not 0 <= lightness <= 1:
                continue
            moved = Color("oklch", [lightness, start["chroma"], start["hue"]])
            candidate = moved.convert("srgb").fit().to_string(hex=True)
            if contrast(candidate, against) >= minimum:
                return str(candidate)
    return "#000000" if contrast("#000000", against) > contrast("#ffffff", against) else "#ffffff"


def contrast_problems(tokens: Tokens, place: str = "tokens.css") -> list[Problem]:
    """One problem per pair below its minimum, with the swatches, the ratio and a way out."""
    problems: list[Problem] = []
    for pair in PAIRS:
        subject, against = tokens[pair.subject], tokens[pair.against]
        ratio = contrast(subject, against)
        if pair.either:
            ratio = max(ratio, contrast(tokens[pair.either], against))
        if ratio >= pair.minimum:
            continue
        better = nearest_passing(subject, against, pair.minimum)
        problems.append(
            Problem(
                place,
                f"{pair.subject} ({subject}) com {pair.against} ({against}): contraste "
                f"{_decimal(ratio)}, o mínimo é {_decimal(pair.minimum)}. "
                f"A cor mais próxima que passa para {pair.subject} é {better}.",
            )
        )
    return problems


def missing(tokens: Tokens) -> list[str]:
    """Names that neither the theme nor the one it extends gives."""
    return sorted(NAMES - set(tokens))


def high_contrast(tokens: Tokens) -> dict[str, str]:
    """The computed variant: black page, white text, yellow actions, city hues lifted to 7:1."""
    fixed = {
        "page": "#000000",
        "surface": "#000000",
        "internal": "#000000",
        "brand": "#000000",
        "on-brand": "#ffffff",
        "text": "#ffffff",
        "text-muted": "#ffffff",
        "border": "#ffffff",
        "field-border": "#ffffff",
        "link": "#ffff00",
        "link-hover": "#ffffff",
        "action": "#ffff00",
        "on-action": "#000000",
        "focus": "#00ffff",
        "on-focus": "#000000",
    }
    hues = ("accent", "link-visited", "danger", "success", "warning")
    lifted = {name: _lift(tokens[name]) for name in hues}
    return {**tokens, **fixed, **lifted}


def _lift(colour: str) -> str:
    """`colour`, lighter if needed, with 7:1 on black."""
    return colour if contrast(colour, "#000000") >= 7 else nearest_passing(colour, "#000000", 7)


def derived(tokens: Tokens) -> dict[str, str]:
    """Tints with readable text of the same hue, and darker hover colours."""
    page = tokens["page"]
    computed: dict[str, str] = {}
    for name in TINTED:
        soft = _mix(tokens[name], page, 0.10)
        strong = tokens[name]
        computed[f"{name}-soft"] = soft
        computed[f"{name}-strong"] = (
            strong if contrast(strong, soft) >= TEXT else nearest_passing(strong, soft, TEXT)
        )
    computed["action-hover"] = _hover(tokens["action"], tokens["on-action"])
    light = contrast("#ffffff", tokens["danger"]) >= TEXT
    computed["on-danger"] = "#ffffff" if light else "#000000"
    computed["danger-hover"] = _hover(tokens["danger"], computed["on-danger"])
    legible = contrast(tokens["brand"], page) >= TEXT
    computed["brand-ink"] = tokens["brand"] if legible else tokens["text"]
    computed["brand-deep"] = _hover(tokens["brand"], tokens["on-brand"])
    return computed


def _mix(colour: str, base: str, share: float) -> str:
    """`share` of `colour` over `base`, in sRGB."""
    mixed = Color(base).mix(colour, share, space="srgb")
    return str(mixed.to_string(hex=True))


def _hover(colour: str, text: str) -> str:
    """A little further away from its text colour, so contrast only grows."""
    away = "#000000" if contrast(text, "#000000") > contrast(text, "#ffffff") else "#ffffff"
    return _mix(away, colour, 0.18)


def theme_css(tokens: Tokens) -> str:
    """The style sheet of a theme: its values, the derived ones and the high-contrast variant."""
    strong = high_contrast(tokens)
    contrast_body = "".join(_properties(strong, only_colours=True))
    return (
        f":root{{{''.join(_properties(tokens))}}}\n"
        f":root.alto-contraste{{color-scheme:dark;{contrast_body}}}\n"
        f"@media (prefers-contrast:more){{:root:not(.contraste-normal){{{contrast_body}}}}}\n"
    )


def _properties(tokens: Tokens, *, only_colours: bool = False) -> Iterator[str]:
    for name in COLOURS:
        yield f"--procon-{name}:{tokens[name]};"
    for name, value in derived(tokens).items():
        yield f"--procon-{name}:{value};"
    if only_colours:
        return
    for name in LENGTHS:
        yield f"--procon-{name}:{tokens[name]};"
    yield f"--procon-font:{FONTS[tokens['font-family']]};"


def header_style(tokens: Tokens) -> Literal["faixa", "claro"]:
    """How the header looks: a band of the brand colour, or the page's own colour."""
    return "claro" if tokens["header-style"] == "claro" else "faixa"


def _decimal(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".").replace(".", ",")
