from pathlib import Path

from piccolo.conf.apps import AppConfig

from procon.tenancy.tables import Directory, Host, TenantRow

APP_CONFIG = AppConfig(
    app_name="tenancy",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[TenantRow, Host, Directory],
)
