from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from procon.tenancy.ddl import sql_migration

ID = "2026-11-25T14:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "The staff's search, saved filters, bulk acts, prepared texts, collectives, advice"

SQL = """
CREATE TABLE case_search (
    case_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    body text NOT NULL,
    doc tsvector NOT NULL,
    CONSTRAINT case_search_pk PRIMARY KEY (case_id),
    CONSTRAINT case_search_case_fk FOREIGN KEY (case_id) REFERENCES case_file (id)
);
CREATE INDEX case_search_doc ON case_search USING gin (doc);
CREATE INDEX case_search_newest ON case_search (created_at, case_id);
CREATE TABLE search_word (
    word text NOT NULL,
    CONSTRAINT search_word_pk PRIMARY KEY (word)
);
CREATE INDEX search_word_like ON search_word USING gin (word extensions.gin_trgm_ops);
CREATE TABLE saved_filter (
    id uuid NOT NULL,
    owner uuid NOT NULL,
    owner_name text NOT NULL,
    name text NOT NULL,
    query text NOT NULL,
    shared boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    CONSTRAINT saved_filter_pk PRIMARY KEY (id),
    CONSTRAINT saved_filter_name_once UNIQUE (owner, name)
);
CREATE TABLE case_tag (
    id uuid NOT NULL,
    case_id uuid NOT NULL,
    tag text NOT NULL,
    added_by text NOT NULL,
    added_at timestamptz NOT NULL,
    CONSTRAINT case_tag_pk PRIMARY KEY (id),
    CONSTRAINT case_tag_once UNIQUE (case_id, tag),
    CONSTRAINT case_tag_case_fk FOREIGN KEY (case_id) REFERENCES case_file (id)
);
CREATE INDEX case_tag_tag ON case_tag (tag, case_id);
CREATE TABLE bulk_action (
    id uuid NOT NULL,
    idempotency_key text NOT NULL,
    kind text NOT NULL,
    summary text NOT NULL,
    made_by uuid NOT NULL,
    made_by_name text NOT NULL,
    made_at timestamptz NOT NULL,
    undone_at timestamptz,
    CONSTRAINT bulk_action_pk PRIMARY KEY (id),
    CONSTRAINT bulk_action_idempotent UNIQUE (idempotency_key),
    CONSTRAINT bulk_action_kind_known CHECK
        (kind IN ('assign', 'note', 'tag', 'macro', 'move', 'cip'))
);
CREATE TABLE bulk_item (
    id uuid NOT NULL,
    bulk_id uuid NOT NULL,
    case_id uuid NOT NULL,
    number text NOT NULL,
    done boolean NOT NULL,
    reason text NOT NULL DEFAULT '',
    before text NOT NULL DEFAULT '',
    head bytea,
    undone text NOT NULL DEFAULT '',
    CONSTRAINT bulk_item_pk PRIMARY KEY (id),
    CONSTRAINT bulk_item_once UNIQUE (bulk_id, case_id),
    CONSTRAINT bulk_item_bulk_fk FOREIGN KEY (bulk_id) REFERENCES bulk_action (id),
    CONSTRAINT bulk_item_undone_known CHECK (undone IN ('', 'undone', 'changed'))
);
CREATE TABLE macro (
    id uuid NOT NULL,
    name text NOT NULL,
    note text NOT NULL DEFAULT '',
    assign text NOT NULL DEFAULT '',
    tag text NOT NULL DEFAULT '',
    changed_by text NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT macro_pk PRIMARY KEY (id),
    CONSTRAINT macro_name_once UNIQUE (name)
);
CREATE TABLE text_module (
    id uuid NOT NULL,
    name text NOT NULL,
    body text NOT NULL,
    changed_by text NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT text_module_pk PRIMARY KEY (id),
    CONSTRAINT text_module_name_once UNIQUE (name)
);
CREATE TABLE assignment_rule (
    id uuid NOT NULL,
    place int NOT NULL,
    area text NOT NULL DEFAULT '',
    service_point text NOT NULL DEFAULT '',
    supplier_id uuid,
    persons uuid[] NOT NULL,
    turn int NOT NULL DEFAULT 0,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT assignment_rule_pk PRIMARY KEY (id),
    CONSTRAINT assignment_rule_somebody CHECK (cardinality(persons) > 0),
    CONSTRAINT assignment_rule_supplier_fk FOREIGN KEY (supplier_id) REFERENCES supplier (id)
);
CREATE TABLE collective_case (
    id uuid NOT NULL,
    supplier_id uuid NOT NULL,
    problem text NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT collective_case_pk PRIMARY KEY (id),
    CONSTRAINT collective_case_once UNIQUE (supplier_id, problem),
    CONSTRAINT collective_case_supplier_fk FOREIGN KEY (supplier_id) REFERENCES supplier (id)
);
CREATE TABLE collective_member (
    case_id uuid NOT NULL,
    collective_id uuid NOT NULL,
    added_at timestamptz NOT NULL,
    CONSTRAINT collective_member_pk PRIMARY KEY (case_id),
    CONSTRAINT collective_member_case_fk FOREIGN KEY (case_id) REFERENCES case_file (id),
    CONSTRAINT collective_member_collective_fk FOREIGN KEY (collective_id)
        REFERENCES collective_case (id)
);
CREATE INDEX collective_member_collective ON collective_member (collective_id, case_id);
CREATE TABLE attendance (
    id uuid NOT NULL,
    idempotency_key text NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    person_name text NOT NULL DEFAULT '',
    text text NOT NULL,
    minutes int NOT NULL,
    service_point text NOT NULL DEFAULT '',
    made_by text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT attendance_pk PRIMARY KEY (id),
    CONSTRAINT attendance_idempotent UNIQUE (idempotency_key),
    CONSTRAINT attendance_kind_known CHECK (kind IN ('CONSULTA', 'EXTRA', 'CALCULO', 'PRELIM')),
    CONSTRAINT attendance_minutes_sane CHECK (minutes BETWEEN 1 AND 600)
);
CREATE INDEX attendance_newest ON attendance (created_at, id);
-- Cases from before this migration are put into the search by the worker.
INSERT INTO outbox (id, effect_key, topic, payload, created_at, available_at)
SELECT gen_random_uuid(), 'search/first/' || id, 'search/index', to_json(id::text)::text,
    now(), now()
FROM case_file;
"""


async def forwards() -> MigrationManager:
    return sql_migration("desk", ID, DESCRIPTION, SQL)
