"""A notice board for the staff: small, useful, and uses every point of the contract once."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

from procon.sdk import Health, MenuItem, Plugin, SettingsLink
from procon_example import board, tables
from procon_example.settings import BoardSettings

HERE = Path(__file__).parent

plugin = Plugin(
    slug="example",
    title="Mural da equipe",
    version="1.0",
    api=1,
    owner="Procon Digital",
    settings=BoardSettings,
    secrets=("signature",),
    permissions=MappingProxyType(
        {"example:read": "Ler o mural da equipe", "example:write": "Escrever no mural da equipe"}
    ),
    roles=MappingProxyType(
        {
            role: frozenset({"example:read"})
            for role in ("attendant", "conciliator", "inspector", "authority")
        }
        | {role: frozenset({"example:read", "example:write"}) for role in ("analyst", "cityadmin")}
    ),
    routes=(board.show, board.write),
    menu=(MenuItem("Mural", "/p/example", "example:read"),),
    settings_links=(
        SettingsLink("Mural", "/p/example", "Recados para toda a equipe.", "example:write"),
    ),
    panels=(board.case_panel,),
    jobs=MappingProxyType({"case_opened/example": board.count_case}),
    cron=(board.forget_old,),
    tables=tables.APP_CONFIG,
    templates=HERE / "templates",
    guards=(board.freeze_register,),
    personal_data=MappingProxyType({"example_notice.author": "name"}),
    health=board.health,
)

__all__ = ["Health", "plugin"]
