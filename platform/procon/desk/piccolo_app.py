from pathlib import Path

from piccolo.conf.apps import AppConfig

from procon.desk.tables import (
    AssignmentRule,
    Attendance,
    BulkAction,
    BulkItem,
    CaseSearch,
    CaseTag,
    CollectiveCase,
    CollectiveMember,
    Macro,
    SavedFilter,
    SearchWord,
    TextModule,
)

APP_CONFIG = AppConfig(
    app_name="desk",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[
        CaseSearch,
        SearchWord,
        SavedFilter,
        CaseTag,
        BulkAction,
        BulkItem,
        Macro,
        TextModule,
        AssignmentRule,
        CollectiveCase,
        CollectiveMember,
        Attendance,
    ],
)
