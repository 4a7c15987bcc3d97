"""What is measured: services in a folder of their own, two cities, data, signed-in people."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

from litestar import Litestar
from msgspec import Struct

from bench.client import Request
from bench.recorder import RecordingDatabase, record
from bench.recording import Recorded
from procon.app import create_app
from procon.auth.actor import Actor
from procon.auth.sessions import cookie_name, open_session
from procon.demo.load import load_city
from procon.embedded.services import remove_all, start_all
from procon.kernel.ids import new_id
from procon.settings import REPOSITORY, load
from procon.slices import tenant_apps
from procon.tenancy.manifest import Tenant, read_all
from procon.tenancy.provision import apply, prepare_control
from procon.tenancy.scope import Database, tenant_scope

_SETTINGS = {
    "PROCON_ENVIRONMENT": "test",
    "PROCON_PUBLIC_SCHEME": "http",
    "PROCON_PUBLIC_PORT": "80",
    "PROCON_ASSETS": "cdn",
    "PROCON_SECRET_DEMO_IDP": "bench",
    # The directory's own look at the database must not fall into a recording.
    "PROCON_DIRECTORY_SECONDS": "3600",
}


class Page(Struct, frozen=True):
    """A page of the product: its name in the report, how it is asked for, what it did."""

    name: str
    request: Request
    recorded: Recorded


@contextmanager
def running() -> Iterator[dict[str, str]]:
    """Services without fsync in a temporary folder; yields the variables of the application."""
    root = Path(tempfile.mkdtemp(prefix=f"procon-bench-{os.getpid()}-"))
    root.chmod(0o711)  # the database's user passes through
    try:
        with start_all(root, durable=False) as services:
            yield {**services.env(), **_SETTINGS}
    finally:
        remove_all(root)
        shutil.rmtree(root, ignore_errors=True)


async def prepare(env: dict[str, str]) -> tuple[Page, ...]:
    """Provision both cities, load one with the demonstration's data and record the three pages.

    Args:
        env: PROCON_* variables of `running`.
    """
    os.environ.update(env)
    settings = load(env)
    owner = await Database(settings.owner_database_url, size=2, settings={}).open()
    with redirect_stdout(io.StringIO()):  # Piccolo prints each migration
        await prepare_control(owner, "procon_app")
    tenants = read_all(REPOSITORY / "tenants")
    for tenant in tenants:
        with redirect_stdout(io.StringIO()):
            outcome = await apply(owner, tenant, tenant_apps(), app_role="procon_app")
        if outcome.error:
            raise RuntimeError(outcome.error)
    db = RecordingDatabase(settings.database_url)
    app = create_app(settings, db)
    async with app.lifespan():
        await load_city(db, tenants[0], settings.secret_key)
        # As autovacuum would soon do; otherwise the plans change in the middle of a run.
        async with owner.pool.acquire() as connection:
            await connection.execute("VACUUM ANALYZE")
        pages = await _record(app, db, tenants[0])
    await owner.close()
    return pages


async def _record(app: Litestar, db: RecordingDatabase, tenant: Tenant) -> tuple[Page, ...]:
    async with tenant_scope(db, tenant) as tx:
        number, cnpj = await tx.fetchrow(
            "SELECT c.number, s.cnpj FROM case_file c JOIN supplier s ON s.id = c.supplier_id"
            " WHERE c.status = 'cip_issued' AND s.cnpj <> '' ORDER BY c.number LIMIT 1"
        )
    staff = await _signed_in(app, tenant, _staff())
    supplier = await _signed_in(app, tenant, _supplier(cnpj))
    wanted = (
        ("fila da equipe", "/equipe", staff),
        ("página do processo", f"/equipe/processos/{number}", staff),
        ("formulário de resposta", f"/fornecedor/processos/{number}", supplier),
    )
    return tuple(
        [
            Page(name, Request(path, headers), await record(app, db, path=path, headers=headers))
            for name, path, headers in wanted
        ]
    )


def _staff() -> Actor:
    roles = frozenset({"analyst"})
    return Actor(kind="staff", name="Bia Lima", account_id=new_id(), roles=roles)


def _supplier(cnpj: str) -> Actor:
    return Actor(
        kind="supplier",
        name="Loja Exemplo",
        account_id=new_id(),
        roles=frozenset({"supplier"}),
        cnpjs=frozenset({cnpj}),
    )


async def _signed_in(app: Litestar, tenant: Tenant, actor: Actor) -> dict[str, str]:
    """Headers of a browser in which this person is signed in."""
    token, _ = await open_session(
        app.state.redis,
        slug=tenant.slug,
        host=tenant.host,
        actor=actor,
        provider="govbr",
        user_agent="Firefox",
        now=app.state.db.clock(),
    )
    return {"host": tenant.host, "cookie": f"{cookie_name(False)}={token}"}
