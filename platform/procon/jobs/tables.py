"""Tables of the outbox."""

from __future__ import annotations

from piccolo.columns import UUID, Integer, Text, Timestamptz
from piccolo.table import Table


class Outbox(Table, tablename="outbox"):
    """Work that a committed transaction has promised. The row is the truth, Redis only wakes."""

    id = UUID(primary_key=True)
    effect_key = Text(unique=True)
    topic = Text()
    payload = Text()
    created_at = Timestamptz()
    available_at = Timestamptz()
    attempts = Integer()
    done_at = Timestamptz(null=True)
    parked_at = Timestamptz(null=True)
    last_error = Text()
