from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from procon.tenancy.ddl import sql_migration

ID = "2026-11-25T13:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Files"

SQL = """
CREATE TABLE evidence_file (
    id uuid NOT NULL,
    owner_kind text NOT NULL,
    owner_id uuid NOT NULL,
    case_id uuid,
    attached_to uuid,
    object_key text NOT NULL,
    upload_id text NOT NULL DEFAULT '',
    name text NOT NULL,
    declared_size bigint NOT NULL,
    size bigint,
    sha256 text NOT NULL DEFAULT '',
    media_type text NOT NULL DEFAULT '',
    state text NOT NULL,
    reason text NOT NULL DEFAULT '',
    parts text NOT NULL DEFAULT '{}',
    thumbnail_key text,
    copy_key text,
    uploaded_by text NOT NULL,
    created_at timestamptz NOT NULL,
    finished_at timestamptz,
    attached_at timestamptz,
    CONSTRAINT evidence_file_pk PRIMARY KEY (id),
    CONSTRAINT evidence_file_key_once UNIQUE (object_key),
    CONSTRAINT evidence_file_case_fk FOREIGN KEY (case_id) REFERENCES case_file (id),
    CONSTRAINT evidence_file_owner_known CHECK (owner_kind IN ('draft', 'case', 'answer')),
    CONSTRAINT evidence_file_state_known
        CHECK (state IN ('sending', 'checking', 'kept', 'refused')),
    CONSTRAINT evidence_file_kept_is_hashed
        CHECK (state <> 'kept' OR (length(sha256) = 64 AND size IS NOT NULL)),
    CONSTRAINT evidence_file_attached_to_case
        CHECK (attached_at IS NULL OR (case_id IS NOT NULL AND attached_to IS NOT NULL))
);
CREATE INDEX evidence_file_owner ON evidence_file (owner_kind, owner_id);
CREATE INDEX evidence_file_case ON evidence_file (case_id, created_at);
CREATE INDEX evidence_file_hash ON evidence_file (sha256) WHERE state = 'kept';
CREATE INDEX evidence_file_unattached ON evidence_file (created_at) WHERE attached_at IS NULL;
"""


async def forwards() -> MigrationManager:
    return sql_migration("evidence", ID, DESCRIPTION, SQL)
