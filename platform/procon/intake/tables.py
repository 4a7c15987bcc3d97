"""Complaints that are still being written."""

from __future__ import annotations

from piccolo.columns import UUID, Bytea, Text, Timestamptz
from piccolo.table import Table


class Draft(Table, tablename="draft"):
    """An unsent complaint. Only the hash of its token is kept: the link is the key."""

    id = UUID(primary_key=True)
    token_hash = Bytea(unique=True)
    answers = Text()
    created_at = Timestamptz()
    changed_at = Timestamptz()
    expires_at = Timestamptz()
    case_id = UUID(null=True)
