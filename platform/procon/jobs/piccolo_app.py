from pathlib import Path

from piccolo.conf.apps import AppConfig

from procon.jobs.tables import Outbox

APP_CONFIG = AppConfig(
    app_name="jobs",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[Outbox],
)
