"""Registers the accounts' table and migrations with Piccolo."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from procon.auth.accounts.tables import AccountRow

APP_CONFIG = AppConfig(
    app_name="accounts",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[AccountRow],
    migration_dependencies=[],
    commands=[],
)
