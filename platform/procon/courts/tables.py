"""What was handed over to a court. Private to this slice."""

from __future__ import annotations

from piccolo.columns import UUID, Boolean, Integer, Numeric, Text, Timestamptz
from piccolo.table import Table


class Handover(Table, tablename="court_handover"):
    """One handover of a case. At most one of a kind that the court has not refused.

    `facts`: canonical JSON of what goes with the text. `sha256`: of text and facts, hexadecimal:
    who approves, approves this. `round` counts how often the staff sent it, `attempts` the tries
    of the worker. `in_doubt`: a try may have arrived although no answer came.
    """

    id = UUID(primary_key=True)
    case_id = UUID()
    kind = Text()
    status = Text()
    text = Text()
    value = Numeric((13, 2), null=True)
    facts = Text()
    sha256 = Text()
    prepared_by = Text()
    prepared_at = Timestamptz()
    approved_by = Text()
    approved_at = Timestamptz(null=True)
    wish = Text()
    round = Integer()
    attempts = Integer()
    in_doubt = Boolean()
    first_sent_at = Timestamptz(null=True)
    via = Text()
    court_number = Text()
    protocol = Text()
    message = Text()
    package_key = Text()
    package_sha256 = Text()
    package_signed = Boolean()
    receipt_letter = UUID(null=True)
    delivered_at = Timestamptz(null=True)
    ended_at = Timestamptz(null=True)
    ask_at = Timestamptz(null=True)
