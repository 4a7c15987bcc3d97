from pathlib import Path

from piccolo.conf.apps import AppConfig

from procon.cases.tables import CaseCounter, CaseFile, CaseLog, ComplaintCounter

APP_CONFIG = AppConfig(
    app_name="cases",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[CaseCounter, CaseFile, CaseLog, ComplaintCounter],
)
