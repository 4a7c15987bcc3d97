"""The city's own calendar."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from procon.tenancy.ddl import sql_migration

ID = "2026-11-25T12:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "holiday: municipal holidays, optional days, recesses, outages"

SQL = """
CREATE TABLE holiday (
    id uuid CONSTRAINT holiday_pk PRIMARY KEY,
    day date NOT NULL,
    last_day date NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    suspends boolean NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by uuid,
    CONSTRAINT holiday_day_kind_uq UNIQUE (day, kind),
    CONSTRAINT holiday_kind_ck CHECK
        (kind IN ('feriado', 'facultativo', 'recesso', 'indisponibilidade', 'dia_util')),
    CONSTRAINT holiday_last_day_ck CHECK
        (last_day >= day AND (kind = 'recesso' OR last_day = day)),
    CONSTRAINT holiday_name_ck CHECK (length(name) BETWEEN 1 AND 120)
);
CREATE INDEX holiday_last_day_ix ON holiday (last_day);
"""


async def forwards() -> MigrationManager:
    """Create the table."""
    return sql_migration("deadlines", ID, DESCRIPTION, SQL)
