"""Deadlines and hearings as a calendar (RFC 5545). Instants are UTC, deadlines are whole days."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from procon.deadlines.rules import DEFAULT_RULES
from procon.feeds.queries import DatedCase
from procon.portal.render import date_and_hour
from procon.tenancy.manifest import Tenant

_ONE = timedelta(days=1)


class Appointment(Protocol):
    """A hearing, as the feed needs it. Its UID is that of the invitation by e-mail."""

    @property
    def id(self) -> UUID: ...
    @property
    def case_number(self) -> str: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...
    @property
    def sequence(self) -> int: ...
    @property
    def room_name(self) -> str: ...
    @property
    def service_point(self) -> str: ...


def feed_text(
    tenant: Tenant,
    cases: Iterable[DatedCase],
    appointments: Iterable[Appointment],
    *,
    address_of: Callable[[str, str], str],
    now: datetime,
) -> bytes:
    """The whole feed. `address_of` makes an address from host and path."""
    calendar = Calendar()
    calendar.add("prodid", "-//Procon Digital//Agenda//PT")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", tenant.name)
    calendar.add("x-wr-timezone", tenant.timezone)
    calendar.add("refresh-interval", timedelta(hours=1), parameters={"value": "DURATION"})
    for case in cases:
        calendar.add_component(_deadline(tenant, case, address_of(tenant.host, case.path)))
    for one in appointments:
        calendar.add_component(_hearing(tenant, one, now))
    text: bytes = calendar.to_ical()
    return text


def _deadline(tenant: Tenant, case: DatedCase, address: str) -> Event:
    deadline = case.deadline
    rule = DEFAULT_RULES.get(deadline.rule_key)
    until = date_and_hour(deadline.due_at, ZoneInfo(deadline.timezone))
    event = Event()
    # The same deadline keeps its UID when its end moves, so calendars move the entry.
    event.add(
        "uid",
        f"prazo-{case.id}-{deadline.rule_key}-{deadline.start_at:%Y%m%dT%H%M%SZ}@{tenant.host}",
    )
    event.add("sequence", case.version)
    event.add("dtstamp", case.changed_at.astimezone(UTC))
    event.add("dtstart", deadline.due_day)
    event.add("dtend", deadline.due_day + _ONE)
    event.add("summary", f"Fim do prazo: {rule.title if rule else 'prazo'} ({case.number})")
    event.add(
        "description",
        f"Processo {case.number}, {case.supplier_name}. O prazo vai até {until}.\n{address}",
    )
    event.add("url", address)
    event.add("transp", "TRANSPARENT")
    event.add("class", "PRIVATE")
    return event


def _hearing(tenant: Tenant, one: Appointment, now: datetime) -> Event:
    event = Event()
    event.add("uid", f"{one.id}@{tenant.host}")
    event.add("sequence", one.sequence)
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", one.starts_at.astimezone(UTC))
    event.add("dtend", one.ends_at.astimezone(UTC))
    event.add("summary", f"Audiência de conciliação – processo {one.case_number}")
    event.add("location", ", ".join(part for part in (one.room_name, one.service_point) if part))
    event.add("class", "PRIVATE")
    return event
