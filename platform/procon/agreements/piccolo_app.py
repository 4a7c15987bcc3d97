from pathlib import Path

from piccolo.conf.apps import AppConfig

from procon.agreements.tables import (
    Agreement,
    AgreementInstalment,
    InstalmentReport,
    Proposal,
    ProposalInstalment,
)

APP_CONFIG = AppConfig(
    app_name="agreements",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[Proposal, ProposalInstalment, Agreement, AgreementInstalment, InstalmentReport],
)
