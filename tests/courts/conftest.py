"""A city that has chosen a way into a court, beside the two that have none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from courts.courts_support import BARE_SLUG, COURT_SLUG, office
from procon.courts.jobs import CourtOffice
from procon.ext.discovery import discover
from procon.plugged import check_tenant
from procon.settings import REPOSITORY, Settings
from procon.slices import apps_of
from procon.tenancy.manifest import Tenant
from procon.tenancy.provision import apply
from procon.tenancy.scope import Database
from support.cities import City, forget, truncate
from support.web import Web


@pytest.fixture
async def court_city(
    owner: Database, db: Database, web: Web, tenants: tuple[Tenant, ...]
) -> AsyncIterator[City]:
    """A third city whose court gets packages; empty at the start of each test."""
    tenant = like(tenants[0], COURT_SLUG, {"court": "court_package"})
    async with provisioned(owner, web, db, tenant) as found:
        yield found


@pytest.fixture
async def bare(
    owner: Database, db: Database, web: Web, tenants: tuple[Tenant, ...]
) -> AsyncIterator[City]:
    """A city without a way into a court."""
    async with provisioned(owner, web, db, like(tenants[0], BARE_SLUG, {})) as found:
        yield found


def like(tenant: Tenant, slug: str, ports: dict[str, str]) -> Tenant:
    """Another city with these ports, and the plugins that they name."""
    return replace(
        tenant,
        slug=slug,
        name=f"Procon {slug.capitalize()}",
        hosts=(f"{slug}.localhost",),
        ports=ports,
        plugins={one: {} for one in ports.values()},
    )


@asynccontextmanager
async def provisioned(
    owner: Database, web: Web, db: Database, tenant: Tenant
) -> AsyncIterator[City]:
    """The city while the block is open."""
    plugins = discover(REPOSITORY / "plugins")
    assert check_tenant(plugins, tenant) == []
    apps = apps_of(tenant, plugins)
    assert (await apply(owner, tenant, apps, app_role="procon_app")).error == ""
    await truncate(owner, (tenant,), apps)
    await web.app.state.directory.refresh(web.app.state.db)
    yield City(db, tenant)
    await forget(owner, tenant.slug)
    await web.app.state.directory.refresh(web.app.state.db)


@pytest.fixture
def court_office(settings: Settings) -> CourtOffice:
    """What the worker hands over with, by the real plugins."""
    return office(settings)
