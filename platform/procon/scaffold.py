"""`procon plugin new`: a plugin that works as it is made, with a page, a table and a test."""

from __future__ import annotations

from pathlib import Path
from string import Template

_INIT = '''"""$title."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

from msgspec import Struct

from procon.sdk import MenuItem, Plugin
from procon_$slug import pages, tables


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """What a city may set. `greeting`: first sentence of the page."""

    greeting: str = "Bem-vindo."


plugin = Plugin(
    slug="$slug",
    title="$title",
    version="0.1",
    api=1,
    owner="",
    settings=Settings,
    permissions=MappingProxyType({"$slug:use": "Usar $title"}),
    roles=MappingProxyType(
        {role: frozenset({"$slug:use"}) for role in ("analyst", "authority", "cityadmin")}
    ),
    routes=(pages.show, pages.add),
    menu=(MenuItem("$title", "/p/$slug", "$slug:use"),),
    tables=tables.APP_CONFIG,
    templates=Path(__file__).parent / "templates",
)
'''
_TABLES = '''"""Tables in the schema of each city that enables it. Names begin with `${slug}_`."""

from __future__ import annotations

from pathlib import Path

from piccolo.columns import UUID, Text, Timestamptz
from piccolo.conf.apps import AppConfig
from piccolo.table import Table


class Entry(Table, tablename="${slug}_entry"):
    """One line."""

    id = UUID(primary_key=True)
    text = Text()
    added_at = Timestamptz()


APP_CONFIG = AppConfig(
    app_name="$slug",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[Entry],
)
'''
_MIGRATION = '''from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from procon.sdk import sql_migration

ID = "2026-01-01T00:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "First tables"

SQL = """
CREATE TABLE ${slug}_entry (
    id uuid NOT NULL,
    text text NOT NULL,
    added_at timestamptz NOT NULL,
    CONSTRAINT ${slug}_entry_pk PRIMARY KEY (id)
);
"""


async def forwards() -> MigrationManager:
    return sql_migration("$slug", ID, DESCRIPTION, SQL)
'''
_PAGES = '''"""The plugin's page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Request, Response, get, post
from msgspec import Struct

from procon.sdk import Invalid, clean, new_id, page, redirect, request_scope

TEXT_MOST = 200
AnyRequest = Request[Any, Any, Any]


class Home(Struct, frozen=True, forbid_unknown_fields=True):
    """The lines, and the form with what was typed."""

    lines: tuple[str, ...]
    typed: str = ""
    errors: Mapping[str, str] = {}


@get("/", opt={"permission": "$slug:use"})
async def show(request: AnyRequest) -> Response[Any]:
    """The page."""
    return await _page(request)


@post("/", opt={"permission": "$slug:use"})
async def add(request: AnyRequest) -> Response[Any]:
    """Add a line."""
    form = await request.form()
    try:
        text = _parse(form)
        async with request_scope(request) as tx:
            await tx.execute(
                "INSERT INTO ${slug}_entry (id, text, added_at) VALUES ($$1, $$2, $$3)",
                new_id(),
                text,
                tx.now,
            )
    except Invalid as refusal:
        return await _page(request, typed=str(form.get("texto", "")), errors=refusal.fields)
    return redirect(request, "/p/$slug", notice="Guardado.")


def _parse(form: Mapping[str, Any]) -> str:
    typed = form.get("texto", "")
    text = clean(typed if isinstance(typed, str) else "", TEXT_MOST + 1)
    if not text:
        raise Invalid({"texto": "Escreva um texto."})
    if len(text) > TEXT_MOST:
        raise Invalid({"texto": f"O texto pode ter até {TEXT_MOST} caracteres."})
    return text


async def _page(
    request: AnyRequest, *, typed: str = "", errors: Mapping[str, str] | None = None
) -> Response[Any]:
    async with request_scope(request) as tx:
        rows = await tx.fetch("SELECT text FROM ${slug}_entry ORDER BY added_at DESC LIMIT 50")
    content = Home(tuple(row["text"] for row in rows), typed, errors or {})
    return page(request, "$slug/home.html", content, status=422 if errors else 200)
'''
_HTML = """{% extends "shell/base.html" %}
{% from "macros/form.html" import button, csrf, error_summary, text_field %}
{% block title %}$title{% endblock %}
{% block content %}
{{ error_summary(page.errors) }}
<h1 class="govuk-heading-l">$title</h1>
<ul class="govuk-list govuk-list--bullet">
{% for line in page.lines %}<li>{{ line }}</li>
{% endfor %}
</ul>
<form method="post" action="/p/$slug" novalidate>
{{ csrf(shell) }}
{{ text_field("texto", "Texto", page.typed, errors=page.errors) }}
{{ button("Guardar") }}
</form>
{% endblock %}
"""
_TEST = '''"""$title: on in one city, absent in the other."""

from __future__ import annotations

import pytest

from support.cities import City, staff
from support.web import Web


@pytest.mark.plugin("$slug")
async def test_a_line_is_kept(web: Web, on: City, city: City) -> None:
    analyst = staff("analyst")
    sent = await web.post(on, "/p/$slug", {"texto": "Uma <b>linha</b>"}, actor=analyst)
    assert sent.status_code == 303
    page = await web.get(on, "/p/$slug", actor=analyst)
    assert "Uma &lt;b&gt;linha&lt;/b&gt;" in page.text
    assert (await web.get(city, "/p/$slug", actor=analyst)).status_code == 404
    assert (await web.get(on, "/p/$slug", actor=staff("inspector"))).status_code == 403
'''


class ScaffoldError(Exception):
    """The plugin cannot be made here; the text says why."""


def new_plugin(root: Path, slug: str, title: str) -> list[Path]:
    """Write a plugin and its test; returns the files.

    Raises:
        ScaffoldError: there is one of this name.
    """
    home = root / "plugins" / f"procon_{slug}"
    tests = root / "tests" / "plugins" / slug
    if home.exists() or home.with_suffix(".py").exists():
        raise ScaffoldError(f"Já existe plugins/procon_{slug}.")
    wanted = {
        home / "__init__.py": _INIT,
        home / "tables.py": _TABLES,
        home / "piccolo_migrations" / "__init__.py": "",
        home / "piccolo_migrations" / f"{slug}_0001_first.py": _MIGRATION,
        home / "pages.py": _PAGES,
        home / "templates" / slug / "home.html": _HTML,
        tests / f"test_{slug}.py": _TEST,
    }
    words = {"slug": slug, "title": title.replace("$", "").replace('"', "")}
    for path, text in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(Template(text).safe_substitute(words), encoding="utf-8")
    return list(wanted)
