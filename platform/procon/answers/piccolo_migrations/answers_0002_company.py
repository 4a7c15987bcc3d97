from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from procon.tenancy.ddl import sql_migration

ID = "2026-11-25T14:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "More time, and what a company's people keep: notes, tasks, models, sheets"

SQL = """
CREATE TABLE more_time (
    id uuid NOT NULL,
    case_id uuid NOT NULL,
    rule_key text NOT NULL,
    start_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    reason text NOT NULL,
    asked_by text NOT NULL,
    asked_at timestamptz NOT NULL,
    state text NOT NULL,
    days int NOT NULL,
    answer text NOT NULL DEFAULT '',
    decided_by text NOT NULL DEFAULT '',
    decided_at timestamptz,
    CONSTRAINT more_time_pk PRIMARY KEY (id),
    CONSTRAINT more_time_case_fk FOREIGN KEY (case_id) REFERENCES case_file (id),
    CONSTRAINT more_time_once UNIQUE (case_id, rule_key, start_at),
    CONSTRAINT more_time_days_ck CHECK (days > 0),
    CONSTRAINT more_time_state_ck CHECK (state IN ('pending', 'granted', 'refused')),
    CONSTRAINT more_time_decided_ck CHECK ((state = 'pending') = (decided_at IS NULL))
);
CREATE INDEX more_time_pending ON more_time (asked_at) WHERE state = 'pending';
CREATE TABLE company_note (
    id uuid NOT NULL,
    case_id uuid NOT NULL,
    root char(8) NOT NULL,
    author_id uuid,
    author text NOT NULL,
    text text NOT NULL,
    written_at timestamptz NOT NULL,
    CONSTRAINT company_note_pk PRIMARY KEY (id),
    CONSTRAINT company_note_case_fk FOREIGN KEY (case_id) REFERENCES case_file (id)
);
CREATE INDEX company_note_of ON company_note (case_id, root);
CREATE TABLE company_task (
    case_id uuid NOT NULL,
    root char(8) NOT NULL,
    member_id uuid,
    member_name text NOT NULL,
    set_by text NOT NULL,
    set_at timestamptz NOT NULL,
    CONSTRAINT company_task_pk PRIMARY KEY (case_id),
    CONSTRAINT company_task_case_fk FOREIGN KEY (case_id) REFERENCES case_file (id),
    CONSTRAINT company_task_member_fk FOREIGN KEY (member_id) REFERENCES company_member (id)
);
CREATE TABLE answer_model (
    id uuid NOT NULL,
    root char(8) NOT NULL,
    title text NOT NULL,
    text text NOT NULL,
    changed_by text NOT NULL,
    changed_at timestamptz NOT NULL,
    removed_at timestamptz,
    CONSTRAINT answer_model_pk PRIMARY KEY (id)
);
CREATE INDEX answer_model_of ON answer_model (root) WHERE removed_at IS NULL;
CREATE TABLE answer_sheet (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    actor text NOT NULL,
    name text NOT NULL,
    state text NOT NULL,
    total int NOT NULL,
    made_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    done_at timestamptz,
    CONSTRAINT answer_sheet_pk PRIMARY KEY (id),
    CONSTRAINT answer_sheet_state_ck CHECK (state IN ('checked', 'sending', 'done'))
);
CREATE INDEX answer_sheet_of ON answer_sheet (account_id, made_at);
CREATE TABLE answer_sheet_row (
    id uuid NOT NULL,
    sheet_id uuid NOT NULL,
    line int NOT NULL,
    number text NOT NULL,
    case_id uuid,
    text text NOT NULL,
    state text NOT NULL,
    sentence text NOT NULL,
    CONSTRAINT answer_sheet_row_pk PRIMARY KEY (id),
    CONSTRAINT answer_sheet_row_sheet_fk
        FOREIGN KEY (sheet_id) REFERENCES answer_sheet (id) ON DELETE CASCADE,
    CONSTRAINT answer_sheet_row_once UNIQUE (sheet_id, line),
    CONSTRAINT answer_sheet_row_state_ck CHECK (state IN ('ok', 'error', 'sent', 'refused')),
    CONSTRAINT answer_sheet_row_case_ck CHECK (state <> 'ok' OR case_id IS NOT NULL)
);
"""


async def forwards() -> MigrationManager:
    return sql_migration("answers", ID, DESCRIPTION, SQL)
