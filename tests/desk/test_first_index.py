"""Cases from before there was a search are found once the worker has run."""

from __future__ import annotations

from desk.desk_support import indexed, numbers
from procon.desk.piccolo_app import APP_CONFIG
from procon.desk.piccolo_migrations import desk_0001_speed
from procon.slices import tenant_apps
from procon.tenancy.keys import schema_name
from procon.tenancy.migrate import migrate_tenant
from procon.tenancy.scope import Database, raw_scope
from support.cities import City, filed, staff
from support.web import Web


async def test_old_cases_come_into_the_search(web: Web, city: City, owner: Database) -> None:
    case = await filed(city, narrative="O liquidificador queimou.")
    schema = schema_name(city.slug)
    names = ", ".join(f'"{schema}"."{one._meta.tablename}"' for one in APP_CONFIG.table_classes)
    async with raw_scope(owner) as connection:
        # As if the city had stood at the release before: without these tables, its work done.
        await connection.execute(f"DROP TABLE {names}")
        await connection.execute(f"DELETE FROM \"{schema}\".migration WHERE app_name = 'desk'")
        await connection.execute(f'DELETE FROM "{schema}".outbox')
    outcome = await migrate_tenant(owner, city.slug, tenant_apps())
    assert (outcome.error, outcome.ran) == ("", (f"desk/{desk_0001_speed.ID}",))
    before = await web.get(city, "/equipe/busca", params={"q": "liquidificador"}, actor=staff())
    assert numbers(before.text) == []
    await indexed(city)
    after = await web.get(city, "/equipe/busca", params={"q": "liquidificador"}, actor=staff())
    assert numbers(after.text) == [case.number]
