"""What every plugin must keep, and how one that does not is contained."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct
from piccolo.columns import UUID
from piccolo.conf.apps import AppConfig
from piccolo.table import Table

from procon import plugged
from procon.auth.permissions import ROLE_PERMISSIONS
from procon.ext.discovery import discover
from procon.ext.plugin import API, Health, Plugin, PluginError, Refusal, faults, settings_of
from procon.ext.slots import Panel
from procon.ext.workflow import CaseTransition
from procon.kernel.errors import Conflict
from procon.plugged import Plugins
from procon.settings import REPOSITORY
from procon.tenancy.manifest import Tenant
from procon.tenancy.scope import Database, Tx
from support.cities import City, filed, staff

INSTALLED = discover(REPOSITORY / "plugins")
EVERY = pytest.mark.parametrize("plugin", INSTALLED.values(), ids=INSTALLED)


@EVERY
def test_it_keeps_the_contract(plugin: Plugin) -> None:
    assert faults(plugin, others=INSTALLED) == []


@EVERY
def test_each_page_names_a_permission_that_somebody_has(plugin: Plugin) -> None:
    given = frozenset().union(*ROLE_PERMISSIONS.values(), *plugin.roles.values())
    for handler in plugin.routes:
        assert isinstance(handler, HTTPRouteHandler)
        assert handler.opt["permission"] in given, handler.paths


@EVERY
def test_it_imports_the_sdk_alone(plugin: Plugin) -> None:
    """And other plugins only where it says that it needs them."""
    allowed = {"procon.sdk", *(f"procon_{need}" for need in plugin.requires)}
    folder = REPOSITORY / "plugins" / f"procon_{plugin.slug}"
    wrong = []
    for path in folder.rglob("*.py"):
        for line in path.read_text(encoding="utf-8").splitlines():
            words = line.split()
            if words[:1] in (["from"], ["import"]) and words[1].startswith("procon"):
                module = words[1]
                own = module.split(".")[0] == f"procon_{plugin.slug}"
                if not own and module not in allowed and not module.startswith("procon.sdk."):
                    wrong.append(f"{path.name}: {line.strip()}")
    assert wrong == []


@EVERY
def test_its_templates_lie_under_its_own_name(plugin: Plugin) -> None:
    if plugin.templates:
        tops = {path.name for path in plugin.templates.iterdir() if path.is_dir()}
        assert tops <= {plugin.slug}


def made(**more: Any) -> Plugin:
    """A plugin of this test."""
    return Plugin(slug="bad", title="Ruim", version="1", api=API, owner="x", **more)


def installed(plugin: Plugin) -> Plugins:
    return MappingProxyType({plugin.slug: plugin})


def on(city: City, plugin: Plugin) -> City:
    """The city with the plugin enabled, for commands called directly."""
    from msgspec.structs import replace  # noqa: PLC0415 - only here

    return City(city.db, replace(city.tenant, plugins={plugin.slug: {}}))


class WrongTable(Table, tablename="elsewhere"):
    id = UUID(primary_key=True)


@pytest.mark.parametrize(
    ("plugin", "sentence"),
    [
        (made(requires=("nothing",)), "precisa do plugin nothing, que não está instalado"),
        (made(permissions={"good:read": "Ler"}), "a permissão good:read não começa com bad:"),
        (made(jobs={"case_opened/other": None}), "não traz o nome do plugin"),
        (
            made(tables=AppConfig("bad", "x", table_classes=[WrongTable])),
            "a tabela elsewhere não começa com bad_",
        ),
        (
            Plugin(slug="bad", title="R", version="1", api=99, owner="x"),
            "foi escrito para a versão 99 do contrato",
        ),
    ],
)
def test_what_breaks_the_contract_is_said(plugin: Plugin, sentence: str) -> None:
    assert sentence in "; ".join(faults(plugin))


def test_a_wrong_api_refuses_to_start_and_names_the_plugin(tmp_path: Path) -> None:
    (tmp_path / "procon_oldone.py").write_text(
        "from procon.sdk import Plugin\n"
        "plugin = Plugin(slug='oldone', title='V', version='1', api=0, owner='x')\n"
    )
    with pytest.raises(PluginError, match=r"procon_oldone: foi escrito para a versão 0"):
        discover(tmp_path)


def test_a_plugin_that_cannot_be_imported_is_named(tmp_path: Path) -> None:
    (tmp_path / "procon_broken.py").write_text("raise RuntimeError('boom')\n")
    with pytest.raises(PluginError, match=r"procon_broken: não pôde ser importado \(boom\)"):
        discover(tmp_path)


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    days: int = 3
    token: str = ""


def test_settings_are_checked() -> None:
    plugin = made(settings=Settings, secrets=("token",))
    assert settings_of(plugin, {"days": 5}) == Settings(days=5)
    for given, said in (
        ({"dais": 5}, "dais"),
        ({"days": "x"}, "int"),
        ({"token": "abc"}, "secret://NOME"),
    ):
        with pytest.raises(PluginError, match=said):
            settings_of(plugin, given)


def test_a_manifest_with_an_unknown_plugin_is_refused(tenants: tuple[Tenant, ...]) -> None:
    from msgspec.structs import replace  # noqa: PLC0415 - only here

    tenant = replace(tenants[0], plugins={"nobody": {}})
    assert plugged.check_tenant(INSTALLED, tenant) == ["o plugin nobody não está instalado"]


async def raising(*_: Any, **__: Any) -> Any:
    raise RuntimeError("boom")


async def hanging(*_: Any, **__: Any) -> Any:
    await asyncio.Event().wait()


async def prying(tx: Tx, **_: Any) -> Panel | None:
    """Asks for the other city's cases outright."""
    await tx.fetch("SELECT 1 FROM t_contagem.case_file")
    return Panel("nunca")


