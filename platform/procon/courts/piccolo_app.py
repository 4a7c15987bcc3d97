from pathlib import Path

from piccolo.conf.apps import AppConfig

from procon.courts.tables import Handover

APP_CONFIG = AppConfig(
    app_name="courts",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[Handover],
)
