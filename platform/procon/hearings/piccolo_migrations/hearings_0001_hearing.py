from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from procon.tenancy.ddl import sql_migration

ID = "2026-11-25T14:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Rooms, hours, hearings, clauses and acceptances"

SQL = """
CREATE TABLE hearing_room (
    id uuid NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    address text NOT NULL,
    service_point text NOT NULL,
    capacity int NOT NULL,
    active boolean NOT NULL,
    CONSTRAINT hearing_room_pk PRIMARY KEY (id),
    CONSTRAINT hearing_room_once UNIQUE (name),
    CONSTRAINT hearing_room_kind CHECK (kind IN ('presencial', 'video', 'sala_assistida')),
    CONSTRAINT hearing_room_capacity CHECK (capacity BETWEEN 1 AND 50)
);
CREATE TABLE hearing_slot (
    id uuid NOT NULL,
    room_id uuid NOT NULL,
    starts_at timestamptz NOT NULL,
    minutes int NOT NULL,
    tolerance int NOT NULL,
    capacity int NOT NULL,
    conciliator_id uuid,
    conciliator_name text NOT NULL,
    blocked boolean NOT NULL,
    CONSTRAINT hearing_slot_pk PRIMARY KEY (id),
    CONSTRAINT hearing_slot_once UNIQUE (room_id, starts_at),
    CONSTRAINT hearing_slot_minutes CHECK (minutes BETWEEN 10 AND 240),
    CONSTRAINT hearing_slot_tolerance CHECK (tolerance BETWEEN 0 AND 60),
    CONSTRAINT hearing_slot_capacity CHECK (capacity BETWEEN 1 AND 50),
    CONSTRAINT hearing_slot_room_fk FOREIGN KEY (room_id) REFERENCES hearing_room (id)
);
CREATE INDEX hearing_slot_by_time ON hearing_slot (starts_at);
CREATE TABLE hearing_offer (
    case_id uuid NOT NULL,
    offered_by text NOT NULL,
    offered_at timestamptz NOT NULL,
    CONSTRAINT hearing_offer_pk PRIMARY KEY (case_id),
    CONSTRAINT hearing_offer_case_fk FOREIGN KEY (case_id) REFERENCES case_file (id)
);
CREATE TABLE hearing (
    id uuid NOT NULL,
    case_id uuid NOT NULL,
    slot_id uuid NOT NULL,
    status text NOT NULL,
    result text NOT NULL,
    remark text NOT NULL,
    instalments text NOT NULL,
    total numeric(13, 2),
    moves_consumer int NOT NULL,
    moves_supplier int NOT NULL,
    room_token text NOT NULL,
    sequence int NOT NULL,
    revision int NOT NULL,
    reminded int NOT NULL,
    booked_at timestamptz NOT NULL,
    booked_by text NOT NULL,
    closed_at timestamptz,
    closed_by text NOT NULL,
    letter_id uuid,
    CONSTRAINT hearing_pk PRIMARY KEY (id),
    CONSTRAINT hearing_status CHECK (status IN ('set', 'held', 'moved', 'cancelled')),
    CONSTRAINT hearing_result CHECK (result IN ('', 'agreement', 'partial', 'no_agreement',
        'consumer_absent', 'supplier_absent', 'both_absent', 'rescheduled')),
    CONSTRAINT hearing_closed CHECK ((status = 'set') = (closed_at IS NULL)),
    CONSTRAINT hearing_case_fk FOREIGN KEY (case_id) REFERENCES case_file (id),
    CONSTRAINT hearing_slot_fk FOREIGN KEY (slot_id) REFERENCES hearing_slot (id)
);
CREATE UNIQUE INDEX hearing_one_set ON hearing (case_id) WHERE status = 'set';
CREATE INDEX hearing_of_slot ON hearing (slot_id);
CREATE INDEX hearing_of_case ON hearing (case_id);
CREATE TABLE hearing_move (
    id uuid NOT NULL,
    hearing_id uuid NOT NULL,
    side text NOT NULL,
    author text NOT NULL,
    from_at timestamptz NOT NULL,
    to_at timestamptz NOT NULL,
    reason text NOT NULL,
    moved_at timestamptz NOT NULL,
    CONSTRAINT hearing_move_pk PRIMARY KEY (id),
    CONSTRAINT hearing_move_side CHECK (side IN ('staff', 'consumer', 'supplier')),
    CONSTRAINT hearing_move_fk FOREIGN KEY (hearing_id) REFERENCES hearing (id)
);
CREATE INDEX hearing_move_of ON hearing_move (hearing_id);
CREATE TABLE hearing_party (
    id uuid NOT NULL,
    hearing_id uuid NOT NULL,
    side text NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    document text NOT NULL,
    arrived_at timestamptz NOT NULL,
    noted_by text NOT NULL,
    CONSTRAINT hearing_party_pk PRIMARY KEY (id),
    CONSTRAINT hearing_party_once UNIQUE (hearing_id, side, name),
    CONSTRAINT hearing_party_side CHECK (side IN ('consumer', 'supplier')),
    CONSTRAINT hearing_party_fk FOREIGN KEY (hearing_id) REFERENCES hearing (id)
);
CREATE TABLE hearing_clause (
    id uuid NOT NULL,
    hearing_id uuid NOT NULL,
    position int NOT NULL,
    text text NOT NULL,
    author text NOT NULL,
    version int NOT NULL,
    changed_at timestamptz NOT NULL,
    removed_at timestamptz,
    CONSTRAINT hearing_clause_pk PRIMARY KEY (id),
    CONSTRAINT hearing_clause_place UNIQUE (hearing_id, position),
    CONSTRAINT hearing_clause_fk FOREIGN KEY (hearing_id) REFERENCES hearing (id)
);
CREATE TABLE hearing_acceptance (
    id uuid NOT NULL,
    hearing_id uuid NOT NULL,
    clause_id uuid,
    clause_version int NOT NULL,
    digest text NOT NULL,
    side text NOT NULL,
    verdict text NOT NULL,
    remark text NOT NULL,
    method text NOT NULL,
    author text NOT NULL,
    account_id uuid,
    given_at timestamptz NOT NULL,
    CONSTRAINT hearing_acceptance_pk PRIMARY KEY (id),
    CONSTRAINT hearing_acceptance_side CHECK (side IN ('consumer', 'supplier')),
    CONSTRAINT hearing_acceptance_verdict CHECK (verdict IN ('accepts', 'objects')),
    CONSTRAINT hearing_acceptance_method CHECK (method IN ('login', 'code', 'presence')),
    CONSTRAINT hearing_acceptance_fk FOREIGN KEY (hearing_id) REFERENCES hearing (id),
    CONSTRAINT hearing_acceptance_clause_fk FOREIGN KEY (clause_id) REFERENCES hearing_clause (id)
);
CREATE INDEX hearing_acceptance_of ON hearing_acceptance (hearing_id);
"""


async def forwards() -> MigrationManager:
    return sql_migration("hearings", ID, DESCRIPTION, SQL)
