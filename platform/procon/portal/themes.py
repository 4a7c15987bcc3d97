"""A theme is a folder of data: names, tokens, drawings and a few overridden templates."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import yaml
from msgspec import Struct

from procon.portal.lint import lint_svg, lint_template, templates_under
from procon.portal.tokens import (
    Problem,
    TokenError,
    contrast_problems,
    missing,
    parse_tokens,
    theme_css,
)

BASE = "base"
MAX_OVERRIDES = 8
OWN_TEMPLATES = Path(__file__).parent / "templates"
_FILES = frozenset({"theme.yaml", "tokens.css", "overrides.lock", "README.md"})
_PICTURES = frozenset({".svg", ".png", ".webp"})
_LOCK_HEADER = "# sha256 of each base template that this theme replaces, as it was when replaced\n"


class ThemeError(ValueError):
    """A theme cannot be used; the text says which file and why, in Portuguese."""


class ThemeFile(Struct, frozen=True, forbid_unknown_fields=True):
    """`theme.yaml`. File names are inside the theme's `static/`."""

    name: str
    extends: str = BASE
    logo: str = "logo.svg"
    logo_text: str = ""
    favicon: str = "favicon.svg"
    email_logo: str = ""
    main_site: str = ""


class Theme(Struct, frozen=True):
    """A theme ready for use: tokens complete, files of the theme it extends included."""

    slug: str
    file: ThemeFile
    tokens: Mapping[str, str]
    css: str
    template_dirs: tuple[Path, ...]
    static: Mapping[str, Path]


def load_theme(folder: Path) -> Theme:
    """Read `themes/<slug>` and the one it extends.

    Raises:
        ThemeError: a file is missing or wrong, or a token is given by neither.
    """
    file = read_theme_file(folder)
    parents = () if folder.name == BASE else (folder.parent / file.extends,)
    tokens = _read_tokens(folder)
    for parent in parents:
        tokens = {**_read_tokens(parent), **tokens}
    if absent := missing(tokens):
        raise ThemeError(f"{folder.name}/tokens.css: faltam {', '.join(absent)}")
    static: dict[str, Path] = {}
    for place in (*parents, folder):
        static |= {path.name: path for path in sorted((place / "static").glob("*.*"))}
    for name in (file.logo, file.favicon):
        if name not in static:
            raise ThemeError(f"{folder.name}/static/{name}: o arquivo não existe")
    return Theme(
        slug=folder.name,
        file=file,
        tokens=tokens,
        css=theme_css(tokens),
        template_dirs=tuple(p / "templates" for p in (folder, *parents)),
        static=static,
    )


def load_themes(themes_dir: Path) -> dict[str, Theme]:
    """Every theme of the folder, by slug.

    Raises:
        ThemeError: one cannot be used, or there is no base theme.
    """
    found = {p.parent.name: load_theme(p.parent) for p in sorted(themes_dir.glob("*/theme.yaml"))}
    if BASE not in found:
        raise ThemeError(f"{BASE}/theme.yaml: o tema básico não existe")
    return found


