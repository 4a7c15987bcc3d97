from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from procon.sdk import sql_migration

ID = "2026-11-25T16:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Newsletter"

SQL = """
CREATE TABLE newsletter_subscriber (
    id uuid NOT NULL,
    email text NOT NULL,
    domain text NOT NULL,
    state text NOT NULL,
    token text NOT NULL,
    sealing_key bytea NOT NULL,
    asked_topics text[] NOT NULL,
    confirm_token text NOT NULL,
    confirm_until timestamptz,
    created_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    left_at timestamptz,
    CONSTRAINT newsletter_subscriber_pk PRIMARY KEY (id),
    CONSTRAINT newsletter_subscriber_email UNIQUE (email),
    CONSTRAINT newsletter_subscriber_token UNIQUE (token),
    CONSTRAINT newsletter_subscriber_state
        CHECK (state IN ('asked', 'active', 'left', 'returned'))
);
CREATE UNIQUE INDEX newsletter_subscriber_confirm ON newsletter_subscriber (confirm_token)
    WHERE confirm_token <> '';
CREATE TABLE newsletter_topic (
    subscriber_id uuid NOT NULL,
    topic text NOT NULL,
    CONSTRAINT newsletter_topic_pk PRIMARY KEY (subscriber_id, topic),
    CONSTRAINT newsletter_topic_subscriber FOREIGN KEY (subscriber_id)
        REFERENCES newsletter_subscriber (id) ON DELETE CASCADE
);
CREATE TABLE newsletter_consent (
    id uuid NOT NULL,
    subscriber_id uuid NOT NULL,
    act text NOT NULL,
    topics text[] NOT NULL,
    words text NOT NULL,
    sealed bytea NOT NULL,
    issue_id uuid,
    happened_at timestamptz NOT NULL,
    CONSTRAINT newsletter_consent_pk PRIMARY KEY (id),
    CONSTRAINT newsletter_consent_act
        CHECK (act IN ('asked', 'confirmed', 'imported', 'chosen', 'left', 'erased'))
);
CREATE INDEX newsletter_consent_of ON newsletter_consent (subscriber_id);
CREATE INDEX newsletter_consent_issue ON newsletter_consent (issue_id)
    WHERE issue_id IS NOT NULL;
CREATE TABLE newsletter_issue (
    id uuid NOT NULL,
    number int NOT NULL,
    key text NOT NULL,
    title text NOT NULL,
    body text NOT NULL,
    topics text[] NOT NULL,
    state text NOT NULL,
    author text NOT NULL,
    created_at timestamptz NOT NULL,
    send_at timestamptz,
    started_at timestamptz,
    sent_at timestamptz,
    CONSTRAINT newsletter_issue_pk PRIMARY KEY (id),
    CONSTRAINT newsletter_issue_number UNIQUE (number),
    CONSTRAINT newsletter_issue_key UNIQUE (key),
    CONSTRAINT newsletter_issue_state
        CHECK (state IN ('draft', 'scheduled', 'sending', 'sent', 'cancelled'))
);
CREATE TABLE newsletter_delivery (
    id uuid NOT NULL,
    issue_id uuid NOT NULL,
    subscriber_id uuid,
    domain text NOT NULL,
    token text NOT NULL,
    state text NOT NULL,
    attempts int NOT NULL,
    available_at timestamptz NOT NULL,
    lease uuid,
    leased_until timestamptz,
    begun_at timestamptz,
    sent_at timestamptz,
    CONSTRAINT newsletter_delivery_pk PRIMARY KEY (id),
    CONSTRAINT newsletter_delivery_once UNIQUE (issue_id, subscriber_id),
    CONSTRAINT newsletter_delivery_token UNIQUE (token),
    CONSTRAINT newsletter_delivery_issue FOREIGN KEY (issue_id) REFERENCES newsletter_issue (id),
    CONSTRAINT newsletter_delivery_state CHECK (state IN
        ('waiting', 'leased', 'begun', 'sent', 'returned', 'failed', 'dropped', 'unsure'))
);
CREATE INDEX newsletter_delivery_waiting ON newsletter_delivery (domain, id)
    WHERE state = 'waiting';
CREATE INDEX newsletter_delivery_held ON newsletter_delivery (domain)
    WHERE state IN ('leased', 'begun');
CREATE INDEX newsletter_delivery_begun ON newsletter_delivery (domain, begun_at)
    WHERE begun_at IS NOT NULL;
CREATE INDEX newsletter_delivery_subscriber ON newsletter_delivery (subscriber_id);
CREATE TABLE newsletter_bounce (
    id uuid NOT NULL,
    delivery_id uuid NOT NULL,
    final text NOT NULL,
    reason text NOT NULL,
    happened_at timestamptz NOT NULL,
    CONSTRAINT newsletter_bounce_pk PRIMARY KEY (id),
    CONSTRAINT newsletter_bounce_final CHECK (final IN ('yes', 'no'))
);
CREATE INDEX newsletter_bounce_of ON newsletter_bounce (delivery_id);
CREATE TABLE newsletter_suppression (
    digest bytea NOT NULL,
    reason text NOT NULL,
    happened_at timestamptz NOT NULL,
    CONSTRAINT newsletter_suppression_pk PRIMARY KEY (digest),
    CONSTRAINT newsletter_suppression_reason CHECK (reason IN ('returned', 'erased'))
);
CREATE TABLE newsletter_act (
    id uuid NOT NULL,
    author text NOT NULL,
    act text NOT NULL,
    detail text NOT NULL,
    happened_at timestamptz NOT NULL,
    CONSTRAINT newsletter_act_pk PRIMARY KEY (id)
);
"""


async def forwards() -> MigrationManager:
    return sql_migration("newsletter", ID, DESCRIPTION, SQL)
