"""Messages that the city has sent, and what became of them."""

from __future__ import annotations

from piccolo.columns import UUID, Text, Timestamptz
from piccolo.table import Table


class Message(Table, tablename="message"):
    """One e-mail to one person about one case. `effect_key` makes it unique."""

    id = UUID(primary_key=True)
    effect_key = Text(unique=True)
    case_id = UUID(null=True)
    recipient = Text()
    subject = Text()
    body = Text()
    created_at = Timestamptz()
    sent_at = Timestamptz(null=True)
