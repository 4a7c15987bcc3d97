from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from procon.tenancy.ddl import sql_migration

ID = "2026-11-25T15:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Cases handed over to a court"

SQL = """
CREATE TABLE court_handover (
    id uuid NOT NULL,
    case_id uuid NOT NULL,
    kind text NOT NULL,
    status text NOT NULL,
    text text NOT NULL,
    value numeric(13, 2),
    facts text NOT NULL,
    sha256 text NOT NULL,
    prepared_by text NOT NULL,
    prepared_at timestamptz NOT NULL,
    approved_by text NOT NULL DEFAULT '',
    approved_at timestamptz,
    wish text NOT NULL DEFAULT '',
    round int NOT NULL DEFAULT 0,
    attempts int NOT NULL DEFAULT 0,
    in_doubt boolean NOT NULL DEFAULT false,
    first_sent_at timestamptz,
    via text NOT NULL DEFAULT '',
    court_number text NOT NULL DEFAULT '',
    protocol text NOT NULL DEFAULT '',
    message text NOT NULL DEFAULT '',
    package_key text NOT NULL DEFAULT '',
    package_sha256 text NOT NULL DEFAULT '',
    package_signed boolean NOT NULL DEFAULT false,
    receipt_letter uuid,
    delivered_at timestamptz,
    ended_at timestamptz,
    ask_at timestamptz,
    CONSTRAINT court_handover_pk PRIMARY KEY (id),
    CONSTRAINT court_handover_case_fk FOREIGN KEY (case_id) REFERENCES case_file (id),
    CONSTRAINT court_handover_kind_known CHECK (kind IN ('petition', 'agreement')),
    CONSTRAINT court_handover_value_positive CHECK (value > 0),
    CONSTRAINT court_handover_status_known CHECK (status IN (
        'draft', 'reviewed', 'sent', 'delivered', 'refused', 'homologated', 'error')),
    CONSTRAINT court_handover_delivered_says_where
        CHECK (status NOT IN ('delivered', 'homologated') OR delivered_at IS NOT NULL)
);
CREATE UNIQUE INDEX court_handover_one ON court_handover (case_id, kind) WHERE status <> 'refused';
CREATE INDEX court_handover_of_case ON court_handover (case_id, prepared_at);
CREATE INDEX court_handover_number
    ON court_handover (court_number) WHERE court_number <> '';
CREATE INDEX court_handover_ask ON court_handover (ask_at) WHERE ask_at IS NOT NULL;
"""


async def forwards() -> MigrationManager:
    return sql_migration("courts", ID, DESCRIPTION, SQL)
