from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from procon.tenancy.ddl import sql_migration

ID = "2026-11-25T15:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Texts filed in a case"

SQL = """
CREATE TABLE filing (
    id uuid NOT NULL,
    case_id uuid NOT NULL,
    idempotency_key text NOT NULL,
    code text NOT NULL,
    transition text NOT NULL,
    side text NOT NULL,
    author text NOT NULL,
    text text NOT NULL,
    outcome text NOT NULL DEFAULT '',
    files int NOT NULL DEFAULT 0,
    sha256 text NOT NULL,
    late boolean NOT NULL DEFAULT false,
    filed_at timestamptz NOT NULL,
    CONSTRAINT filing_pk PRIMARY KEY (id),
    CONSTRAINT filing_idempotent UNIQUE (idempotency_key),
    CONSTRAINT filing_case_fk FOREIGN KEY (case_id) REFERENCES case_file (id),
    CONSTRAINT filing_side_known CHECK (side IN ('staff', 'consumer', 'supplier', 'system'))
);
CREATE INDEX filing_case ON filing (case_id, filed_at);
"""


async def forwards() -> MigrationManager:
    return sql_migration("process", ID, DESCRIPTION, SQL)
