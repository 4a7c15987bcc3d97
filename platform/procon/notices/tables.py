"""What the city has told whom, and what became of it. Private to this slice."""

from __future__ import annotations

from piccolo.columns import UUID, Boolean, Bytea, Text, Timestamptz
from piccolo.table import Table

from procon.tenancy.migrate import APPEND_ONLY


class Message(Table, tablename="message"):
    """One e-mail to one person about one case. `effect_key` makes it unique.

    `token` is in the return path, so that a mail that comes back says which one it was.
    """

    id = UUID(primary_key=True)
    effect_key = Text(unique=True)
    case_id = UUID(null=True)
    recipient = Text()
    subject = Text()
    body = Text()
    created_at = Timestamptz()
    sent_at = Timestamptz(null=True)
    token = Text()
    bounced_at = Timestamptz(null=True)
    bounce_reason = Text()


class MessageFile(Table, tablename="message_file"):
    """What goes along with an e-mail."""

    id = UUID(primary_key=True)
    message_id = UUID()
    name = Text()
    media_type = Text()
    content = Bytea()


class NoticeRow(Table, tablename="notice"):
    """One act told to one person by one channel. See the migration for the constraints."""

    id = UUID(primary_key=True)
    effect_key = Text(unique=True)
    case_id = UUID()
    source = Text()
    side = Text()
    act = Text()
    formal = Boolean()
    recipient_name = Text()
    channel = Text()
    address = Text()
    subject = Text()
    summary = Text()
    content_sha256 = Text()
    status = Text()
    made_at = Timestamptz()
    tacit_due_at = Timestamptz(null=True)
    sent_at = Timestamptz(null=True)
    delivered_at = Timestamptz(null=True)
    bounced_at = Timestamptz(null=True)
    opened_at = Timestamptz(null=True)
    tacit_at = Timestamptz(null=True)
    effective_at = Timestamptz(null=True)
    escalated_from = UUID(null=True)
    message_id = UUID(null=True)
    letter_id = UUID(null=True)
    tracking = Text()
    detail = Text()


class NoticeEventRow(Table, tablename="notice_event", tags=[APPEND_ONLY]):
    """One change of a notice. The rows prove what the notice's own columns sum up."""

    id = UUID(primary_key=True)
    notice_id = UUID()
    kind = Text()
    at = Timestamptz()
    actor = Text()
    detail = Text()


class MailChoiceRow(Table, tablename="mail_choice"):
    """Who wants no e-mail that only informs. Notices of the law go out all the same."""

    address = Text(primary_key=True)
    only_formal = Boolean()
    changed_at = Timestamptz()
