from pathlib import Path

from piccolo.conf.apps import AppConfig

from procon.process.tables import Filing

APP_CONFIG = AppConfig(
    app_name="process",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[Filing],
)
