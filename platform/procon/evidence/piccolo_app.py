from pathlib import Path

from piccolo.conf.apps import AppConfig

from procon.evidence.tables import EvidenceFile

APP_CONFIG = AppConfig(
    app_name="evidence",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[EvidenceFile],
    migration_dependencies=["procon.cases.piccolo_app"],
)
