"""Registers the companies' tables and migrations with Piccolo."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from procon.auth.companies.tables import (
    CompanyActRow,
    CompanyDocumentRow,
    CompanyMemberRow,
    CompanyRequestRow,
    CompanyRow,
)

APP_CONFIG = AppConfig(
    app_name="companies",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[
        CompanyRow,
        CompanyMemberRow,
        CompanyRequestRow,
        CompanyDocumentRow,
        CompanyActRow,
    ],
)
