"""The public register of well-founded complaints: publications, entries, requests."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from procon.tenancy.ddl import sql_migration

ID = "2026-11-25T16:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "register_publication, register_entry, register_request"

SQL = """
CREATE TABLE register_publication (
    id uuid NOT NULL,
    year int NOT NULL,
    frozen_at timestamptz NOT NULL,
    frozen_by text NOT NULL,
    requests_until timestamptz NOT NULL,
    published_at timestamptz,
    published_by text NOT NULL DEFAULT '',
    sha256 bytea,
    CONSTRAINT register_publication_pk PRIMARY KEY (id),
    CONSTRAINT register_publication_year_once UNIQUE (year),
    CONSTRAINT register_publication_whole CHECK ((published_at IS NULL) = (sha256 IS NULL))
);
CREATE TABLE register_entry (
    publication_id uuid NOT NULL,
    case_id uuid NOT NULL,
    root text NOT NULL,
    cnpj text NOT NULL,
    name text NOT NULL,
    subject text NOT NULL,
    problem text NOT NULL,
    outcome text NOT NULL,
    decided_at timestamptz NOT NULL,
    registered_at timestamptz NOT NULL,
    CONSTRAINT register_entry_pk PRIMARY KEY (publication_id, case_id),
    CONSTRAINT register_entry_publication_fk FOREIGN KEY (publication_id)
        REFERENCES register_publication (id),
    CONSTRAINT register_entry_case_fk FOREIGN KEY (case_id) REFERENCES case_file (id),
    CONSTRAINT register_entry_outcome_known
        CHECK (outcome IN ('FUND_ATENDIDA', 'FUND_NAO_ATENDIDA'))
);
CREATE INDEX register_entry_case_ix ON register_entry (case_id);
CREATE TABLE register_request (
    id uuid NOT NULL,
    case_id uuid NOT NULL,
    wish text NOT NULL,
    text text NOT NULL,
    asked_by text NOT NULL,
    asked_at timestamptz NOT NULL,
    decide_until timestamptz NOT NULL,
    state text NOT NULL,
    answer text NOT NULL DEFAULT '',
    decided_by text NOT NULL DEFAULT '',
    decided_at timestamptz,
    CONSTRAINT register_request_pk PRIMARY KEY (id),
    CONSTRAINT register_request_case_fk FOREIGN KEY (case_id) REFERENCES case_file (id),
    CONSTRAINT register_request_wish_known CHECK (wish IN ('attended', 'remove')),
    CONSTRAINT register_request_state_known CHECK (state IN ('open', 'granted', 'denied')),
    CONSTRAINT register_request_decided CHECK ((decided_at IS NULL) = (state = 'open'))
);
CREATE INDEX register_request_case_ix ON register_request (case_id);
CREATE UNIQUE INDEX register_request_one_open ON register_request (case_id) WHERE state = 'open';
"""


async def forwards() -> MigrationManager:
    """Create the tables."""
    return sql_migration("statistics", ID, DESCRIPTION, SQL)
