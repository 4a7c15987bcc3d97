"""One provisioned city with cases of its own making, for the benches that need no web server."""

from __future__ import annotations

import io
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, redirect_stdout
from uuid import UUID

from procon.auth.actor import Actor
from procon.cases.commands import Complaint, open_case
from procon.kernel.ids import new_id
from procon.parties.commands import register_person, register_supplier
from procon.settings import REPOSITORY, load
from procon.slices import tenant_apps
from procon.tenancy.manifest import Tenant, read_all
from procon.tenancy.provision import apply, prepare_control
from procon.tenancy.scope import Database, tenant_scope

CPF, CNPJ = "52998224725", "11222333000181"
NARRATIVE = "Comprei uma geladeira pela internet e ela não chegou. Liguei três vezes.\n\n" * 3


class Town:
    """A city and its database."""

    def __init__(self, db: Database, tenant: Tenant) -> None:
        self.db, self.tenant = db, tenant

    async def open_case(self) -> UUID:
        """A complaint like any other."""
        consumer = Actor(kind="citizen", name="Ana Souza", account_id=new_id(), cpf=CPF)
        async with tenant_scope(self.db, self.tenant) as tx:
            opened = await open_case(
                tx,
                actor=consumer,
                complaint=Complaint(subject="0403", narrative=NARRATIVE, wish="A geladeira."),
                person_id=await register_person(tx, cpf=CPF, name="Ana Souza", email=""),
                supplier_id=await register_supplier(
                    tx, name="Loja Exemplo Ltda.", cnpj=CNPJ, email="a@loja.example"
                ),
                channel="online",
                idempotency_key=str(new_id()),
            )
        return opened.id


@asynccontextmanager
async def open_town(env: dict[str, str]) -> AsyncIterator[Town]:
    """Provision the first city of the repository. `env`: PROCON_* variables of `running`."""
    os.environ.update(env)
    settings = load(env)
    tenant = read_all(REPOSITORY / "tenants")[0]
    owner = await Database(settings.owner_database_url, size=2, settings={}).open()
    with redirect_stdout(io.StringIO()):  # Piccolo prints each migration
        await prepare_control(owner, "procon_app")
        outcome = await apply(owner, tenant, tenant_apps(), app_role="procon_app")
    if outcome.error:
        raise RuntimeError(outcome.error)
    db = await Database(settings.database_url, size=4).open()
    try:
        yield Town(db, tenant)
    finally:
        await db.close()
        await owner.close()
