from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from procon.tenancy.ddl import sql_migration

ID = "2026-11-25T13:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Drafts"

SQL = """
CREATE TABLE draft (
    id uuid NOT NULL,
    token_hash bytea NOT NULL,
    answers text NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    case_id uuid,
    CONSTRAINT draft_pk PRIMARY KEY (id),
    CONSTRAINT draft_token_once UNIQUE (token_hash),
    CONSTRAINT draft_case_fk FOREIGN KEY (case_id) REFERENCES case_file (id)
);
CREATE INDEX draft_expiry ON draft (expires_at);
"""


async def forwards() -> MigrationManager:
    return sql_migration("intake", ID, DESCRIPTION, SQL)
