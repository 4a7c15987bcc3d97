from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from procon.tenancy.ddl import sql_migration

ID = "2026-11-25T15:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "The case's procedure, and its number as an administrative process"

# The states are the procedure's, which a city may change: the procedure checks them, not a CHECK.
SQL = """
ALTER TABLE case_file DROP CONSTRAINT case_file_status_known;
ALTER TABLE case_file ADD COLUMN procedure text NOT NULL DEFAULT 'standard/1';
ALTER TABLE case_file ADD COLUMN status_before text NOT NULL DEFAULT '';
ALTER TABLE case_file ADD COLUMN outcome_before text NOT NULL DEFAULT '';
ALTER TABLE case_file ADD COLUMN complaint_number text NOT NULL DEFAULT '';
ALTER TABLE case_file ADD COLUMN registered_at timestamptz;
ALTER TABLE case_file ADD COLUMN closed_at timestamptz;
CREATE TABLE complaint_counter (
    year int NOT NULL,
    last int NOT NULL,
    CONSTRAINT complaint_counter_pk PRIMARY KEY (year)
);
CREATE INDEX case_file_due ON case_file (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX case_file_registered ON case_file (registered_at) WHERE registered_at IS NOT NULL;
"""


async def forwards() -> MigrationManager:
    return sql_migration("cases", ID, DESCRIPTION, SQL)
