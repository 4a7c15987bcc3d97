"""The city's own calendar in its own schema. Needs the fixtures `db` and `tenants`."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import asyncpg
import pytest

from procon.auth.actor import SYSTEM
from procon.deadlines.calendar import Holiday
from procon.deadlines.commands import Imported, import_holidays, remove_holiday
from procon.deadlines.queries import calendar_for, deadline_for, holiday_list
from procon.kernel.errors import Invalid, NotFound
from procon.tenancy.manifest import Tenant
from procon.tenancy.scope import Database, Tx, tenant_scope

FILE = (
    "data;nome;tipo;ate\n08/12/2031;Padroeira;feriado;\n20/12/2031;Recesso;recesso;20/01/2032\n"
    "05/03/2031;Cinzas;facultativo;\n"
)
YEARS = [2031, 2032]


class UndoError(Exception):
    """Leaves a scope without keeping anything."""


async def in_scope(db: Database, tenant: Tenant, act) -> None:  # type: ignore[no-untyped-def]  # a closure per test
    with pytest.raises(UndoError):
        async with tenant_scope(db, tenant) as tx:
            # A database that an earlier run was killed in may still hold committed rows.
            await tx.execute("DELETE FROM holiday")
            await act(tx)
            raise UndoError


async def test_import_is_idempotent_and_counts(db: Database, tenants: Sequence[Tenant]) -> None:
    async def act(tx: Tx) -> None:
        first = await import_holidays(tx, actor=SYSTEM, csv_text=FILE)
        again = await import_holidays(tx, actor=SYSTEM, csv_text=FILE)
        assert (first, again) == (Imported(3, 3), Imported(3, 0))
        await import_holidays(tx, actor=SYSTEM, csv_text="data;nome\n08/12/2031;Novo nome\n")
        assert await holiday_list(tx, YEARS) == [
            Holiday(date(2031, 3, 5), date(2031, 3, 5), "Cinzas", "facultativo", True),
            Holiday(date(2031, 12, 8), date(2031, 12, 8), "Novo nome", "feriado", True),
            Holiday(date(2031, 12, 20), date(2032, 1, 20), "Recesso", "recesso", True),
        ]
        # A recess that began the year before still touches this one.
        assert [h.name for h in await holiday_list(tx, [2032])] == ["Recesso"]

    await in_scope(db, tenants[0], act)


async def test_one_citys_calendar_is_not_anothers(db: Database, tenants: Sequence[Tenant]) -> None:
    one, other = tenants[0], tenants[1]
    async with tenant_scope(db, one) as tx:
        await import_holidays(tx, actor=SYSTEM, csv_text=FILE)
    try:
        async with tenant_scope(db, one) as tx:
            mine = await calendar_for(tx, YEARS)
        async with tenant_scope(db, other) as tx:
            theirs = await calendar_for(tx, YEARS)
        assert mine.closed[date(2031, 12, 8)] == "Padroeira"
        assert [r.name for r in mine.recesses] == ["Recesso"]
        assert date(2031, 12, 8) not in theirs.closed
        assert theirs.recesses == ()
        assert (mine.first_year, mine.last_year) == (2031, 2032)
    finally:
        async with tenant_scope(db, one) as tx:
            await tx.execute("DELETE FROM holiday WHERE day >= $1", date(2031, 1, 1))


async def test_a_wrong_file_writes_nothing(db: Database, tenants: Sequence[Tenant]) -> None:
    async def act(tx: Tx) -> None:
        with pytest.raises(Invalid):
            await import_holidays(tx, actor=SYSTEM, csv_text=FILE + "40/01/2031;X;feriado;\n")
        assert await holiday_list(tx, YEARS) == []

    await in_scope(db, tenants[0], act)


async def test_removal(db: Database, tenants: Sequence[Tenant]) -> None:
    async def act(tx: Tx) -> None:
        await import_holidays(tx, actor=SYSTEM, csv_text=FILE)
        await remove_holiday(tx, actor=SYSTEM, day=date(2031, 12, 8), kind="feriado")
        with pytest.raises(NotFound):
            await remove_holiday(tx, actor=SYSTEM, day=date(2031, 12, 8), kind="feriado")
        assert [h.name for h in await holiday_list(tx, YEARS)] == ["Cinzas", "Recesso"]

    await in_scope(db, tenants[0], act)


async def test_a_deadline_is_counted_on_the_citys_calendar(
    db: Database, tenants: Sequence[Tenant]
) -> None:
    async def act(tx: Tx) -> None:
        at = datetime(2031, 11, 28, 15, tzinfo=UTC)  # a Friday; day 1 is Monday 1 December
        before = await deadline_for(tx, key="reclamacao_defence", start_at=at)
        await import_holidays(tx, actor=SYSTEM, csv_text="data;nome\n10/12/2031;Padroeira\n")
        after = await deadline_for(tx, key="reclamacao_defence", start_at=at)
        assert (before.due_day, after.due_day) == (date(2031, 12, 10), date(2031, 12, 11))
        assert after.timezone == tx.tenant.timezone

    await in_scope(db, tenants[0], act)


async def test_the_table_refuses_what_the_code_never_writes(
    db: Database, tenants: Sequence[Tenant]
) -> None:
    insert = (
        "INSERT INTO holiday (id, day, last_day, name, kind, suspends, changed_at)"
        " VALUES (gen_random_uuid(), $1, $2, $3, $4, true, now())"
    )
    day, later = date(2031, 1, 2), date(2031, 1, 3)
    for row in (
        (day, later, "X", "feriado"),
        (later, day, "X", "recesso"),
        (day, day, "", "feriado"),
        (day, day, "X", "folga"),
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            async with tenant_scope(db, tenants[0]) as tx:
                await tx.execute(insert, *row)
