"""Registers the slice's tables and migrations with Piccolo."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from procon.deadlines.tables import DeadlineRuleRow, HolidayRow, OutageRow

APP_CONFIG = AppConfig(
    app_name="deadlines",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[HolidayRow, DeadlineRuleRow, OutageRow],
    migration_dependencies=[],
    commands=[],
)
