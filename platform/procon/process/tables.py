"""What parties and staff file in a case: defence, appeal, opinion, decision."""

from __future__ import annotations

from piccolo.columns import UUID, Boolean, Integer, Text, Timestamptz
from piccolo.table import Table

from procon.tenancy.migrate import APPEND_ONLY


class Filing(Table, tablename="filing", tags=[APPEND_ONLY]):
    """A text as it was filed; `sha256` covers case, text and the hashes of its files."""

    id = UUID(primary_key=True)
    case_id = UUID()
    idempotency_key = Text(unique=True)
    code = Text()
    transition = Text()
    side = Text()
    author = Text()
    text = Text()
    outcome = Text()
    files = Integer()
    sha256 = Text()
    late = Boolean()
    filed_at = Timestamptz()
