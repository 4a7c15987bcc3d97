"""Host → tenant, in the memory of each process.

A change in `control` raises one version number; every process looks at it every two seconds
(`PROCON_DIRECTORY_SECONDS`) and reloads. While PostgreSQL cannot be asked the last one stays.
"""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import structlog
from msgspec import Struct

from procon.tenancy.manifest import Tenant
from procon.tenancy.scope import Database, raw_scope

log = structlog.get_logger()

SECONDS = 30  # PostgreSQL that has not answered by then is not there


class Entry(Struct, frozen=True):
    """A tenant and whether it is being served."""

    tenant: Tenant
    active: bool


class Directory:
    """Exact host names and what they lead to."""

    def __init__(self) -> None:
        self._version = -1
        self._by_host: dict[str, Entry] = {}

    def find(self, host: str) -> Entry | None:
        """The entry of a normalised host name, or None."""
        return self._by_host.get(host)

    def active(self) -> tuple[Tenant, ...]:
        """Served tenants by slug."""
        found = {e.tenant.slug: e.tenant for e in self._by_host.values() if e.active}
        return tuple(found[slug] for slug in sorted(found))

    async def refresh(self, db: Database) -> bool:
        """Reload if `control` has changed; True when it had."""
        async with asyncio.timeout(SECONDS), raw_scope(db) as connection:
            version = await connection.fetchval("SELECT version FROM control.directory")
            if version == self._version:
                return False
            # A city without a single migration has no tables yet: it is not there.
            rows = await connection.fetch(
                "SELECT h.host, t.slug, t.status, t.manifest FROM control.host h"
                " JOIN control.tenant t USING (slug) WHERE t.migration_head <> ''"
            )
        found = {row["host"]: self._entry(row) for row in rows}
        self._by_host = {host: entry for host, entry in found.items() if entry is not None}
        self._version = version
        return True

    def _entry(self, row: Any) -> Entry | None:
        """A row as an entry; what was known before if this version cannot read the manifest.

        During a rolling update an older process meets newer manifests; one city's must not keep
        it from following the others.
        """
        try:
            tenant = msgspec.json.decode(row["manifest"], type=Tenant)
        except msgspec.DecodeError:
            log.error("manifest_not_readable", tenant=row["slug"], exc_info=True)
            known = self._by_host.get(row["host"])
            if known is None or known.tenant.slug != row["slug"]:
                return None
            tenant = known.tenant
        return Entry(tenant=tenant, active=row["status"] == "active")

    async def follow(self, db: Database, seconds: float) -> None:
        """Keep refreshing until cancelled."""
        while True:
            await asyncio.sleep(seconds)
            try:
                await self.refresh(db)
            except Exception:
                log.warning("directory_not_refreshed", exc_info=True)


def normalise_host(header: str) -> str:
    """Host name as it is looked up: lower case, without port or final dot; "" if it is not one."""
    if not header.isascii():
        return ""  # before lower(): the Kelvin sign becomes a plain k
    host = header.strip().lower()
    name, colon, port = host.rpartition(":")
    if colon and not host.endswith("]"):
        if not port.isdigit():
            return ""
        host = name
    host = host.removesuffix(".")
    allowed = all(c.isalnum() or c in "-." for c in host)
    return host if allowed else ""
