from pathlib import Path

from piccolo.conf.apps import AppConfig

from procon.answers.tables import (
    AccessCode,
    Answer,
    AnswerModel,
    CompanyNote,
    CompanyTask,
    MoreTime,
    Rating,
    Sheet,
    SheetRow,
)

APP_CONFIG = AppConfig(
    app_name="answers",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[
        AccessCode,
        Answer,
        Rating,
        MoreTime,
        CompanyNote,
        CompanyTask,
        AnswerModel,
        Sheet,
        SheetRow,
    ],
)
