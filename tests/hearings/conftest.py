"""The mail sink, noon, and a fresh count of codes."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from notices.notices_support import Inbox
from procon.embedded.services import Services
from support.cities import City, MovingClock
from support.web import Web


@pytest.fixture
def inbox(services: Services) -> Inbox:
    """Mails of this test."""
    return Inbox(services)


@pytest.fixture(autouse=True)
async def noon(clock: MovingClock, city: City, web: Web) -> None:
    """Noon of the city; nobody has asked for a code yet."""
    local = datetime.now(ZoneInfo(city.tenant.timezone))
    clock.shift = local.replace(hour=12, minute=0, second=0, microsecond=0) - local
    await web.app.state.redis.flushall()
