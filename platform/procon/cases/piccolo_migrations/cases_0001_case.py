from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from procon.tenancy.ddl import sql_migration

ID = "2026-11-25T11:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Case and its hash-chained log"

SQL = """
CREATE TABLE case_counter (
    year int NOT NULL,
    last int NOT NULL,
    CONSTRAINT case_counter_pk PRIMARY KEY (year)
);
CREATE TABLE case_file (
    id uuid NOT NULL,
    number text NOT NULL,
    idempotency_key text NOT NULL,
    person_id uuid NOT NULL,
    supplier_id uuid NOT NULL,
    subject text NOT NULL,
    problem text NOT NULL DEFAULT '',
    status text NOT NULL,
    outcome text NOT NULL DEFAULT '',
    channel text NOT NULL,
    service_point text NOT NULL DEFAULT '',
    narrative text NOT NULL,
    happened_on date,
    amount numeric(14, 2),
    tried text NOT NULL DEFAULT '',
    sac_protocol text NOT NULL DEFAULT '',
    wish text NOT NULL,
    assigned_to uuid,
    assigned_name text NOT NULL DEFAULT '',
    deadline text NOT NULL DEFAULT '',
    due_at timestamptz,
    cip_round int NOT NULL DEFAULT 0,
    log_head bytea,
    version int NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT case_file_pk PRIMARY KEY (id),
    CONSTRAINT case_file_number_once UNIQUE (number),
    CONSTRAINT case_file_idempotent UNIQUE (idempotency_key),
    CONSTRAINT case_file_person_fk FOREIGN KEY (person_id) REFERENCES person (id),
    CONSTRAINT case_file_supplier_fk FOREIGN KEY (supplier_id) REFERENCES supplier (id),
    CONSTRAINT case_file_status_known CHECK (status IN (
        'triage', 'returned', 'cip_issued', 'answered', 'unanswered', 'closed', 'redirected'))
);
CREATE INDEX case_file_queue ON case_file (status, due_at);
CREATE INDEX case_file_person ON case_file (person_id, created_at);
CREATE INDEX case_file_supplier ON case_file (supplier_id, created_at);
CREATE TABLE case_log (
    id uuid NOT NULL,
    case_id uuid NOT NULL,
    seq bigint NOT NULL,
    payload text NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT case_log_pk PRIMARY KEY (id),
    CONSTRAINT case_log_order UNIQUE (case_id, seq),
    CONSTRAINT case_log_case_fk FOREIGN KEY (case_id) REFERENCES case_file (id)
);
"""


async def forwards() -> MigrationManager:
    return sql_migration("cases", ID, DESCRIPTION, SQL)
