"""Registers the slice's tables and migrations with Piccolo."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from procon.letters.tables import LetterCounterRow, LetterRow

APP_CONFIG = AppConfig(
    app_name="letters",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[LetterRow, LetterCounterRow],
    migration_dependencies=[],
    commands=[],
)
