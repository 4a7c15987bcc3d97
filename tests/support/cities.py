"""A city as the tests handle it, and what fills it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from asyncpg import ForeignKeyViolationError
from piccolo.conf.apps import AppConfig

from procon.auth.actor import Actor
from procon.cases.commands import Complaint, Opened, open_case
from procon.parties.commands import register_person, register_supplier
from procon.tenancy.keys import schema_name
from procon.tenancy.manifest import Tenant
from procon.tenancy.scope import Database, Tx, raw_scope, tenant_scope

CPF = "52998224725"
CPF_OTHER = "11144477735"
CNPJ = "11222333000181"
SUPPLIER_EMAIL = "juridico@loja.example"


class MovingClock:
    """The real clock plus what a test adds to it."""

    def __init__(self) -> None:
        self.shift = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.shift

    def forward(self, **amount: float) -> None:
        """Move ahead by timedelta(**amount)."""
        self.shift += timedelta(**amount)

    def reset(self) -> None:
        """Back to now."""
        self.shift = timedelta()


class City:
    """One tenant and its database scope."""

    def __init__(self, db: Database, tenant: Tenant) -> None:
        self.db, self.tenant = db, tenant
        self.slug, self.host = tenant.slug, tenant.host

    def scope(self) -> AbstractAsyncContextManager[Tx]:
        """An open transaction of this city."""
        return tenant_scope(self.db, self.tenant)


def citizen(cpf: str = CPF, name: str = "Ana Souza") -> Actor:
    """A consumer signed in by gov.br."""
    return Actor(
        kind="citizen",
        name=name,
        account_id=uuid4(),
        cpf=cpf,
        email="ana@example.com",
        roles=frozenset({"citizen"}),
        level="silver",
    )


def staff(*roles: str, name: str = "Bia Lima") -> Actor:
    """A member of the city's staff."""
    return Actor(
        kind="staff", name=name, account_id=uuid4(), roles=frozenset(roles or ("analyst",))
    )


def supplier(cnpj: str = CNPJ, case_id: UUID | None = None) -> Actor:
    """A supplier, by CNPJ or by the access code of one case."""
    cnpjs = frozenset() if case_id else frozenset({cnpj})
    return Actor(
        kind="supplier",
        name="Loja Exemplo",
        account_id=None if case_id else uuid4(),
        roles=frozenset({"supplier"}),
        cnpjs=cnpjs,
        case_id=case_id,
        cip_round=1 if case_id else 0,
    )


async def filed(
    city: City,
    *,
    actor: Actor | None = None,
    narrative: str = "A loja não entregou a geladeira.",
    supplier_name: str = "Loja Exemplo",
    cnpj: str | None = CNPJ,
    key: str = "",
) -> Opened:
    """A complaint as a consumer files it."""
    actor = actor or citizen()
    async with city.scope() as tx:
        person_id = await register_person(
            tx, cpf=actor.cpf or CPF, name=actor.name, email="ana@example.com"
        )
        supplier_id = await register_supplier(
            tx, name=supplier_name, cnpj=cnpj, email=SUPPLIER_EMAIL
        )
        return await open_case(
            tx,
            actor=actor,
            complaint=Complaint(
                subject="0403",
                problem="401",
                narrative=narrative,
                wish="Receber a geladeira.",
            ),
            person_id=person_id,
            supplier_id=supplier_id,
            channel="online",
            idempotency_key=key or uuid4().hex,
        )


async def forget(owner: Database, slug: str) -> None:
    """Take a test's own city out of the directory, so that no other test meets it.

    Its schema stays.
    """
    async with raw_scope(owner) as connection:
        await connection.execute("DELETE FROM control.host WHERE slug = $1", slug)
        await connection.execute("DELETE FROM control.tenant WHERE slug = $1", slug)
        await connection.execute("UPDATE control.directory SET version = version + 1 WHERE id = 1")


async def truncate(owner: Database, tenants: Sequence[Tenant], apps: Sequence[AppConfig]) -> None:
    """Empty every tenant table. Few of them hold anything after a test, and a DELETE of some rows
    costs much less than the new files that TRUNCATE makes for each table and index.
    """
    names = [
        f'"{schema_name(tenant.slug)}"."{table._meta.tablename}"'
        for tenant in tenants
        for app in apps
        for table in app.table_classes
    ]
    filled = " UNION ALL ".join(
        f"SELECT {place} WHERE EXISTS (SELECT 1 FROM {name})" for place, name in enumerate(names)
    )
    async with raw_scope(owner) as connection:
        found = [names[row[0]] for row in await connection.fetch(filled)]
        if not found:
            return
        # Children are declared after their parents; where that fails, all at once.
        await connection.execute("SAVEPOINT emptying")
        try:
            await connection.execute("; ".join(f"DELETE FROM {name}" for name in found[::-1]))
        except ForeignKeyViolationError:
            await connection.execute("ROLLBACK TO SAVEPOINT emptying")
            await connection.execute(f"TRUNCATE {', '.join(names)}")
