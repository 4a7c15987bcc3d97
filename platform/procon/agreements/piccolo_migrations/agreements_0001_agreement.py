from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from procon.tenancy.ddl import sql_migration

ID = "2026-11-25T14:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Proposals, agreements, instalments and what was said about them"

SQL = """
CREATE TABLE proposal (
    id uuid NOT NULL,
    case_id uuid NOT NULL,
    idempotency_key text NOT NULL,
    made_by text NOT NULL,
    author text NOT NULL,
    kind text NOT NULL,
    text text NOT NULL,
    total numeric(13, 2),
    valid_until timestamptz NOT NULL,
    answers uuid,
    sha256 text NOT NULL,
    made_at timestamptz NOT NULL,
    status text NOT NULL,
    answered_by text NOT NULL DEFAULT '',
    answered_at timestamptz,
    answer_text text NOT NULL DEFAULT '',
    CONSTRAINT proposal_pk PRIMARY KEY (id),
    CONSTRAINT proposal_idempotent UNIQUE (idempotency_key),
    CONSTRAINT proposal_case_fk FOREIGN KEY (case_id) REFERENCES case_file (id),
    CONSTRAINT proposal_answers_fk FOREIGN KEY (answers) REFERENCES proposal (id),
    CONSTRAINT proposal_made_by_known CHECK (made_by IN ('consumer', 'supplier')),
    CONSTRAINT proposal_kind_known
        CHECK (kind IN ('pagamento', 'troca', 'reparo', 'cancelamento', 'outro')),
    CONSTRAINT proposal_total_positive CHECK (total > 0),
    CONSTRAINT proposal_status_known CHECK (
        status IN ('open', 'accepted', 'refused', 'countered', 'expired', 'withdrawn')),
    CONSTRAINT proposal_open_is_unanswered
        CHECK ((status = 'open') = (answered_at IS NULL))
);
CREATE INDEX proposal_of_case ON proposal (case_id, made_at);
CREATE UNIQUE INDEX proposal_one_open ON proposal (case_id) WHERE status = 'open';
CREATE INDEX proposal_runs_out ON proposal (valid_until) WHERE status = 'open';
CREATE TABLE proposal_instalment (
    id uuid NOT NULL,
    proposal_id uuid NOT NULL,
    n int NOT NULL,
    due_on date NOT NULL,
    amount numeric(13, 2) NOT NULL,
    what text NOT NULL,
    CONSTRAINT proposal_instalment_pk PRIMARY KEY (id),
    CONSTRAINT proposal_instalment_once UNIQUE (proposal_id, n),
    CONSTRAINT proposal_instalment_proposal_fk
        FOREIGN KEY (proposal_id) REFERENCES proposal (id),
    CONSTRAINT proposal_instalment_not_negative CHECK (amount >= 0)
);
CREATE TABLE agreement (
    id uuid NOT NULL,
    case_id uuid NOT NULL,
    source text NOT NULL,
    proposal_id uuid,
    text text NOT NULL,
    total numeric(13, 2),
    agreed_at timestamptz NOT NULL,
    status text NOT NULL,
    ended_at timestamptz,
    ended_text text NOT NULL DEFAULT '',
    CONSTRAINT agreement_pk PRIMARY KEY (id),
    CONSTRAINT agreement_case_fk FOREIGN KEY (case_id) REFERENCES case_file (id),
    CONSTRAINT agreement_proposal_fk FOREIGN KEY (proposal_id) REFERENCES proposal (id),
    CONSTRAINT agreement_source_known CHECK (source IN ('proposal', 'hearing')),
    CONSTRAINT agreement_status_known CHECK (status IN ('running', 'fulfilled', 'broken')),
    CONSTRAINT agreement_running_has_no_end CHECK ((status = 'running') = (ended_at IS NULL))
);
CREATE INDEX agreement_of_case ON agreement (case_id, agreed_at);
CREATE INDEX agreement_running ON agreement (id) WHERE status = 'running';
CREATE UNIQUE INDEX agreement_of_proposal ON agreement (proposal_id);
CREATE TABLE agreement_instalment (
    id uuid NOT NULL,
    agreement_id uuid NOT NULL,
    n int NOT NULL,
    due_on date NOT NULL,
    amount numeric(13, 2) NOT NULL,
    what text NOT NULL,
    status text NOT NULL,
    asked_at timestamptz,
    check_due_at timestamptz,
    CONSTRAINT agreement_instalment_pk PRIMARY KEY (id),
    CONSTRAINT agreement_instalment_once UNIQUE (agreement_id, n),
    CONSTRAINT agreement_instalment_agreement_fk
        FOREIGN KEY (agreement_id) REFERENCES agreement (id),
    CONSTRAINT agreement_instalment_not_negative CHECK (amount >= 0),
    CONSTRAINT agreement_instalment_status_known
        CHECK (status IN ('open', 'late', 'paid', 'broken'))
);
CREATE INDEX agreement_instalment_to_ask ON agreement_instalment (due_on)
    WHERE status = 'open' AND asked_at IS NULL;
CREATE INDEX agreement_instalment_to_break ON agreement_instalment (check_due_at)
    WHERE status = 'late';
CREATE TABLE instalment_report (
    id uuid NOT NULL,
    instalment_id uuid NOT NULL,
    idempotency_key text NOT NULL,
    side text NOT NULL,
    kept boolean NOT NULL,
    text text NOT NULL,
    author text NOT NULL,
    sha256 text NOT NULL,
    reported_at timestamptz NOT NULL,
    CONSTRAINT instalment_report_pk PRIMARY KEY (id),
    CONSTRAINT instalment_report_idempotent UNIQUE (idempotency_key),
    CONSTRAINT instalment_report_instalment_fk
        FOREIGN KEY (instalment_id) REFERENCES agreement_instalment (id),
    CONSTRAINT instalment_report_side_known
        CHECK (side IN ('consumer', 'supplier', 'staff', 'system'))
);
CREATE INDEX instalment_report_of ON instalment_report (instalment_id, reported_at);
"""


async def forwards() -> MigrationManager:
    return sql_migration("agreements", ID, DESCRIPTION, SQL)
