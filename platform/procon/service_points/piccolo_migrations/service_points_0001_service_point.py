from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from procon.tenancy.ddl import sql_migration

ID = "2026-11-25T13:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Service points"

SQL = """
CREATE TABLE service_point (
    id uuid NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    address text NOT NULL DEFAULT '',
    hours text NOT NULL DEFAULT '',
    active boolean NOT NULL DEFAULT TRUE,
    CONSTRAINT service_point_pk PRIMARY KEY (id),
    CONSTRAINT service_point_name_once UNIQUE (name),
    CONSTRAINT service_point_kind_known CHECK (kind IN ('fixo', 'movel'))
);
"""


async def forwards() -> MigrationManager:
    return sql_migration("service_points", ID, DESCRIPTION, SQL)
