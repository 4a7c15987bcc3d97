from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from procon.tenancy.ddl import sql_migration

ID = "2026-11-25T11:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Outbox"

SQL = """
CREATE TABLE outbox (
    id uuid NOT NULL,
    effect_key text NOT NULL,
    topic text NOT NULL,
    payload text NOT NULL,
    created_at timestamptz NOT NULL,
    available_at timestamptz NOT NULL,
    attempts int NOT NULL DEFAULT 0,
    done_at timestamptz,
    parked_at timestamptz,
    last_error text NOT NULL DEFAULT '',
    CONSTRAINT outbox_pk PRIMARY KEY (id),
    CONSTRAINT outbox_effect_once UNIQUE (effect_key)
);
CREATE INDEX outbox_due ON outbox (available_at) WHERE done_at IS NULL AND parked_at IS NULL;
"""


async def forwards() -> MigrationManager:
    return sql_migration("jobs", ID, DESCRIPTION, SQL)
