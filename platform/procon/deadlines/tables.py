"""The city's own calendar, rules and outages. Private to this slice."""

from piccolo.columns import UUID, Boolean, Date, Integer, Text, Timestamptz
from piccolo.table import Table

from procon.tenancy.migrate import APPEND_ONLY


class HolidayRow(Table, tablename="holiday"):
    """See the migration for the constraints: one row per day and kind."""

    id = UUID(primary_key=True)
    day = Date()
    last_day = Date()
    name = Text()
    kind = Text()
    suspends = Boolean()
    changed_at = Timestamptz()
    changed_by = UUID(null=True)


class DeadlineRuleRow(Table, tablename="deadline_rule", tags=[APPEND_ONLY]):
    """One version of a rule; deadlines counted by it name it for ever."""

    id = UUID(primary_key=True)
    key = Text()
    version = Integer()
    amount = Integer()
    unit = Text()
    start = Text()
    suspended_by_recess = Boolean()
    legal_basis = Text()
    valid_from = Date()
    valid_to = Date(null=True)
    changed_at = Timestamptz()
    changed_by = UUID(null=True)
    author = Text()


class OutageRow(Table, tablename="outage", tags=[APPEND_ONLY]):
    """A time in which the service could not be used."""

    id = UUID(primary_key=True)
    from_at = Timestamptz()
    to_at = Timestamptz()
    note = Text()
    recorded_at = Timestamptz()
    recorded_by = UUID(null=True)
