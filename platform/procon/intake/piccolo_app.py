from pathlib import Path

from piccolo.conf.apps import AppConfig

from procon.intake.tables import Draft

APP_CONFIG = AppConfig(
    app_name="intake",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[Draft],
)
