"""Who may know whom; `.importlinter` has the layers, this what it cannot say."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

from budget.source import PACKAGE, called, imports_of, module_of, name_of, python_files, tree_of
from procon.settings import REPOSITORY

NOT_SLICES = frozenset(
    {"auth", "demo", "embedded", "ext", "jobs", "kernel", "portal", "sdk", "tenancy"}
)
# What a slice keeps to itself; its siblings go through commands, queries, access and the like.
PRIVATE = frozenset({"tables", "routes", "forms", "jobs", "piccolo_app", "piccolo_migrations"})
SCOPES = frozenset({"tenant_scope", "raw_scope", "request_scope", "scope"})
TASKS = frozenset({"create_task", "ensure_future", "gather", "TaskGroup", "to_thread", "wait"})
ONLY_IN = {
    "arq": ("procon.jobs",),
    "boto3": ("procon.evidence", "procon.embedded"),
    "authlib": ("procon.auth.oidc", "procon.embedded.idp"),
    "aiosmtplib": ("procon.notices", "procon.auth.login"),
    "piccolo.engine": ("procon.tenancy",),
}


def modules() -> list[Path]:
    """The package's modules."""
    return [path for path in python_files() if PACKAGE in path.parents]


def slice_of(module: str) -> str:
    """The slice that a module belongs to, "" if to none."""
    parts = module.split(".")
    inside = len(parts) > 1 and (PACKAGE / parts[1]).is_dir() and parts[1] not in NOT_SLICES
    return parts[1] if inside and parts[0] == "procon" else ""


def test_the_layers_hold() -> None:
    """`lint-imports` says which import breaks which contract."""
    ran = subprocess.run(  # noqa: S603 - our own linter
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout


def test_slices_meet_only_at_their_public_modules() -> None:
    """Ask the sibling's commands or queries; its tables and forms are its own."""
    wrong: list[str] = []
    for path in modules():
        own = slice_of(module_of(path))
        for line, module, names in imports_of(path):
            other = slice_of(module)
            if not own or not other or own == other:
                continue
            if PRIVATE.intersection((*module.split(".")[2:], *names)):
                wrong.append(f"{name_of(path)}:{line} {module}")
    assert wrong == []


def test_nobody_imports_another_modules_private_names() -> None:
    """Give it a public name where it lives."""
    assert [
        f"{name_of(path)}:{line} {name}"
        for path in modules()
        for line, module, names in imports_of(path)
        if module.startswith("procon")
        for name in names
        if name.startswith("_")
    ] == []


def test_the_kernel_needs_only_the_standard_library_and_msgspec() -> None:
    """What needs more belongs above it."""
    known = sys.stdlib_module_names | {"msgspec", "procon"}
    assert [
        f"{name_of(path)}:{line} {module}"
        for path in modules()
        if module_of(path).startswith("procon.kernel")
        for line, module, _ in imports_of(path)
        if module.split(".")[0] not in known
    ] == []


def test_each_outside_system_is_spoken_to_in_one_place() -> None:
    """Everything else goes through the module that wraps it."""
    wrong: list[str] = []
    for path in modules():
        own = module_of(path)
        for line, module, _ in imports_of(path):
            for package, places in ONLY_IN.items():
                if f"{module}.".startswith(f"{package}.") and not own.startswith(places):
                    wrong.append(f"{name_of(path)}:{line} {module}")
    assert wrong == []


def test_only_the_tenancy_opens_connections() -> None:
    """Everybody else has a Tx; asyncpg's exceptions are anybody's."""
    assert [
        f"{name_of(path)}:{node.lineno} {ast.unparse(node)}"
        for path in modules()
        if not module_of(path).startswith("procon.tenancy")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute)
        and ast.unparse(node)
        in {"asyncpg.connect", "asyncpg.create_pool", "asyncpg.Connection", "asyncpg.Pool"}
    ] == []


def test_nothing_runs_beside_an_open_scope() -> None:
    """One connection, one thing at a time: asyncio.gather in a scope raises or mixes results."""
    wrong: list[str] = []
    for path in modules():
        for block in ast.walk(tree_of(path)):
            if not isinstance(block, ast.AsyncWith):
                continue
            if not any(called(item.context_expr) in SCOPES for item in block.items):
                continue
            wrong += [
                f"{name_of(path)}:{node.lineno} {called(node)}"
                for statement in block.body
                for node in ast.walk(statement)
                if isinstance(node, ast.Call) and called(node) in TASKS
            ]
    assert wrong == []


def test_the_core_never_imports_a_plugin() -> None:
    """Plugins are found, not named."""
    assert [
        f"{name_of(path)}:{line} {module}"
        for path in modules()
        for line, module, _ in imports_of(path)
        if module.startswith("procon_")
    ] == []
