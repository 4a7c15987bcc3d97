"""A city whose newsletter is on, with the mail sink within reach."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from plugins.newsletter.steps import Box
from procon.app import services as services_for
from procon.embedded.services import Services
from procon.ext.services import KEY
from procon.settings import Settings
from procon.tenancy.scope import Database


@pytest.fixture
def box(services: Services) -> Box:
    """The mail sink."""
    return Box(services)


@pytest.fixture(autouse=True)
def lent(db: Database, settings: Settings) -> Iterator[None]:
    """The worker's database lends the installation's services, as in `procon worker`."""
    before = db.extensions
    db.extensions = {**before, KEY: services_for(settings)}
    yield
    db.extensions = before
