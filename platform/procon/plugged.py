"""How plugins take part: only where a city's manifest enables them, and never beyond their place.

Composition, like `app`: it knows plugins by their contract alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import structlog
from litestar import Router
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from msgspec import Struct, structs
from piccolo.conf.apps import AppConfig

from procon.auth.permissions import CORE, Permissions
from procon.ext.plugin import Health, Plugin, PluginError, Refusal, settings_of
from procon.ext.slots import Panel, SettingsLink
from procon.ext.workflow import CaseTransition
from procon.jobs.outbox import Handler, Work
from procon.jobs.worker import Sweep
from procon.kernel.errors import NotFound
from procon.portal.shell import NavEntry
from procon.tenancy.manifest import Tenant
from procon.tenancy.scope import Database, Tx, tenant_scope

PANEL_SECONDS = 1.0
GUARD_SECONDS = 2.0
SWEEP_SECONDS = 20.0
HEALTH_SECONDS = 2.0

Plugins = Mapping[str, Plugin]
TransitionGuard = Callable[[Tx, CaseTransition], Awaitable[Refusal | None]]

log = structlog.get_logger()


class PluginState(Struct, frozen=True, forbid_unknown_fields=True):
    """One enabled plugin in one city, for its page of health."""

    slug: str
    title: str
    version: str
    health: Health
    parked: int


def enabled(plugins: Plugins, tenant: Tenant) -> tuple[Plugin, ...]:
    """The plugins of a city, those that others require first."""
    return tuple(plugin for slug, plugin in plugins.items() if slug in tenant.plugins)


def check_tenant(plugins: Plugins, tenant: Tenant) -> list[str]:
    """What is wrong with the plugins in a city's manifest, one sentence each."""
    found = [
        f"o plugin {slug} não está instalado" for slug in tenant.plugins if slug not in plugins
    ]
    for plugin in enabled(plugins, tenant):
        found += [
            f"{plugin.slug} precisa de {need}, que não está ligado"
            for need in plugin.requires
            if need not in tenant.plugins
        ]
        try:
            settings_of(plugin, tenant.plugins[plugin.slug])
        except PluginError as error:
            found.append(str(error))
    return found


def settings_in(plugins: Plugins, tenant: Tenant, slug: str) -> Struct | None:
    """A plugin's settings in one city.

    Raises:
        NotFound: it is not enabled there.
    """
    if slug not in tenant.plugins or slug not in plugins:
        raise NotFound
    return settings_of(plugins[slug], tenant.plugins[slug])


def routers(plugins: Plugins) -> list[Router]:
    """The plugins' pages, each under its own root; elsewhere than in its cities they are not."""
    return [
        Router(f"/p/{slug}", route_handlers=list(plugin.routes), guards=[_only_where(slug)])
        for slug, plugin in plugins.items()
        if plugin.routes
    ]


def extensions(plugins: Plugins) -> Mapping[str, Any]:
    """What commands ask plugins; see `Tx.extensions`."""
    return MappingProxyType({"guards": guards(plugins)})


def permissions(plugins: Plugins) -> Permissions:
    """The core's permissions and the plugins'."""
    found = CORE
    for plugin in plugins.values():
        found = found.and_also(plugin.permissions, plugin.roles)
    return found


def templates(plugins: Plugins) -> list[Path]:
    """The plugins' template folders."""
    return [plugin.templates for plugin in plugins.values() if plugin.templates]


def static(plugins: Plugins) -> list[Path]:
    """The plugins' folders of files."""
    return [plugin.static for plugin in plugins.values() if plugin.static]


def settings_links(plugins: Plugins) -> tuple[SettingsLink, ...]:
    """The plugins' entries on the city's page of settings."""
    return tuple(
        structs.replace(link, plugin=slug)
        for slug, plugin in plugins.items()
        for link in plugin.settings_links
    )


def menu(plugins: Plugins) -> tuple[NavEntry, ...]:
    """The plugins' entries of the navigation; the shell shows them in their cities only."""
    return tuple(
        NavEntry(item.label, item.href, item.permission, plugin=slug, kinds=item.kinds)
        for slug, plugin in plugins.items()
        for item in plugin.menu
    )


def apps_for(
    core: tuple[AppConfig, ...], plugins: Plugins, tenant: Tenant
) -> tuple[AppConfig, ...]:
    """Which tables a city's schema has: the core's, then its plugins'."""
    return (*core, *(p.tables for p in enabled(plugins, tenant) if p.tables is not None))


