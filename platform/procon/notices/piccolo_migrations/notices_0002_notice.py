from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from procon.tenancy.ddl import sql_migration

ID = "2026-11-25T14:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Notices as records, bounces, attachments"

# `letter_id` is no foreign key: letters are made after notices, and may be printed again.
SQL = """
ALTER TABLE message ADD COLUMN token text NOT NULL DEFAULT '';
ALTER TABLE message ADD COLUMN bounced_at timestamptz;
ALTER TABLE message ADD COLUMN bounce_reason text NOT NULL DEFAULT '';
CREATE UNIQUE INDEX message_token_once ON message (token) WHERE token <> '';

CREATE TABLE message_file (
    id uuid NOT NULL,
    message_id uuid NOT NULL,
    name text NOT NULL,
    media_type text NOT NULL,
    content bytea NOT NULL,
    CONSTRAINT message_file_pk PRIMARY KEY (id),
    CONSTRAINT message_file_message_fk FOREIGN KEY (message_id) REFERENCES message (id)
);
CREATE INDEX message_file_of_message ON message_file (message_id);

CREATE TABLE notice (
    id uuid NOT NULL,
    effect_key text NOT NULL,
    case_id uuid NOT NULL,
    source text NOT NULL,
    side text NOT NULL,
    act text NOT NULL,
    formal boolean NOT NULL,
    recipient_name text NOT NULL,
    channel text NOT NULL,
    address text NOT NULL,
    subject text NOT NULL,
    summary text NOT NULL,
    content_sha256 text NOT NULL,
    status text NOT NULL,
    made_at timestamptz NOT NULL,
    tacit_due_at timestamptz,
    sent_at timestamptz,
    delivered_at timestamptz,
    bounced_at timestamptz,
    opened_at timestamptz,
    tacit_at timestamptz,
    effective_at timestamptz,
    escalated_from uuid,
    message_id uuid,
    letter_id uuid,
    tracking text NOT NULL,
    detail text NOT NULL,
    CONSTRAINT notice_pk PRIMARY KEY (id),
    CONSTRAINT notice_effect_once UNIQUE (effect_key),
    CONSTRAINT notice_case_fk FOREIGN KEY (case_id) REFERENCES case_file (id),
    CONSTRAINT notice_message_fk FOREIGN KEY (message_id) REFERENCES message (id),
    CONSTRAINT notice_escalated_fk FOREIGN KEY (escalated_from) REFERENCES notice (id),
    CONSTRAINT notice_side CHECK (side IN ('consumer', 'supplier')),
    CONSTRAINT notice_channel CHECK (
        channel IN ('portal', 'email', 'ar', 'personal', 'edital', 'spontaneous')),
    CONSTRAINT notice_status CHECK (status IN ('made', 'sent', 'available', 'bounced', 'read',
        'presumed', 'to_send', 'printed', 'posted', 'delivered', 'published', 'unneeded',
        'wrong_party')),
    CONSTRAINT notice_hash CHECK (length(content_sha256) = 64)
);
CREATE INDEX notice_of_case ON notice (case_id, source);
CREATE INDEX notice_of_message ON notice (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX notice_unread ON notice (tacit_due_at)
    WHERE effective_at IS NULL AND tacit_due_at IS NOT NULL;
CREATE INDEX notice_known ON notice (made_at) WHERE formal AND effective_at IS NOT NULL;
CREATE INDEX notice_open_work ON notice (status, made_at)
    WHERE status IN ('bounced', 'to_send', 'printed', 'posted');

CREATE TABLE notice_event (
    id uuid NOT NULL,
    notice_id uuid NOT NULL,
    kind text NOT NULL,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    detail text NOT NULL,
    CONSTRAINT notice_event_pk PRIMARY KEY (id),
    CONSTRAINT notice_event_notice_fk FOREIGN KEY (notice_id) REFERENCES notice (id)
);
CREATE INDEX notice_event_of_notice ON notice_event (notice_id);

CREATE TABLE mail_choice (
    address text NOT NULL,
    only_formal boolean NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT mail_choice_pk PRIMARY KEY (address)
);
"""


async def forwards() -> MigrationManager:
    return sql_migration("notices", ID, DESCRIPTION, SQL)
