from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from procon.tenancy.ddl import sql_migration

ID = "2026-11-25T11:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Directory of tenants"

SQL = """
CREATE TABLE tenant (
    slug text NOT NULL,
    status text NOT NULL,
    manifest text NOT NULL,
    migration_head text NOT NULL DEFAULT '',
    migration_error text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT tenant_pk PRIMARY KEY (slug),
    CONSTRAINT tenant_status_known CHECK (status IN ('active', 'suspended'))
);
CREATE TABLE host (
    host text NOT NULL,
    slug text NOT NULL,
    CONSTRAINT host_pk PRIMARY KEY (host),
    CONSTRAINT host_tenant_fk FOREIGN KEY (slug) REFERENCES tenant (slug)
);
CREATE TABLE directory (
    id int NOT NULL,
    version bigint NOT NULL,
    CONSTRAINT directory_pk PRIMARY KEY (id),
    CONSTRAINT directory_one_row CHECK (id = 1)
);
INSERT INTO directory (id, version) VALUES (1, 0);
"""


async def forwards() -> MigrationManager:
    return sql_migration("tenancy", ID, DESCRIPTION, SQL)
