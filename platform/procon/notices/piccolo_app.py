from pathlib import Path

from piccolo.conf.apps import AppConfig

from procon.notices.tables import MailChoiceRow, Message, MessageFile, NoticeEventRow, NoticeRow

APP_CONFIG = AppConfig(
    app_name="notices",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[Message, MessageFile, NoticeRow, NoticeEventRow, MailChoiceRow],
)
