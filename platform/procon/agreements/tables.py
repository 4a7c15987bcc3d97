"""Proposals, agreements and what was said about each instalment. Private to this slice."""

from __future__ import annotations

from piccolo.columns import UUID, Boolean, Date, Integer, Numeric, Text, Timestamptz
from piccolo.table import Table

from procon.tenancy.migrate import APPEND_ONLY


class Proposal(Table, tablename="proposal"):
    """What one side offers the other. At most one of a case is open; only its answer is added."""

    id = UUID(primary_key=True)
    case_id = UUID()
    idempotency_key = Text(unique=True)
    made_by = Text()
    author = Text()
    kind = Text()
    text = Text()
    total = Numeric((13, 2), null=True)
    valid_until = Timestamptz()
    answers = UUID(null=True)
    sha256 = Text()
    made_at = Timestamptz()
    status = Text()
    answered_by = Text()
    answered_at = Timestamptz(null=True)
    answer_text = Text()


class ProposalInstalment(Table, tablename="proposal_instalment", tags=[APPEND_ONLY]):
    """One date of a proposal; amount 0 when it is not money."""

    id = UUID(primary_key=True)
    proposal_id = UUID()
    n = Integer()
    due_on = Date()
    amount = Numeric((13, 2))
    what = Text()


class Agreement(Table, tablename="agreement"):
    """What both sides agreed on."""

    id = UUID(primary_key=True)
    case_id = UUID()
    source = Text()
    proposal_id = UUID(null=True)
    text = Text()
    total = Numeric((13, 2), null=True)
    agreed_at = Timestamptz()
    status = Text()
    ended_at = Timestamptz(null=True)
    ended_text = Text()


class AgreementInstalment(Table, tablename="agreement_instalment"):
    """One date of an agreement.

    `asked_at`: the parties were asked whether it was kept. `check_due_at`: until then the company
    may prove what the consumer denies.
    """

    id = UUID(primary_key=True)
    agreement_id = UUID()
    n = Integer()
    due_on = Date()
    amount = Numeric((13, 2))
    what = Text()
    status = Text()
    asked_at = Timestamptz(null=True)
    check_due_at = Timestamptz(null=True)


class InstalmentReport(Table, tablename="instalment_report", tags=[APPEND_ONLY]):
    """What a party says of an instalment, or what the staff decided. Its id carries the files."""

    id = UUID(primary_key=True)
    instalment_id = UUID()
    idempotency_key = Text(unique=True)
    side = Text()
    kept = Boolean()
    text = Text()
    author = Text()
    sha256 = Text()
    reported_at = Timestamptz()
