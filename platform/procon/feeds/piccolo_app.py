from pathlib import Path

from piccolo.conf.apps import AppConfig

from procon.feeds.tables import DeadlineReminder, FeedToken

APP_CONFIG = AppConfig(
    app_name="feeds",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[FeedToken, DeadlineReminder],
)
