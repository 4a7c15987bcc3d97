"""A hearing as a calendar entry (RFC 5545, iTIP RFC 5546)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal

from icalendar import Alarm, Calendar, Event, vCalAddress, vText
from msgspec import Struct

from procon.hearings.queries import HearingLine

FILE_NAME = "convite.ics"


class Invitation(Struct, frozen=True):
    """What a calendar needs to know. `attendee` is the invited person's e-mail, or ""."""

    hearing: HearingLine
    host: str
    body: str
    sender: str
    page: str
    place: str
    attendee: str = ""
    attendee_name: str = ""


def media_type(method: str) -> str:
    """Media type of the attachment; mail programs look for the method here."""
    return f"text/calendar; charset=utf-8; method={method}"


def calendar_text(
    invitation: Invitation, *, method: Literal["REQUEST", "CANCEL", "PUBLISH"], now: datetime
) -> bytes:
    """The entry as a file. Later invitations of one hearing have the same UID and a higher number.

    PUBLISH is the one that a person downloads: nobody is asked to answer it.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Procon Digital//Audiencias//PT")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(_event(invitation, method, now))
    text: bytes = calendar.to_ical()
    return text


def _event(invitation: Invitation, method: str, now: datetime) -> Event:
    hearing = invitation.hearing
    cancelled = method == "CANCEL" or hearing.status == "cancelled"
    event = Event()
    event.add("uid", f"{hearing.id}@{invitation.host}")
    event.add("sequence", hearing.sequence)
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", hearing.starts_at.astimezone(UTC))
    event.add("dtend", hearing.ends_at.astimezone(UTC))
    event.add("summary", f"Audiência de conciliação – processo {hearing.case_number}")
    event.add("location", invitation.place)
    event.add("url", invitation.page)
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("class", "PRIVATE")
    event.add(
        "description",
        f"Audiência do processo {hearing.case_number} em {invitation.body}.\n"
        f"Onde, link e o que levar: {invitation.page}",
    )
    organizer = vCalAddress(f"MAILTO:{invitation.sender}")
    organizer.params["CN"] = vText(invitation.body)
    event["organizer"] = organizer
    if invitation.attendee:
        event.add("attendee", _attendee(invitation), encode=False)
    if not cancelled:
        event.add_component(_alarm())
    return event


def _attendee(invitation: Invitation) -> vCalAddress:
    attendee = vCalAddress(f"MAILTO:{invitation.attendee}")
    attendee.params["CN"] = vText(invitation.attendee_name or invitation.attendee)
    attendee.params["ROLE"] = vText("REQ-PARTICIPANT")
    attendee.params["RSVP"] = vText("FALSE")
    return attendee


def _alarm() -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", "Audiência de conciliação")
    alarm.add("trigger", timedelta(hours=-1))
    return alarm
