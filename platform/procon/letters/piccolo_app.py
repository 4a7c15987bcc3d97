"""Registers the slice's tables and migrations with Piccolo."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from procon.letters.tables import (
    AutosRow,
    LetterBatchItemRow,
    LetterBatchRow,
    LetterCounterRow,
    LetterRow,
    LetterWordingRow,
)

APP_CONFIG = AppConfig(
    app_name="letters",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[
        LetterRow,
        LetterCounterRow,
        LetterWordingRow,
        LetterBatchRow,
        LetterBatchItemRow,
        AutosRow,
    ],
    migration_dependencies=[],
    commands=[],
)
