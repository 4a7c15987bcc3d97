"""Rules as the city's own data, the outage log, and half-days in the calendar."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from procon.tenancy.ddl import sql_migration

ID = "2026-11-25T14:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "deadline_rule, outage; holiday: half-days"

SQL = """
CREATE TABLE deadline_rule (
    id uuid CONSTRAINT deadline_rule_pk PRIMARY KEY,
    key text NOT NULL,
    version int NOT NULL,
    amount int NOT NULL,
    unit text NOT NULL,
    start text NOT NULL,
    suspended_by_recess boolean NOT NULL,
    legal_basis text NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    changed_at timestamptz NOT NULL,
    changed_by uuid,
    author text NOT NULL,
    CONSTRAINT deadline_rule_version_once UNIQUE (key, version),
    CONSTRAINT deadline_rule_version_ck CHECK (version > 0),
    CONSTRAINT deadline_rule_amount_ck CHECK (amount > 0),
    CONSTRAINT deadline_rule_unit_ck CHECK (unit IN ('corridos', 'uteis', 'minutos')),
    CONSTRAINT deadline_rule_start_ck CHECK (start IN ('next_working_day', 'next_day')),
    CONSTRAINT deadline_rule_basis_ck CHECK (length(legal_basis) BETWEEN 1 AND 300),
    CONSTRAINT deadline_rule_validity_ck CHECK (valid_to >= valid_from)
);
CREATE TABLE outage (
    id uuid CONSTRAINT outage_pk PRIMARY KEY,
    from_at timestamptz NOT NULL,
    to_at timestamptz NOT NULL,
    note text NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by uuid,
    CONSTRAINT outage_once UNIQUE (from_at, to_at),
    CONSTRAINT outage_span_ck CHECK (to_at > from_at),
    CONSTRAINT outage_note_ck CHECK (length(note) <= 300)
);
CREATE INDEX outage_to_at_ix ON outage (to_at);
ALTER TABLE holiday DROP CONSTRAINT holiday_kind_ck;
ALTER TABLE holiday ADD CONSTRAINT holiday_kind_ck CHECK (kind IN (
    'feriado', 'facultativo', 'recesso', 'meio_expediente', 'indisponibilidade', 'dia_util'));
"""


async def forwards() -> MigrationManager:
    """Create the tables."""
    return sql_migration("deadlines", ID, DESCRIPTION, SQL)
