from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from procon.tenancy.ddl import sql_migration

ID = "2026-11-25T15:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Indexes for the staff's list: by deadline, opening, last change and owner"

SQL = """
CREATE INDEX case_file_by_due ON case_file (COALESCE(due_at, 'infinity'::timestamptz), id);
CREATE INDEX case_file_by_opened ON case_file (created_at, id) INCLUDE (supplier_id, problem);
CREATE INDEX case_file_by_changed ON case_file (changed_at, id);
CREATE INDEX case_file_by_owner ON case_file (assigned_to, status);
-- All that the list filters by: the index alone decides which cases to read.
CREATE INDEX case_file_filter ON case_file (status, subject, channel, service_point)
    INCLUDE (assigned_to, supplier_id, outcome, due_at, created_at, changed_at, id);
"""


async def forwards() -> MigrationManager:
    return sql_migration("cases", ID, DESCRIPTION, SQL)
