from pathlib import Path

from piccolo.conf.apps import AppConfig

from procon.answers.tables import AccessCode, Answer, Rating

APP_CONFIG = AppConfig(
    app_name="answers",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[AccessCode, Answer, Rating],
)
