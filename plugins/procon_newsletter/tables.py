"""Tables of the newsletter, in the schema of each city that enables it.

What must outlive an erasure (figures, evidence) names nobody: addresses are in `subscriber`
alone, and what the evidence says about a person is sealed with a key that lies in that row.
"""

from __future__ import annotations

from pathlib import Path

from piccolo.columns import UUID, Array, Bytea, Integer, Text, Timestamptz
from piccolo.conf.apps import AppConfig
from piccolo.table import Table

from procon.sdk import APPEND_ONLY


class Subscriber(Table, tablename="newsletter_subscriber"):
    """An address. `token` opens its own pages; `sealing_key` the evidence about it."""

    id = UUID(primary_key=True)
    email = Text()
    domain = Text()
    state = Text()
    token = Text()
    sealing_key = Bytea()
    asked_topics = Array(base_column=Text())
    confirm_token = Text()
    confirm_until = Timestamptz(null=True)
    created_at = Timestamptz()
    confirmed_at = Timestamptz(null=True)
    left_at = Timestamptz(null=True)


class Topic(Table, tablename="newsletter_topic"):
    """What a subscriber wants to read about."""

    subscriber_id = UUID(primary_key=True)
    topic = Text()


class Consent(Table, tablename="newsletter_consent", tags=[APPEND_ONLY]):
    """Evidence: what a person said, reading which words, when, and (sealed) from where."""

    id = UUID(primary_key=True)
    subscriber_id = UUID()
    act = Text()
    topics = Array(base_column=Text())
    words = Text()
    sealed = Bytea()
    issue_id = UUID(null=True)
    happened_at = Timestamptz()


class Issue(Table, tablename="newsletter_issue"):
    """One edition."""

    id = UUID(primary_key=True)
    number = Integer()
    key = Text()
    title = Text()
    body = Text()
    topics = Array(base_column=Text())
    state = Text()
    author = Text()
    created_at = Timestamptz()
    send_at = Timestamptz(null=True)
    started_at = Timestamptz(null=True)
    sent_at = Timestamptz(null=True)


class Delivery(Table, tablename="newsletter_delivery"):
    """The queue: one issue for one subscriber, once. `token` is in the return path (VERP)."""

    id = UUID(primary_key=True)
    issue_id = UUID()
    subscriber_id = UUID(null=True)
    domain = Text()
    token = Text()
    state = Text()
    attempts = Integer()
    available_at = Timestamptz()
    lease = UUID(null=True)
    leased_until = Timestamptz(null=True)
    begun_at = Timestamptz(null=True)
    sent_at = Timestamptz(null=True)


class Bounce(Table, tablename="newsletter_bounce", tags=[APPEND_ONLY]):
    """A message that came back; `reason` has no address in it."""

    id = UUID(primary_key=True)
    delivery_id = UUID()
    final = Text()
    reason = Text()
    happened_at = Timestamptz()


class Suppression(Table, tablename="newsletter_suppression"):
    """Addresses that get nothing, also when they are imported: only their hash is kept."""

    digest = Bytea(primary_key=True)
    reason = Text()
    happened_at = Timestamptz()


class StaffAct(Table, tablename="newsletter_act", tags=[APPEND_ONLY]):
    """Who of the staff sent, imported, exported or erased."""

    id = UUID(primary_key=True)
    author = Text()
    act = Text()
    detail = Text()
    happened_at = Timestamptz()


APP_CONFIG = AppConfig(
    app_name="newsletter",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[
        Subscriber,
        Topic,
        Consent,
        Issue,
        Delivery,
        Bounce,
        Suppression,
        StaffAct,
    ],
)
