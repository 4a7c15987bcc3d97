from pathlib import Path

from piccolo.conf.apps import AppConfig

from procon.parties.tables import Person, Supplier, SupplierMerge, SupplierMergeUndo

APP_CONFIG = AppConfig(
    app_name="parties",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[Person, Supplier, SupplierMerge, SupplierMergeUndo],
)
