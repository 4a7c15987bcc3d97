"""Accounts of one city."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from procon.tenancy.ddl import sql_migration

ID = "2026-11-25T12:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "account: who has signed in, by issuer and subject"

SQL = """
CREATE TABLE account (
    id uuid CONSTRAINT account_pk PRIMARY KEY,
    iss text NOT NULL,
    sub text NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    cpf char(11),
    cnpj char(14),
    email text,
    email_verified boolean NOT NULL,
    level text NOT NULL,
    roles text[] NOT NULL,
    created_at timestamptz NOT NULL,
    last_login_at timestamptz NOT NULL,
    disabled_at timestamptz,
    CONSTRAINT account_iss_sub_uq UNIQUE (iss, sub),
    CONSTRAINT account_kind_ck CHECK (kind IN ('citizen', 'supplier', 'staff')),
    CONSTRAINT account_level_ck CHECK (level IN ('', 'bronze', 'silver', 'gold')),
    CONSTRAINT account_cpf_ck CHECK (cpf ~ '^[0-9]{11}$'),
    CONSTRAINT account_cnpj_ck CHECK (cnpj ~ '^[0-9A-Z]{12}[0-9]{2}$'),
    CONSTRAINT account_roles_ck CHECK ((kind = 'staff') = (cardinality(roles) > 0))
);
CREATE INDEX account_cpf_ix ON account (cpf) WHERE cpf IS NOT NULL;
"""


async def forwards() -> MigrationManager:
    """Create the table."""
    return sql_migration("accounts", ID, DESCRIPTION, SQL)
