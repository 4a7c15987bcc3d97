from pathlib import Path

from piccolo.conf.apps import AppConfig

from procon.service_points.tables import ServicePoint

APP_CONFIG = AppConfig(
    app_name="service_points",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[ServicePoint],
)
