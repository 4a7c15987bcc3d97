"""Secret addresses of calendar feeds, and which reminders have gone out."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from procon.tenancy.ddl import sql_migration

ID = "2026-11-25T14:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "feed_token, deadline_reminder"

SQL = """
CREATE TABLE feed_token (
    id uuid CONSTRAINT feed_token_pk PRIMARY KEY,
    account_id uuid NOT NULL,
    kind text NOT NULL,
    token_hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CONSTRAINT feed_token_hash_once UNIQUE (token_hash),
    CONSTRAINT feed_token_account_fk FOREIGN KEY (account_id) REFERENCES account (id),
    CONSTRAINT feed_token_kind_ck CHECK (kind IN ('citizen', 'supplier', 'staff'))
);
CREATE INDEX feed_token_account_ix ON feed_token (account_id) WHERE revoked_at IS NULL;
CREATE TABLE deadline_reminder (
    id uuid CONSTRAINT deadline_reminder_pk PRIMARY KEY,
    case_id uuid NOT NULL,
    due_at timestamptz NOT NULL,
    step smallint NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT deadline_reminder_once UNIQUE (case_id, due_at, step),
    CONSTRAINT deadline_reminder_case_fk FOREIGN KEY (case_id) REFERENCES case_file (id),
    CONSTRAINT deadline_reminder_step_ck CHECK (step IN (1, 3))
);
"""


async def forwards() -> MigrationManager:
    """Create the tables."""
    return sql_migration("feeds", ID, DESCRIPTION, SQL)
