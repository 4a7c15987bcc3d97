from pathlib import Path

from piccolo.conf.apps import AppConfig

from procon.hearings.tables import (
    Hearing,
    HearingAcceptance,
    HearingClause,
    HearingMove,
    HearingOffer,
    HearingParty,
    HearingRoom,
    HearingSlot,
)

APP_CONFIG = AppConfig(
    app_name="hearings",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[
        HearingRoom,
        HearingSlot,
        HearingOffer,
        Hearing,
        HearingMove,
        HearingParty,
        HearingClause,
        HearingAcceptance,
    ],
)
