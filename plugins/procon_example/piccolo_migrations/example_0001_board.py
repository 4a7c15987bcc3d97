from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from procon.sdk import sql_migration

ID = "2026-11-25T15:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Notice board"

SQL = """
CREATE TABLE example_notice (
    id uuid NOT NULL,
    text text NOT NULL,
    author text NOT NULL,
    written_at timestamptz NOT NULL,
    CONSTRAINT example_notice_pk PRIMARY KEY (id)
);
CREATE TABLE example_opened (
    day date NOT NULL,
    cases int NOT NULL,
    CONSTRAINT example_opened_pk PRIMARY KEY (day)
);
CREATE TABLE example_counted (
    effect_key text NOT NULL,
    CONSTRAINT example_counted_pk PRIMARY KEY (effect_key)
);
"""


async def forwards() -> MigrationManager:
    return sql_migration("example", ID, DESCRIPTION, SQL)
