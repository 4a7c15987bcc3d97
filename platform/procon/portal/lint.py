"""What templates and drawings may not contain. The same rules for core, plugins and themes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from procon.portal.tokens import Problem

# Pattern → what to do instead. Jinja comments are removed before.
_FORBIDDEN = (
    (re.compile(r"\bhx-on\b|\bdata-hx-on\b"), "hx-on não é permitido: use um arquivo em static/"),
    (re.compile(r"\bhx-live\b"), "hx-live não é permitido: use um arquivo em static/"),
    (re.compile(r"""\bhx-[a-z:-]+\s*=\s*["']\s*js:"""), "js: não é permitido em atributos hx-*"),
    (re.compile(r"\sstyle\s*="), "style= não é permitido: use uma classe"),
    (re.compile(r"<style\b"), "<style> não é permitido: use um arquivo em static/"),
    (re.compile(r"""\son[a-z]+\s*=\s*["']"""), "tratador on…= não é permitido: use static/"),
    (re.compile(r"javascript:", re.IGNORECASE), "endereço javascript: não é permitido"),
    (re.compile(r"<script\b(?![^>]*\snonce=)"), "<script> precisa de nonce"),
    (re.compile(r"\btarget\s*=\s*[\"']_blank"), "não abra outra janela sem a pessoa pedir"),
)
_SVG = "{http://www.w3.org/2000/svg}"
_SVG_ELEMENTS = frozenset(
    [
        "svg",
        "g",
        "path",
        "rect",
        "circle",
        "ellipse",
        "line",
        "polyline",
        "polygon",
        "title",
        "desc",
        "defs",
        "linearGradient",
        "radialGradient",
        "stop",
        "clipPath",
    ]
)
_SVG_ATTRIBUTES = frozenset(
    [
        "id",
        "d",
        "x",
        "y",
        "x1",
        "x2",
        "y1",
        "y2",
        "cx",
        "cy",
        "r",
        "rx",
        "ry",
        "fx",
        "fy",
        "width",
        "height",
        "points",
        "viewBox",
        "fill",
        "stroke",
        "opacity",
        "transform",
        "offset",
        "role",
        "preserveAspectRatio",
        "version",
        "gradientUnits",
        "gradientTransform",
        "stroke-width",
        "stroke-linecap",
        "stroke-linejoin",
        "stroke-miterlimit",
        "stroke-dasharray",
        "stroke-opacity",
        "fill-opacity",
        "fill-rule",
        "clip-rule",
        "clip-path",
        "stop-color",
        "stop-opacity",
        "aria-hidden",
        "aria-label",
        "aria-labelledby",
        "focusable",
    ]
)
_LOCAL_REFERENCE = re.compile(r"url\(#[A-Za-z][\w-]*\)")


def lint_template(text: str, place: str) -> list[Problem]:
    """Every forbidden thing in a template's source, with its line; whole pages need a title."""
    bare = re.sub(r"\{#.*?#\}", lambda m: "\n" * m[0].count("\n"), text, flags=re.DOTALL)
    problems = [
        Problem(f"{place}:{bare[: match.start()].count(chr(10)) + 1}", advice)
        for pattern, advice in _FORBIDDEN
        for match in pattern.finditer(bare)
    ]
    if re.search(r"\{%-?\s*extends\s+\"shell/base\.html\"", bare) and not re.search(
        r"\{%-?\s*block\s+title\b", bare
    ):
        problems.append(Problem(f"{place}:1", "a página não tem {% block title %}"))
    return problems


def lint_svg(text: str, place: str) -> list[Problem]:
    """Why a drawing is not a plain picture: script, link, style, entity, outside reference."""
    if "<!DOCTYPE" in text.upper() or "<!ENTITY" in text.upper():
        return [Problem(place, "SVG com DOCTYPE ou entidade não é aceito")]
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - entities were refused just above
    except ElementTree.ParseError as error:
        return [Problem(place, f"SVG malformado: {error}")]
    if root.tag != f"{_SVG}svg":
        return [Problem(place, "o arquivo não é um SVG")]
    return [Problem(place, message) for message in _svg_faults(root)]


def _svg_faults(root: ElementTree.Element) -> Iterator[str]:
    for element in root.iter():
        name = str(element.tag).removeprefix(_SVG)
        if name not in _SVG_ELEMENTS:
            yield f"elemento <{name}> não é aceito em SVG"
        for attribute, value in element.attrib.items():
            if attribute not in _SVG_ATTRIBUTES:
                yield f"atributo {attribute} em <{name}> não é aceito em SVG"
            elif "url(" in value and not _LOCAL_REFERENCE.fullmatch(value):
                yield f"atributo {attribute} em <{name}> aponta para fora do desenho"


def templates_under(folder: Path) -> Iterator[tuple[str, Path]]:
    """Name as Jinja knows it and file of every template of a folder, sorted."""
    for path in sorted(folder.rglob("*.html")):
        yield path.relative_to(folder).as_posix(), path
