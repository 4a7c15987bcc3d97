"""The way into a court that has no interface: a signed package that a person takes there."""

from __future__ import annotations

from types import MappingProxyType

from procon.sdk import Plugin
from procon_court_package.gateway import PackageGateway
from procon_court_package.settings import PackageSettings

plugin = Plugin(
    slug="court_package",
    title="Pacote para a Justiça",
    version="1.0",
    api=1,
    owner="Procon Digital",
    settings=PackageSettings,
    secrets=("certificate", "passphrase"),
    ports=MappingProxyType({"court": PackageGateway}),
)

__all__ = ["plugin"]
