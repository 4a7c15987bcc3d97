"""Tables of the case and its log."""

from __future__ import annotations

from piccolo.columns import UUID, BigInt, Bytea, Date, Integer, Numeric, Text, Timestamptz, Varchar
from piccolo.table import Table

from procon.tenancy.migrate import APPEND_ONLY


class CaseCounter(Table, tablename="case_counter"):
    """Last number given in a year; locked in the transaction, so that no number is skipped."""

    year = Integer(primary_key=True)
    last = Integer()


class ComplaintCounter(Table, tablename="complaint_counter"):
    """Last number given to an administrative process in a year."""

    year = Integer(primary_key=True)
    last = Integer()


class CaseFile(Table, tablename="case_file"):
    """A complaint ("reclamação") from filing to rating."""

    id = UUID(primary_key=True)
    number = Varchar(length=20, unique=True)
    idempotency_key = Text(unique=True)
    person_id = UUID()
    supplier_id = UUID()
    subject = Text()
    problem = Text()
    status = Text()
    outcome = Text()
    channel = Text()
    service_point = Text()
    narrative = Text()
    happened_on = Date(null=True)
    amount = Numeric(digits=(14, 2), null=True)
    tried = Text()
    sac_protocol = Text()
    wish = Text()
    assigned_to = UUID(null=True)
    assigned_name = Text()
    deadline = Text()
    due_at = Timestamptz(null=True)
    cip_round = Integer()
    log_head = Bytea(null=True)
    procedure = Text()
    status_before = Text()
    outcome_before = Text()
    complaint_number = Text()
    registered_at = Timestamptz(null=True)
    closed_at = Timestamptz(null=True)
    version = Integer()
    created_at = Timestamptz()
    changed_at = Timestamptz()


class CaseLog(Table, tablename="case_log", tags=[APPEND_ONLY]):
    """The case's log: each entry's hash covers its payload and the entry before."""

    id = UUID(primary_key=True)
    case_id = UUID()
    seq = BigInt()
    payload = Text()
    hash = Bytea()
