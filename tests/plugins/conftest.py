"""A city of its own with plugins on, beside the two that every test has."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from procon.ext.discovery import discover
from procon.plugged import Plugins, check_tenant
from procon.settings import REPOSITORY
from procon.slices import apps_of
from procon.tenancy.manifest import Tenant
from procon.tenancy.provision import apply
from procon.tenancy.scope import Database
from support.cities import City, forget, truncate
from support.web import Web

SLUG = "ligada"


def pytest_configure(config: pytest.Config) -> None:
    """`@pytest.mark.plugin(slug, settings)`: what the fixture `on` enables."""
    config.addinivalue_line("markers", "plugin(slug, settings): plugins of the city `on`")


@pytest.fixture(scope="session")
def plugins() -> Plugins:
    """Everything installed."""
    return discover(REPOSITORY / "plugins")


@pytest.fixture
async def on(
    request: pytest.FixtureRequest,
    *,
    owner: Database,
    db: Database,
    web: Web,
    tenants: tuple[Tenant, ...],
    plugins: Plugins,
) -> AsyncIterator[City]:
    """A third city whose manifest enables the marked plugins; empty at the start of each test."""
    wanted = {
        mark.args[0]: mark.args[1] if len(mark.args) > 1 else {}
        for mark in request.node.iter_markers("plugin")
    }
    tenant = replace(
        tenants[0], slug=SLUG, name="Procon Ligada", hosts=(f"{SLUG}.localhost",), plugins=wanted
    )
    assert check_tenant(plugins, tenant) == []
    apps = apps_of(tenant, plugins)
    assert (await apply(owner, tenant, apps, app_role="procon_app")).error == ""
    await truncate(owner, (tenant,), apps)
    await web.app.state.directory.refresh(web.app.state.db)
    yield City(db, tenant)
    await forget(owner, SLUG)
    await web.app.state.directory.refresh(web.app.state.db)
