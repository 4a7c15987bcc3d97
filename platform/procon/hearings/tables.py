"""Rooms, hours, hearings, and what was said, agreed and objected to. Private to this slice."""

from __future__ import annotations

from piccolo.columns import UUID, Boolean, Integer, Numeric, Text, Timestamptz
from piccolo.table import Table

from procon.tenancy.migrate import APPEND_ONLY


class HearingRoom(Table, tablename="hearing_room"):
    """Where hearings are held. `address` is a street, or for video a URL with {hearing}."""

    id = UUID(primary_key=True)
    name = Text(unique=True)
    kind = Text()
    address = Text()
    service_point = Text()
    capacity = Integer()
    active = Boolean()


class HearingSlot(Table, tablename="hearing_slot"):
    """An hour that can be booked; its row is locked while somebody books it."""

    id = UUID(primary_key=True)
    room_id = UUID()
    starts_at = Timestamptz()
    minutes = Integer()
    tolerance = Integer()
    capacity = Integer()
    conciliator_id = UUID(null=True)
    conciliator_name = Text()
    blocked = Boolean()


class HearingOffer(Table, tablename="hearing_offer"):
    """The staff let the parties of this case choose the hour themselves."""

    case_id = UUID(primary_key=True)
    offered_by = Text()
    offered_at = Timestamptz()


class Hearing(Table, tablename="hearing"):
    """One meeting of one case. `sequence` numbers its invitations, `revision` what is live."""

    id = UUID(primary_key=True)
    case_id = UUID()
    slot_id = UUID()
    status = Text()
    result = Text()
    remark = Text()
    instalments = Text()
    total = Numeric(digits=(13, 2), null=True)
    moves_consumer = Integer()
    moves_supplier = Integer()
    room_token = Text()
    sequence = Integer()
    revision = Integer()
    reminded = Integer()
    booked_at = Timestamptz()
    booked_by = Text()
    closed_at = Timestamptz(null=True)
    closed_by = Text()
    letter_id = UUID(null=True)


class HearingMove(Table, tablename="hearing_move", tags=[APPEND_ONLY]):
    """A hearing went to another hour: who wanted it, and why."""

    id = UUID(primary_key=True)
    hearing_id = UUID()
    side = Text()
    author = Text()
    from_at = Timestamptz()
    to_at = Timestamptz()
    reason = Text()
    moved_at = Timestamptz()


class HearingParty(Table, tablename="hearing_party"):
    """Somebody who came. `document` says which paper was seen, never its number."""

    id = UUID(primary_key=True)
    hearing_id = UUID()
    side = Text()
    name = Text()
    role = Text()
    document = Text()
    arrived_at = Timestamptz()
    noted_by = Text()


class HearingClause(Table, tablename="hearing_clause"):
    """A sentence of the minutes. Each change of its text is a new `version`."""

    id = UUID(primary_key=True)
    hearing_id = UUID()
    position = Integer()
    text = Text()
    author = Text()
    version = Integer()
    changed_at = Timestamptz()
    removed_at = Timestamptz(null=True)


class HearingAcceptance(Table, tablename="hearing_acceptance", tags=[APPEND_ONLY]):
    """A side accepts or objects. Without a clause it is about the whole minutes, by `digest`."""

    id = UUID(primary_key=True)
    hearing_id = UUID()
    clause_id = UUID(null=True)
    clause_version = Integer()
    digest = Text()
    side = Text()
    verdict = Text()
    remark = Text()
    method = Text()
    author = Text()
    account_id = UUID(null=True)
    given_at = Timestamptz()
