from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from procon.tenancy.ddl import sql_migration

ID = "2026-11-25T14:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Companies that were registered twice become one, and two again"

SQL = """
ALTER TABLE supplier ADD COLUMN merged_into uuid;
ALTER TABLE supplier ADD CONSTRAINT supplier_merged_fk
    FOREIGN KEY (merged_into) REFERENCES supplier (id);
ALTER TABLE supplier ADD CONSTRAINT supplier_merged_ck CHECK (merged_into <> id);
CREATE INDEX supplier_root ON supplier (left(cnpj, 8)) WHERE cnpj IS NOT NULL;
CREATE TABLE supplier_merge (
    id uuid NOT NULL,
    kept uuid NOT NULL,
    merged uuid NOT NULL,
    case_ids uuid[] NOT NULL,
    made_by text NOT NULL,
    made_at timestamptz NOT NULL,
    CONSTRAINT supplier_merge_pk PRIMARY KEY (id),
    CONSTRAINT supplier_merge_kept_fk FOREIGN KEY (kept) REFERENCES supplier (id),
    CONSTRAINT supplier_merge_merged_fk FOREIGN KEY (merged) REFERENCES supplier (id)
);
CREATE INDEX supplier_merge_kept ON supplier_merge (kept, made_at);
CREATE TABLE supplier_merge_undo (
    merge_id uuid NOT NULL,
    made_by text NOT NULL,
    made_at timestamptz NOT NULL,
    CONSTRAINT supplier_merge_undo_pk PRIMARY KEY (merge_id),
    CONSTRAINT supplier_merge_undo_fk FOREIGN KEY (merge_id) REFERENCES supplier_merge (id)
);
"""


async def forwards() -> MigrationManager:
    return sql_migration("parties", ID, DESCRIPTION, SQL)
