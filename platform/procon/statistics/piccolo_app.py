from pathlib import Path

from piccolo.conf.apps import AppConfig

from procon.statistics.tables import RegisterEntry, RegisterPublication, RegisterRequest

APP_CONFIG = AppConfig(
    app_name="statistics",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[RegisterPublication, RegisterEntry, RegisterRequest],
)
