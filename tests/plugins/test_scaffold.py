"""`procon plugin new` makes a plugin that works as it is made."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from msgspec.structs import replace

from procon.app import create_app
from procon.ext.discovery import discover
from procon.ext.plugin import faults
from procon.scaffold import ScaffoldError, new_plugin
from procon.settings import Settings
from procon.slices import apps_of
from procon.tenancy.manifest import Tenant
from procon.tenancy.provision import apply
from procon.tenancy.scope import Database
from support.cities import City, forget, staff
from support.web import Web

SLUG = "caderno"


async def test_a_new_plugin_works_at_once(
    settings: Settings, owner: Database, tenants: tuple[Tenant, ...], tmp_path: Path
) -> None:
    """In the city that enables it, and nowhere else."""
    made = new_plugin(tmp_path, SLUG, "Caderno da equipe")
    for path in made:
        if path.suffix == ".py":
            ast.parse(path.read_text(encoding="utf-8"))
    plugins = discover(tmp_path / "plugins")
    assert [faults(one, others=plugins) for one in plugins.values()] == [[]]
    tenant = replace(tenants[0], slug="recem", hosts=("recem.localhost",), plugins={SLUG: {}})
    outcome = await apply(owner, tenant, apps_of(tenant, plugins), app_role="procon_app")
    assert outcome.error == ""
    app = create_app(
        replace(settings, plugins_dir=tmp_path / "plugins"), Database(settings.database_url, size=2)
    )
    async with app.lifespan():
        web, on, off = Web(app), City(app.state.db, tenant), City(app.state.db, tenants[0])
        analyst = staff("analyst")
        path = f"/p/{SLUG}"
        sent = await web.post(on, path, {"texto": "Uma <b>linha</b>"}, actor=analyst)
        assert sent.status_code == 303
        page = await web.get(on, path, actor=analyst)
        assert "Uma &lt;b&gt;linha&lt;/b&gt;" in page.text
        assert "Caderno da equipe" in page.text
        assert (await web.post(on, path, {"texto": ""}, actor=analyst)).status_code == 422
        assert (await web.get(off, path, actor=analyst)).status_code == 404
        assert (await web.get(on, path, actor=staff("inspector"))).status_code == 403
    await forget(owner, tenant.slug)


def test_a_plugin_is_never_overwritten(tmp_path: Path) -> None:
    new_plugin(tmp_path, "um", "Um")
    with pytest.raises(ScaffoldError, match="Já existe"):
        new_plugin(tmp_path, "um", "Outro")
