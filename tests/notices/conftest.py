"""The mail sink, and a time of day at which nothing waits."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from notices.notices_support import Inbox
from procon.embedded.services import Services
from support.cities import City, MovingClock


@pytest.fixture
def inbox(services: Services) -> Inbox:
    """Mails of this test."""
    return Inbox(services)


def move_to(clock: MovingClock, tz: str, *, hour: int, day: int = 0) -> None:
    """Move the clock to an hour of the city's day, `day` days from today."""
    local = datetime.now(ZoneInfo(tz))
    wanted = local.replace(hour=hour, minute=0, second=0, microsecond=0) + timedelta(days=day)
    clock.shift = wanted - local


@pytest.fixture(autouse=True)
def midday(clock: MovingClock, city: City) -> None:
    """Noon of the city, so that nothing waits for the morning."""
    move_to(clock, city.tenant.timezone, hour=12)
