from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from procon.tenancy.ddl import sql_migration

ID = "2026-11-25T11:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Messages"

SQL = """
CREATE TABLE message (
    id uuid NOT NULL,
    effect_key text NOT NULL,
    case_id uuid,
    recipient text NOT NULL,
    subject text NOT NULL,
    body text NOT NULL,
    created_at timestamptz NOT NULL,
    sent_at timestamptz,
    CONSTRAINT message_pk PRIMARY KEY (id),
    CONSTRAINT message_effect_once UNIQUE (effect_key),
    CONSTRAINT message_case_fk FOREIGN KEY (case_id) REFERENCES case_file (id)
);
CREATE INDEX message_of_case ON message (case_id);
"""


async def forwards() -> MigrationManager:
    return sql_migration("notices", ID, DESCRIPTION, SQL)
