"""Finding plugins: folders of `plugins/` and entry points. A broken one stops the start."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path
from types import MappingProxyType, ModuleType

from procon.ext.plugin import Plugin, PluginError, faults

PREFIX = "procon_"
GROUP = "procon.plugins"


def discover(folder: Path) -> Mapping[str, Plugin]:
    """Every installed plugin by slug, those that others require first.

    Raises:
        PluginError: one cannot be imported, declares no plugin, or breaks the contract.
    """
    found: dict[str, Plugin] = {}
    for name in _names(folder):
        plugin = _plugin_of(_imported(name, folder), name)
        if name != f"{PREFIX}{plugin.slug}":
            raise PluginError(
                f"{name}: o slug é {plugin.slug}, e o módulo devia ser {PREFIX}{plugin.slug}"
            )
        if plugin.slug in found:
            raise PluginError(f"{name}: há dois plugins com este nome")
        found[plugin.slug] = plugin
    for plugin in found.values():
        if wrong := faults(plugin, others=found):
            raise PluginError(f"{PREFIX}{plugin.slug}: " + "; ".join(wrong))
    return MappingProxyType(_in_order(found))


def _names(folder: Path) -> list[str]:
    here = (
        [
            path.stem
            for path in folder.glob(f"{PREFIX}*")
            if path.suffix == ".py" or (path / "__init__.py").is_file()
        ]
        if folder.is_dir()
        else []
    )
    installed = [point.value for point in entry_points(group=GROUP)]
    return sorted(dict.fromkeys((*here, *installed)))


def _imported(name: str, folder: Path) -> ModuleType:
    try:
        if name not in sys.modules and importlib.util.find_spec(name) is None:
            _import_from(name, folder)
        return importlib.import_module(name)
    except PluginError:
        raise
    except Exception as error:
        raise PluginError(f"{name}: não pôde ser importado ({error})") from error


def _import_from(name: str, folder: Path) -> None:
    """A plugins folder that is not on the path, as in tests and in a city's own checkout."""
    package = folder / name / "__init__.py"
    path = package if package.is_file() else folder / f"{name}.py"
    spec = importlib.util.spec_from_file_location(
        name, path, submodule_search_locations=[str(path.parent)] if path == package else None
    )
    if spec is None or spec.loader is None:
        raise PluginError(f"{name}: não foi encontrado em {folder}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise


def _plugin_of(module: ModuleType, name: str) -> Plugin:
    plugin = getattr(module, "plugin", None)
    if not isinstance(plugin, Plugin):
        raise PluginError(f"{name}: falta `plugin = Plugin(...)`")
    return plugin


def _in_order(found: Mapping[str, Plugin]) -> dict[str, Plugin]:
    placed: dict[str, Plugin] = {}

    def place(plugin: Plugin, above: tuple[str, ...]) -> None:
        if plugin.slug in above:
            raise PluginError(f"{plugin.slug}: os plugins dependem um do outro em círculo")
        for need in plugin.requires:
            place(found[need], (*above, plugin.slug))
        placed.setdefault(plugin.slug, plugin)

    for plugin in found.values():
        place(plugin, ())
    return placed
