from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from procon.tenancy.ddl import sql_migration

ID = "2026-11-25T11:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Access codes, answers and ratings"

SQL = """
CREATE TABLE access_code (
    case_id uuid NOT NULL,
    code_hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    first_used_at timestamptz,
    CONSTRAINT access_code_pk PRIMARY KEY (case_id),
    CONSTRAINT access_code_once UNIQUE (code_hash),
    CONSTRAINT access_code_case_fk FOREIGN KEY (case_id) REFERENCES case_file (id)
);
CREATE TABLE answer (
    id uuid NOT NULL,
    case_id uuid NOT NULL,
    idempotency_key text NOT NULL,
    text text NOT NULL,
    author text NOT NULL,
    sha256 text NOT NULL,
    late boolean NOT NULL,
    submitted_at timestamptz NOT NULL,
    CONSTRAINT answer_pk PRIMARY KEY (id),
    CONSTRAINT answer_idempotent UNIQUE (idempotency_key),
    CONSTRAINT answer_case_fk FOREIGN KEY (case_id) REFERENCES case_file (id)
);
CREATE INDEX answer_of_case ON answer (case_id);
CREATE TABLE rating (
    case_id uuid NOT NULL,
    solved boolean NOT NULL,
    stars int NOT NULL,
    why text NOT NULL,
    rated_at timestamptz NOT NULL,
    CONSTRAINT rating_pk PRIMARY KEY (case_id),
    CONSTRAINT rating_stars CHECK (stars BETWEEN 1 AND 5),
    CONSTRAINT rating_case_fk FOREIGN KEY (case_id) REFERENCES case_file (id)
);
"""


async def forwards() -> MigrationManager:
    return sql_migration("answers", ID, DESCRIPTION, SQL)
