"""The register of issued letters and its counters."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from procon.tenancy.ddl import sql_migration

ID = "2026-11-25T12:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "letter: issued letters; letter_counter: numbers without gaps"

SQL = """
CREATE TABLE letter (
    id uuid CONSTRAINT letter_pk PRIMARY KEY,
    case_id uuid NOT NULL,
    kind text NOT NULL,
    year integer,
    number integer,
    code text NOT NULL,
    case_number text NOT NULL,
    sha256 bytea NOT NULL,
    content_sha256 bytea NOT NULL,
    size integer NOT NULL,
    data text NOT NULL,
    template_version text NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    CONSTRAINT letter_code_uq UNIQUE (code),
    CONSTRAINT letter_number_uq UNIQUE (kind, year, number),
    CONSTRAINT letter_kind_ck CHECK
        (kind IN ('cip', 'filing_receipt', 'counter_receipt', 'answer_receipt')),
    CONSTRAINT letter_number_ck CHECK
        ((number IS NULL) = (year IS NULL) AND (number IS NULL OR number > 0)),
    CONSTRAINT letter_code_ck CHECK (code ~ '^[0-9A-Z]{12}$'),
    CONSTRAINT letter_sha256_ck CHECK
        (length(sha256) = 32 AND length(content_sha256) = 32),
    CONSTRAINT letter_size_ck CHECK (size > 0)
);
CREATE INDEX letter_case_ix ON letter (case_id, created_at);
CREATE INDEX letter_sha256_ix ON letter (sha256);
CREATE INDEX letter_content_sha256_ix ON letter (content_sha256);
CREATE TABLE letter_counter (
    kind text NOT NULL,
    year integer NOT NULL,
    last integer NOT NULL,
    CONSTRAINT letter_counter_pk PRIMARY KEY (kind, year)
);
"""


async def forwards() -> MigrationManager:
    """Create the tables."""
    return sql_migration("letters", ID, DESCRIPTION, SQL)