async def panels(
    tx: Tx, plugins: Plugins, *, actor: Any, side: str, case: Any
) -> tuple[Panel, ...]:
    """The boxes of the city's plugins on a case's page. One that fails is left out.

    They run inside one savepoint: what a failing one broke is undone, and the page goes on.
    """
    wanted = [p for p in enabled(plugins, tx.tenant) if p.panels]
    if not wanted:
        return ()
    found: list[Panel] = []
    await tx.execute("SAVEPOINT plugins")
    for plugin in wanted:
        settings = settings_of(plugin, tx.tenant.plugins[plugin.slug])
        for panel in plugin.panels:
            try:
                async with asyncio.timeout(PANEL_SECONDS):
                    box = await panel(tx, actor=actor, side=side, case=case, settings=settings)
            except Exception:
                log.error(
                    "plugin_panel_failed", plugin=plugin.slug, tenant=tx.tenant.slug, exc_info=True
                )
                await tx.execute("ROLLBACK TO SAVEPOINT plugins")
            else:
                found += [box] if box is not None else []
    await tx.execute("RELEASE SAVEPOINT plugins")
    return tuple(found)


def port(plugins: Plugins, tenant: Tenant, name: str) -> object | None:
    """What a city has chosen for a port, or None: the caller then takes the Null one."""
    plugin = plugins.get(tenant.ports.get(name, ""))
    if plugin is None or plugin.slug not in tenant.plugins or name not in plugin.ports:
        return None
    return plugin.ports[name](settings_of(plugin, tenant.plugins[plugin.slug]))


def guards(plugins: Plugins) -> tuple[TransitionGuard, ...]:
    """May refuse an act of the procedure. One that fails refuses too: it may guard a right."""

    def of(plugin: Plugin, guard: Callable[..., Awaitable[Refusal | None]]) -> TransitionGuard:
        async def asked(tx: Tx, transition: CaseTransition) -> Refusal | None:
            if plugin.slug not in tx.tenant.plugins:
                return None
            settings = settings_of(plugin, tx.tenant.plugins[plugin.slug])
            try:
                async with asyncio.timeout(GUARD_SECONDS):
                    return await guard(tx, transition, settings)
            except Exception:
                log.error(
                    "plugin_guard_failed", plugin=plugin.slug, tenant=tx.tenant.slug, exc_info=True
                )
                return Refusal(
                    f"Não foi possível conferir uma regra desta cidade ({plugin.title})."
                    " Nada mudou. Tente de novo em alguns minutos."
                )

        return asked

    return tuple(of(plugin, guard) for plugin in plugins.values() for guard in plugin.guards)


def handlers(plugins: Plugins) -> dict[str, Handler]:
    """Topic → handler of every plugin, each at work only where it is enabled."""
    found: dict[str, Handler] = {}
    for slug, plugin in plugins.items():
        for topic, handler in plugin.jobs.items():
            if topic in found:
                raise PluginError(f"{slug}: o tópico {topic} é de outro plugin")
            found[topic] = _where_enabled(slug, handler)
    return found


def sweeps(plugins: Plugins, db: Database) -> tuple[Sweep, ...]:
    """What plugins do by themselves. One that hangs is stopped, and the round goes on."""

    def of(plugin: Plugin, work: Callable[..., Awaitable[object]]) -> Sweep:
        async def swept(tenant: Tenant) -> None:
            if plugin.slug in tenant.plugins:
                settings = settings_of(plugin, tenant.plugins[plugin.slug])
                async with asyncio.timeout(SWEEP_SECONDS):
                    await work(db, tenant, settings)

        return swept

    return tuple(of(plugin, work) for plugin in plugins.values() for work in plugin.cron)


async def states(db: Database, plugins: Plugins, tenant: Tenant) -> tuple[PluginState, ...]:
    """How the city's plugins are. A health check that fails or hangs is itself the answer."""
    found = []
    for plugin in enabled(plugins, tenant):
        async with tenant_scope(db, tenant) as tx:
            parked = await tx.fetchval(
                "SELECT count(*) FROM outbox WHERE parked_at IS NOT NULL"
                " AND (topic LIKE $1 || '/%' OR topic LIKE '%/' || $1 || '%')",
                plugin.slug.replace("_", r"\_"),
            )
        found.append(
            PluginState(
                plugin.slug,
                plugin.title,
                plugin.version,
                await _health(db, plugin, tenant),
                parked,
            )
        )
    return tuple(found)


async def _health(db: Database, plugin: Plugin, tenant: Tenant) -> Health:
    if plugin.health is None:
        return Health(well=True)
    try:
        settings = settings_of(plugin, tenant.plugins[plugin.slug])
        async with asyncio.timeout(HEALTH_SECONDS):
            return await plugin.health(db, tenant, settings)
    except Exception as error:
        log.error("plugin_health_failed", plugin=plugin.slug, tenant=tenant.slug, exc_info=True)
        return Health(well=False, sentence=f"A verificação falhou ({type(error).__name__}).")


def _only_where(slug: str) -> Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], Any]:
    async def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        tenant = connection.scope["state"].get("tenant")
        if tenant is None or slug not in tenant.plugins:
            raise NotFound("Não encontramos esta página.")

    return guard


def _where_enabled(slug: str, handler: Callable[[Any], Awaitable[None]]) -> Handler:
    async def handled(work: Work) -> None:
        if slug in work.tenant.plugins:
            await handler(work)

    return handled
