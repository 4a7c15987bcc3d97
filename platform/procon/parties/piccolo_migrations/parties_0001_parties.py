from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from procon.tenancy.ddl import sql_migration

ID = "2026-11-25T11:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Consumers and suppliers"

SQL = """
CREATE TABLE person (
    id uuid NOT NULL,
    cpf char(11) NOT NULL,
    name text NOT NULL,
    email text NOT NULL DEFAULT '',
    phone text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    CONSTRAINT person_pk PRIMARY KEY (id),
    CONSTRAINT person_cpf_once UNIQUE (cpf)
);
CREATE TABLE supplier (
    id uuid NOT NULL,
    cnpj char(14),
    name text NOT NULL,
    trade_name text NOT NULL DEFAULT '',
    email text NOT NULL DEFAULT '',
    search text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT supplier_pk PRIMARY KEY (id),
    CONSTRAINT supplier_cnpj_once UNIQUE (cnpj)
);
CREATE INDEX supplier_search ON supplier USING gin (search extensions.gin_trgm_ops);
"""


async def forwards() -> MigrationManager:
    return sql_migration("parties", ID, DESCRIPTION, SQL)
