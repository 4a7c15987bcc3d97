"""Documents in the city's own words, batches of letters, and the autos."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from procon.tenancy.ddl import sql_migration

ID = "2026-11-25T14:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "letter: any document type, wording; letter_wording; letter_batch; autos"

SQL = """
ALTER TABLE letter DROP CONSTRAINT letter_kind_ck;
ALTER TABLE letter ADD CONSTRAINT letter_kind_ck CHECK (kind ~ '^[A-Za-z0-9_]{2,20}$');
ALTER TABLE letter ADD COLUMN title text NOT NULL DEFAULT '';
ALTER TABLE letter ADD COLUMN wording_version integer;
ALTER TABLE letter ADD COLUMN only_for text NOT NULL DEFAULT '';
ALTER TABLE letter ADD CONSTRAINT letter_only_for_ck CHECK
    (only_for IN ('', 'consumer', 'supplier'));
CREATE TABLE letter_wording (
    code text NOT NULL,
    version integer NOT NULL,
    title text NOT NULL,
    body text NOT NULL,
    changed_by text NOT NULL,
    changed_name text NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT letter_wording_pk PRIMARY KEY (code, version),
    CONSTRAINT letter_wording_version_ck CHECK (version > 0),
    CONSTRAINT letter_wording_text_ck CHECK (title <> '' AND body <> '')
);
CREATE TABLE letter_batch (
    id uuid CONSTRAINT letter_batch_pk PRIMARY KEY,
    idempotency_key text NOT NULL,
    code text NOT NULL,
    title text NOT NULL,
    wording_version integer NOT NULL,
    body text NOT NULL,
    words text NOT NULL,
    total integer NOT NULL,
    state text NOT NULL DEFAULT 'working',
    size integer,
    created_by text NOT NULL,
    created_name text NOT NULL,
    created_at timestamptz NOT NULL,
    finished_at timestamptz,
    CONSTRAINT letter_batch_key_uq UNIQUE (idempotency_key),
    CONSTRAINT letter_batch_state_ck CHECK (state IN ('working', 'ready')),
    CONSTRAINT letter_batch_total_ck CHECK (total > 0)
);
CREATE TABLE letter_batch_item (
    batch_id uuid NOT NULL CONSTRAINT letter_batch_item_batch_fk REFERENCES letter_batch (id),
    place integer NOT NULL,
    case_id uuid NOT NULL,
    letter_id uuid NOT NULL,
    code text NOT NULL,
    year integer,
    number integer,
    state text NOT NULL DEFAULT 'waiting',
    reason text NOT NULL DEFAULT '',
    CONSTRAINT letter_batch_item_pk PRIMARY KEY (batch_id, place),
    CONSTRAINT letter_batch_item_state_ck CHECK (state IN ('waiting', 'done', 'failed'))
);
CREATE TABLE autos (
    id uuid CONSTRAINT autos_pk PRIMARY KEY,
    case_id uuid NOT NULL,
    fingerprint bytea NOT NULL,
    state text NOT NULL DEFAULT 'waiting',
    step text NOT NULL DEFAULT '',
    done integer NOT NULL DEFAULT 0,
    total integer NOT NULL DEFAULT 0,
    pages integer NOT NULL DEFAULT 0,
    size integer NOT NULL DEFAULT 0,
    letter_id uuid,
    asked_at timestamptz NOT NULL,
    ready_at timestamptz,
    CONSTRAINT autos_state_ck CHECK (state IN ('waiting', 'building', 'ready', 'failed')),
    CONSTRAINT autos_fingerprint_ck CHECK (length(fingerprint) = 32)
);
CREATE INDEX autos_case_ix ON autos (case_id, asked_at DESC);
CREATE UNIQUE INDEX autos_case_fingerprint_uq ON autos (case_id, fingerprint)
    WHERE state <> 'failed';
"""


async def forwards() -> MigrationManager:
    """Create the tables."""
    return sql_migration("letters", ID, DESCRIPTION, SQL)
