"""The city's own calendar. Private to this slice."""

from piccolo.columns import UUID, Boolean, Date, Text, Timestamptz
from piccolo.table import Table


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
