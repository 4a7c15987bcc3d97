"""The way into a court that speaks MNI 2.2.2 (SOAP). Each court gives its access by agreement.

Tried against the specification and the imitated court only, never against a real one.
"""

from __future__ import annotations

from types import MappingProxyType

from procon.sdk import Plugin
from procon_court_mni.gateway import MniGateway, health
from procon_court_mni.settings import MniSettings

plugin = Plugin(
    slug="court_mni",
    title="Justiça por MNI 2.2.2",
    version="1.0",
    api=1,
    owner="Procon Digital",
    settings=MniSettings,
    secrets=("password", "certificate"),
    ports=MappingProxyType({"court": MniGateway}),
    health=health,
)

__all__ = ["plugin"]
