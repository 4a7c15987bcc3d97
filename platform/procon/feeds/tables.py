"""Secret addresses of calendar feeds, and which reminders have gone out."""

from __future__ import annotations

from piccolo.columns import UUID, Bytea, SmallInt, Text, Timestamptz
from piccolo.table import Table

from procon.tenancy.migrate import APPEND_ONLY


class FeedToken(Table, tablename="feed_token"):
    """One address of the feed that an account has as `kind`: a person may also act for a company.
    Only the token's hash is kept.
    """

    id = UUID(primary_key=True)
    account_id = UUID()
    kind = Text()
    token_hash = Bytea(unique=True)
    created_at = Timestamptz()
    revoked_at = Timestamptz(null=True)


class DeadlineReminder(Table, tablename="deadline_reminder", tags=[APPEND_ONLY]):
    """One reminder of one deadline of one case; `step` is how many days before its end."""

    id = UUID(primary_key=True)
    case_id = UUID()
    due_at = Timestamptz()
    step = SmallInt()
    created_at = Timestamptz()
