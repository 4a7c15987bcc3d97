"""Registers the mandates' tables and migrations with Piccolo."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from procon.auth.mandates.tables import (
    CasePartyRow,
    CaseViewRow,
    LawyerRow,
    MandateRow,
    RepresentativeRow,
)

APP_CONFIG = AppConfig(
    app_name="mandates",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[LawyerRow, MandateRow, RepresentativeRow, CasePartyRow, CaseViewRow],
    migration_dependencies=[],
    commands=[],
)
