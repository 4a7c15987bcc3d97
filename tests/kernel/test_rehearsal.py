"""One city's clock moves ahead in a demonstration; the other's does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from procon.kernel.clock import move_forward, no_shift, shift_in
from procon.settings import Settings
from procon.tenancy.scope import Database, tenant_scope
from support.cities import City

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


async def test_only_the_moved_city_is_ahead(
    settings: Settings, city: City, other: City, tmp_path: Path
) -> None:
    folder = tmp_path / "clock"
    shift = shift_in(folder)
    db = await Database(settings.database_url, size=1, clock=lambda: NOON, shift=shift).open()
    try:
        assert move_forward(folder, city.slug, timedelta(days=10)) == timedelta(days=10)
        assert move_forward(folder, city.slug, timedelta(hours=1)) == timedelta(days=10, hours=1)
        async with tenant_scope(db, city.tenant) as tx:
            assert tx.now == NOON + timedelta(days=10, hours=1)
        async with tenant_scope(db, other.tenant) as tx:
            assert tx.now == NOON
    finally:
        await db.close()


def test_the_clock_never_goes_back(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="forward"):
        move_forward(tmp_path, "cidade", timedelta(days=-1))
    with pytest.raises(ValueError, match="forward"):
        move_forward(tmp_path, "cidade", timedelta())
    assert shift_in(tmp_path)("cidade") == timedelta()


def test_outside_a_demonstration_nothing_moves(settings: Settings) -> None:
    from procon.app import database  # noqa: PLC0415 - the composition root, for this test alone

    assert settings.environment == "test"
    assert database(settings).shift is no_shift