def read_theme_file(folder: Path) -> ThemeFile:
    """Read and check `theme.yaml`.

    Raises:
        ThemeError: it is missing, not YAML, has an unknown key, or extends a chain of themes.
    """
    place = f"{folder.name}/theme.yaml"
    try:
        loaded = yaml.safe_load((folder / "theme.yaml").read_text(encoding="utf-8"))
        file = msgspec.convert(loaded, ThemeFile)
    except FileNotFoundError as error:
        raise ThemeError(f"{place}: o arquivo não existe") from error
    except (yaml.YAMLError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise ThemeError(f"{place}: {error}") from error
    if BASE not in {folder.name, file.extends}:
        raise ThemeError(f"{place}: um tema só pode estender {BASE!r}")
    return file


def _read_tokens(folder: Path) -> dict[str, str]:
    try:
        return parse_tokens((folder / "tokens.css").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ThemeError(f"{folder.name}/tokens.css: o arquivo não existe") from error
    except TokenError as error:
        raise ThemeError(f"{folder.name}/tokens.css: {error}") from error


def check_theme(folder: Path, core: Sequence[Path] = (OWN_TEMPLATES,)) -> list[Problem]:
    """Everything that keeps a theme from being published; an empty list is a good theme.

    Args:
        folder: `themes/<slug>`.
        core: template folders of core and plugins, to know what an override replaces.
    """
    try:
        theme = load_theme(folder)
    except ThemeError as error:
        place, _, message = str(error).partition(": ")
        return [Problem(place, message)]
    problems = contrast_problems(theme.tokens, f"{folder.name}/tokens.css")
    problems += _strange_files(folder)
    problems += _drawings(folder)
    problems += _overrides(folder, core)
    return problems


def _strange_files(folder: Path) -> list[Problem]:
    problems = []
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_symlink():
            problems.append(Problem(f"{folder.name}/{inside}", "atalho não é aceito em um tema"))
        if path.is_dir():
            continue
        top = inside.parts[0]
        fine = (
            (len(inside.parts) == 1 and top in _FILES)
            or (len(inside.parts) == 2 and top == "static" and path.suffix in _PICTURES)
            or (top == "templates" and path.suffix == ".html")
        )
        if not fine:
            message = "um tema só tem theme.yaml, tokens.css, overrides.lock, static/ e templates/"
            problems.append(Problem(f"{folder.name}/{inside}", message))
    return problems


def _drawings(folder: Path) -> list[Problem]:
    problems = []
    for path in sorted((folder / "static").glob("*.svg")):
        text = path.read_text(encoding="utf-8", errors="replace")
        problems += lint_svg(text, f"{folder.name}/static/{path.name}")
    return problems


def _overrides(folder: Path, core: Sequence[Path]) -> list[Problem]:
    own = dict(templates_under(folder / "templates"))
    problems = []
    if len(own) > MAX_OVERRIDES:
        message = f"{len(own)} modelos substituídos; o máximo é {MAX_OVERRIDES}"
        problems.append(Problem(f"{folder.name}/templates", message))
    locked = read_lock(folder)
    for name, path in own.items():
        place = f"{folder.name}/templates/{name}"
        text = path.read_text(encoding="utf-8")
        problems += lint_template(text, place)
        if "|safe" in text.replace(" ", ""):
            problems.append(Problem(place, "um tema não pode usar |safe"))
        base = _base_file(name, core)
        if base is None:
            problems.append(Problem(place, "não substitui nenhum modelo do sistema"))
        elif locked.get(name) != digest(base):
            message = (
                "o modelo do sistema mudou (ou nunca foi conferido): compare os dois e depois "
                f"escreva em overrides.lock a linha “{digest(base)}  {name}”"
            )
            problems.append(Problem(place, message))
    for name in sorted(set(locked) - set(own)):
        problems.append(Problem(f"{folder.name}/overrides.lock", f"{name} não é mais substituído"))
    return problems


def _base_file(name: str, core: Sequence[Path]) -> Path | None:
    return next((folder / name for folder in core if (folder / name).is_file()), None)


def digest(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_lock(folder: Path) -> dict[str, str]:
    """`overrides.lock` as template → digest; empty when the theme overrides nothing."""
    path = folder / "overrides.lock"
    if not path.is_file():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    pairs = (line.split() for line in lines if line.strip() and not line.startswith("#"))
    return {pair[1]: pair[0] for pair in pairs if len(pair) == 2}


def lock_text(folder: Path, core: Sequence[Path] = (OWN_TEMPLATES,)) -> str:
    """What `overrides.lock` has to say once somebody has compared every override with its base."""
    lines = []
    for name, _ in templates_under(folder / "templates"):
        base = _base_file(name, core)
        if base is not None:
            lines.append(f"{digest(base)}  {name}\n")
    return _LOCK_HEADER + "".join(lines)
