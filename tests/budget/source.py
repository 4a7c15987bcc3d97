"""The product's source as the budgets look at it."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

from procon.settings import REPOSITORY

PACKAGE = REPOSITORY / "platform" / "procon"
MIGRATIONS = "piccolo_migrations"
Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path: Path) -> str:
    """The path from the repository's root."""
    return path.relative_to(REPOSITORY).as_posix()


def python_files() -> list[Path]:
    """Every module of the product and its plugins."""
    found = [*(REPOSITORY / "platform").rglob("*.py"), *(REPOSITORY / "plugins").rglob("*.py")]
    return sorted(path for path in found if "__pycache__" not in path.parts)


def text_files() -> list[Path]:
    """Everything under platform/ that is text."""
    found = sorted(path for path in (REPOSITORY / "platform").rglob("*") if path.is_file())
    return [p for p in found if "__pycache__" not in p.parts and p.suffix not in {".pyc", ".woff2"}]


def templates() -> list[Path]:
    """Every page template, the themes' own included."""
    found = [*PACKAGE.rglob("*.html"), *(REPOSITORY / "themes").glob("*/templates/**/*")]
    return sorted(path for path in found if path.is_file())


@functools.cache
def tree_of(path: Path) -> ast.Module:
    """The parsed module."""
    return ast.parse(path.read_text(encoding="utf-8"))


def module_of(path: Path) -> str:
    """Dotted name of a module of the package."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """(line, module, names) of each import; names are empty for `import x`."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name, ()
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module, tuple(alias.name for alias in node.names)


def functions_of(path: Path) -> Iterator[Function]:
    """Every function, methods and inner ones included."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, Function):
            yield node


def called(node: ast.AST) -> str:
    """Last part of a call's or a name's dotted name, "" for anything else."""
    if isinstance(node, ast.Call):
        return called(node.func)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