async def good(_tx: Tx, **_: Any) -> Panel | None:
    return Panel("Bom")


@pytest.mark.parametrize("bad", [raising, hanging, prying])
async def test_a_box_that_fails_is_left_out_and_the_page_goes_on(
    city: City, other: City, monkeypatch: pytest.MonkeyPatch, bad: Callable[..., Any]
) -> None:
    """Whatever it broke in the transaction is undone; the boxes after it are shown."""
    assert other.slug == "contagem"
    monkeypatch.setattr(plugged, "PANEL_SECONDS", 0.2)
    plugin = made(panels=(bad, good))
    opened = await filed(city)
    async with on(city, plugin).scope() as tx:
        boxes = await plugged.panels(
            tx, installed(plugin), actor=staff(), side="staff", case=opened
        )
        assert [box.title for box in boxes] == ["Bom"]
        assert await tx.fetchval("SELECT count(*) FROM case_file") == 1


@pytest.mark.parametrize("bad", [raising, hanging])
async def test_a_guard_that_fails_refuses(
    city: City, monkeypatch: pytest.MonkeyPatch, bad: Callable[..., Any]
) -> None:
    monkeypatch.setattr(plugged, "GUARD_SECONDS", 0.2)
    plugin = made(guards=(bad,))
    (guard,) = plugged.guards(installed(plugin))
    opened = await filed(city)
    asked = CaseTransition(opened.id, opened.number, "decide", "a", "b", "staff")
    async with on(city, plugin).scope() as tx:
        refusal = await guard(tx, asked)
    assert isinstance(refusal, Refusal)
    assert "Nada mudou" in refusal.reason
    async with city.scope() as tx:
        assert await guard(tx, asked) is None, "off is inert"


@pytest.mark.parametrize("bad", [raising, hanging])
async def test_a_sweep_that_fails_does_not_stop_the_round(
    city: City, monkeypatch: pytest.MonkeyPatch, bad: Callable[..., Any]
) -> None:
    monkeypatch.setattr(plugged, "SWEEP_SECONDS", 0.2)
    plugin = made(cron=(bad,))
    (sweep,) = plugged.sweeps(installed(plugin), city.db)
    with pytest.raises((RuntimeError, TimeoutError)):
        await sweep(on(city, plugin).tenant)
    await sweep(city.tenant)  # off: nothing happens


async def unwell(_db: Database, _tenant: Tenant, _settings: Any) -> Health:
    raise RuntimeError("boom")


async def test_a_health_check_that_fails_is_the_answer(city: City) -> None:
    plugin = made(health=unwell)
    (state,) = await plugged.states(city.db, installed(plugin), on(city, plugin).tenant)
    assert state.health == Health(well=False, sentence="A verificação falhou (RuntimeError).")


async def test_a_refusal_is_a_conflict_with_its_reason(city: City) -> None:
    """Seen through the command that every act goes through."""
    from procon.cases.moves import move  # noqa: PLC0415 - only here

    async def never(_tx: Tx, _transition: CaseTransition, _settings: Any) -> Refusal | None:
        return Refusal("Hoje não.")

    plugin = made(guards=(never,))
    opened = await filed(city)
    guarded = City(city.db, on(city, plugin).tenant)
    async with guarded.scope() as tx:
        tx.extensions = plugged.extensions(installed(plugin))
        with pytest.raises(Conflict, match="Hoje não"):
            await move(
                tx, actor=staff("analyst"), side="staff", case_id=opened.id, transition="advise"
            )
