"""What a plugin is: one frozen value that says everything it adds. Importing it does nothing.

A plugin is a module or package `procon_<slug>` in `plugins/`, or one that an installed
distribution names under the entry point group `procon.plugins`. Installed is not enabled: only a
city's manifest enables.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec import Struct

from procon.ext.slots import Panel, SettingsLink

API = 1
_SLUG = re.compile(r"[a-z][a-z0-9_]{1,30}")
_PERMISSION = re.compile(r"[a-z][a-z0-9_]*:[a-z_]+")
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class PluginError(Exception):
    """A plugin cannot be used; the text names it and says why."""


class MenuItem(Struct, frozen=True, forbid_unknown_fields=True):
    """An entry of the navigation, for whoever has the permission. `href` starts at `/p/<slug>`.

    `kinds`: only for these kinds of person ("anonymous", "citizen", "supplier", "staff"); empty:
    for all.
    """

    label: str
    href: str
    permission: str
    kinds: frozenset[str] = frozenset()


class Health(Struct, frozen=True, forbid_unknown_fields=True):
    """How a plugin is in one city; `sentence` is for the city's administrators."""

    well: bool
    sentence: str = ""


class Refusal(Struct, frozen=True, forbid_unknown_fields=True):
    """A guard's no to an act of the procedure, with the reason that the person reads."""

    reason: str


class Plugin(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A plugin's contributions.

    Attributes:
        slug: name in manifests, addresses (`/p/<slug>/`), table names (`<slug>_…`) and topics.
        api: the contract's major version that it was written for.
        owner: who looks after it.
        requires: slugs of plugins that must be enabled with it, and that it may import.
        settings: Struct of the settings in the manifest; every field has a default or is asked.
        secrets: names of settings that hold a reference `secret://NAME`, never a secret.
        permissions: permission ("newsletter:edit") → words for the city's administrators.
        roles: role → permissions of this plugin that it has.
        routes: Litestar handlers; each names a permission, paths begin at the plugin's root.
        menu, settings_links: where people find its pages.
        panels: boxes on a case's page.
        jobs: topic → handler; "<event kind>/<slug>" or "<slug>/<work>".
        cron: called for each city that enables it, every few seconds.
        tables: Piccolo AppConfig of its tables in the city's schema.
        templates, static: folders.
        ports: port ("court") → factory(settings) of its implementation; a city chooses one by
            `ports:` in its manifest.
        guards: may refuse an act of the procedure, inside its transaction.
        personal_data: table.column → class of personal data that it keeps.
        health: how it is in one city.
    """

    slug: str
    title: str
    version: str
    api: int
    owner: str
    requires: tuple[str, ...] = ()
    settings: type[Struct] | None = None
    secrets: tuple[str, ...] = ()
    permissions: Mapping[str, str] = _NOTHING
    roles: Mapping[str, frozenset[str]] = _NOTHING
    routes: tuple[Any, ...] = ()
    menu: tuple[MenuItem, ...] = ()
    settings_links: tuple[SettingsLink, ...] = ()
    panels: tuple[Callable[..., Awaitable[Panel | None]], ...] = ()
    jobs: Mapping[str, Callable[[Any], Awaitable[None]]] = _NOTHING
    cron: tuple[Callable[..., Awaitable[object]], ...] = ()
    tables: Any = None
    templates: Path | None = None
    static: Path | None = None
    ports: Mapping[str, Callable[[Any], object]] = _NOTHING
    guards: tuple[Callable[..., Awaitable[Refusal | None]], ...] = ()
    personal_data: Mapping[str, str] = _NOTHING
    health: Callable[..., Awaitable[Health]] | None = None


def faults(plugin: Plugin, *, others: Mapping[str, Plugin] = _NOTHING) -> list[str]:
    """What is wrong with a plugin, one sentence each; empty when it may be used."""
    found: list[str] = []
    slug = plugin.slug
    if not _SLUG.fullmatch(slug):
        found.append("o slug só pode ter letras minúsculas, números e _")
    if plugin.api != API:
        found.append(f"foi escrito para a versão {plugin.api} do contrato; esta é a {API}")
    found += [
        f"precisa do plugin {need}, que não está instalado"
        for need in plugin.requires
        if need not in others
    ]
    found += [
        f"a permissão {name} não começa com {slug}:"
        for name in plugin.permissions
        if not _PERMISSION.fullmatch(name) or not name.startswith(f"{slug}:")
    ]
    for role, given in plugin.roles.items():
        found += [
            f"o papel {role} recebe {one}, que o plugin não declara"
            for one in given
            if one not in plugin.permissions
        ]
    addresses = [*(one.href for one in plugin.menu), *(one.href for one in plugin.settings_links)]
    found += [
        f"o endereço {href} fica fora de /p/{slug}"
        for href in addresses
        if not f"{href}/".startswith(f"/p/{slug}/")
    ]
    found += [
        f"o tópico {topic} não traz o nome do plugin"
        for topic in plugin.jobs
        if slug not in {topic.partition("/")[0], topic.partition("/")[2].partition("-")[0]}
    ]
    for table in getattr(plugin.tables, "table_classes", ()):
        name = table._meta.tablename
        if not name.startswith(f"{slug}_"):
            found.append(f"a tabela {name} não começa com {slug}_")
    return found


def settings_of(plugin: Plugin, given: Mapping[str, Any]) -> Struct | None:
    """The plugin's settings as a city's manifest gives them.

    Raises:
        PluginError: an unknown key, a wrong value, or a secret in the open.
    """
    if plugin.settings is None:
        if given:
            raise PluginError(
                f"{plugin.slug}: não tem configurações, mas o manifesto traz "
                f"{', '.join(sorted(given))}"
            )
        return None
    for name in plugin.secrets:
        value = given.get(name, "")
        if value and not str(value).startswith("secret://"):
            raise PluginError(f"{plugin.slug}.{name}: escreva uma referência secret://NOME")
    try:
        settings: Struct = msgspec.convert(dict(given), plugin.settings)
    except msgspec.ValidationError as error:
        raise PluginError(f"{plugin.slug}: {error}") from error
    return settings
