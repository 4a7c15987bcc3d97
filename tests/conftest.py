"""Real PostgreSQL, Redis, S3 and mail sink, started once; two cities always exist."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from procon.app import create_app
from procon.embedded.services import Services, remove_all, start_all
from procon.settings import REPOSITORY, Settings, load
from procon.slices import tenant_apps
from procon.tenancy.manifest import Tenant, read
from procon.tenancy.provision import apply, prepare_control
from procon.tenancy.scope import Database
from support.cities import City, MovingClock, truncate
from support.web import Web

SLUGS = ("campinas", "contagem")


@pytest.fixture(scope="session")
def services() -> Iterator[Services]:
    """The embedded services, without fsync, in a folder of their own."""
    root = Path(tempfile.mkdtemp(prefix="procon-test-"))
    root.chmod(0o711)
    with start_all(root, durable=False) as running:
        yield running
    remove_all(root)


@pytest.fixture(scope="session")
def settings(services: Services) -> Settings:
    """Settings of the application under test."""
    os.environ["PROCON_SECRET_DEMO_IDP"] = "test-secret"
    return load(
        {
            **services.env(),
            "PROCON_ENVIRONMENT": "test",
            "PROCON_PUBLIC_SCHEME": "http",
            "PROCON_PUBLIC_PORT": "80",
            "PROCON_ASSETS": "local",
            "PROCON_DIRECTORY_SECONDS": "0.1",
        }
    )


@pytest.fixture(scope="session")
def clock() -> MovingClock:
    """Time as the application sees it; tests may move it, and it is put back after each."""
    return MovingClock()


@pytest.fixture(scope="session")
async def owner(settings: Settings) -> AsyncIterator[Database]:
    """The login role that owns schemas: provisioning and migrations only."""
    database = await Database(settings.owner_database_url, size=4, settings={}).open()
    await prepare_control(database, "procon_app")
    yield database
    await database.close()


@pytest.fixture(scope="session")
async def tenants(owner: Database) -> tuple[Tenant, ...]:
    """Both cities, provisioned and migrated."""
    # Without plugins: each plugin's tests turn theirs on in a city of their own.
    found = tuple(replace(read(REPOSITORY / "tenants", slug), plugins={}) for slug in SLUGS)
    for tenant in found:
        outcome = await apply(owner, tenant, tenant_apps(), app_role="procon_app")
        assert outcome.error == ""
    return found


@pytest.fixture(scope="session")
async def db(
    settings: Settings, tenants: tuple[Tenant, ...], clock: MovingClock
) -> AsyncIterator[Database]:
    """The application's own login role, on a small pool."""
    database = await Database(settings.database_url, size=4, clock=clock).open()
    yield database
    await database.close()


@pytest.fixture
async def cities(
    db: Database, owner: Database, tenants: tuple[Tenant, ...], clock: MovingClock
) -> AsyncIterator[tuple[City, City]]:
    """Both cities, empty at the start of each test."""
    clock.reset()
    first, second = (City(db, tenant) for tenant in tenants)
    await truncate(owner, tenants, tenant_apps())
    yield first, second
    clock.reset()


@pytest.fixture
def city(cities: tuple[City, City]) -> City:
    """The city that the test is about."""
    return cities[0]


@pytest.fixture
def other(cities: tuple[City, City]) -> City:
    """The other one, which must never show."""
    return cities[1]


@pytest.fixture(scope="session")
async def app_web(
    settings: Settings, tenants: tuple[Tenant, ...], clock: MovingClock
) -> AsyncIterator[Web]:
    """The whole application. Its lifespan is entered and left in one task, as a server does."""
    application = create_app(settings, Database(settings.database_url, size=4, clock=clock))
    started, ended = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with application.lifespan():
            started.set()
            await ended.wait()

    running = asyncio.create_task(live())
    waiting = asyncio.create_task(started.wait())
    await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        waiting.cancel()
        await running
    yield Web(application)
    ended.set()
    await running


@pytest.fixture
def web(app_web: Web, cities: tuple[City, City]) -> Web:
    """An HTTP client for the application; empty cities behind it."""
    return app_web
