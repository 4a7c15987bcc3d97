"""How large things may become, and what to do instead."""

from __future__ import annotations

import ast
import re

from budget.source import (
    MIGRATIONS,
    PACKAGE,
    Function,
    called,
    functions_of,
    name_of,
    python_files,
    tree_of,
)

ROUTES = frozenset({"get", "post", "put", "patch", "delete", "head", "route"})


def test_no_line_is_longer_than_100() -> None:
    """Break it, or give a part of it a name. The reason of a `noqa` may stick out."""
    assert [
        f"{name_of(path)}:{number} ({len(line)})"
        for path in python_files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if len(re.split(r"\s+# (?:noqa|type: ignore)", line)[0]) > 100
    ] == []


def test_no_file_is_longer_than_400_lines() -> None:
    """Split it by what it is about."""
    counted = {p: len(p.read_text(encoding="utf-8").splitlines()) for p in python_files()}
    assert [f"{name_of(path)} ({lines})" for path, lines in counted.items() if lines > 400] == []


def test_no_function_is_longer_than_70_lines() -> None:
    """Take a step out and give it a name."""
    assert [
        f"{name_of(path)}:{f.lineno} {f.name} ({_lines(f)})"
        for path in python_files()
        for f in functions_of(path)
        if _lines(f) > 70
    ] == []


def test_no_folder_holds_more_than_9_modules() -> None:
    """A slice that needs more is two slices, or has a sub-folder in it."""
    over: list[str] = []
    for folder in sorted({path.parent for path in PACKAGE.rglob("*.py")}):
        held = [p.name for p in folder.glob("*.py") if p.stem not in {"__init__", "piccolo_app"}]
        if folder.name != MIGRATIONS and len(held) > 9:
            over.append(f"{name_of(folder)} ({len(held)})")
    assert over == []


def test_no_route_does_more_than_15_lines() -> None:
    """A route reads a form, calls one command and shows a page; the rest is the slice's."""
    assert [
        f"{name_of(path)}:{f.lineno} {f.name} ({_body(f)})"
        for path in python_files()
        for f in functions_of(path)
        if any(called(d) in ROUTES and isinstance(d, ast.Call) for d in f.decorator_list)
        and _body(f) > 15
    ] == []


def test_no_class_has_a_grandmother_of_ours() -> None:
    """Inheritance goes one step below a class of ours; use functions, or hold the other thing."""
    parents = {
        node.name: [called(base) for base in node.bases]
        for path in python_files()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ClassDef)
    }
    assert [
        f"{name} → {parent} → {grand}"
        for name, bases in parents.items()
        for parent in bases
        for grand in parents.get(parent, [])
        if grand in parents and parent != name
    ] == []


def _lines(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _body(function: Function) -> int:
    """Lines from the first statement after the docstring to the end."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0
