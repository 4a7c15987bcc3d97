"""The supplier's way in and answers, what its people note, and the consumer's rating."""

from __future__ import annotations

from piccolo.columns import UUID, Boolean, Bytea, Char, Integer, Text, Timestamptz
from piccolo.table import Table

from procon.tenancy.migrate import APPEND_ONLY


class AccessCode(Table, tablename="access_code"):
    """The code printed in a CIP: good for its case only. Only a hash is kept."""

    case_id = UUID(primary_key=True)
    code_hash = Bytea(unique=True)
    created_at = Timestamptz()
    first_used_at = Timestamptz(null=True)


class Answer(Table, tablename="answer", tags=[APPEND_ONLY]):
    """An answer as it was sent; `sha256` covers text and file hashes."""

    id = UUID(primary_key=True)
    case_id = UUID()
    idempotency_key = Text(unique=True)
    text = Text()
    author = Text()
    sha256 = Text()
    late = Boolean()
    submitted_at = Timestamptz()


class Rating(Table, tablename="rating", tags=[APPEND_ONLY]):
    """The consumer's verdict, once."""

    case_id = UUID(primary_key=True)
    solved = Boolean()
    stars = Integer()
    why = Text()
    rated_at = Timestamptz()


class MoreTime(Table, tablename="more_time"):
    """A company's request for more days before one deadline ends; the staff decide once."""

    id = UUID(primary_key=True)
    case_id = UUID()
    rule_key = Text()
    start_at = Timestamptz()
    due_at = Timestamptz()
    reason = Text()
    asked_by = Text()
    asked_at = Timestamptz()
    state = Text()
    days = Integer()
    answer = Text()
    decided_by = Text()
    decided_at = Timestamptz(null=True)


class CompanyNote(Table, tablename="company_note", tags=[APPEND_ONLY]):
    """What a company's people tell each other about a case. Only they see it."""

    id = UUID(primary_key=True)
    case_id = UUID()
    root = Char(length=8)
    author_id = UUID(null=True)
    author = Text()
    text = Text()
    written_at = Timestamptz()


class CompanyTask(Table, tablename="company_task"):
    """Who of the company takes care of a case."""

    case_id = UUID(primary_key=True)
    root = Char(length=8)
    member_id = UUID(null=True)
    member_name = Text()
    set_by = Text()
    set_at = Timestamptz()


class AnswerModel(Table, tablename="answer_model"):
    """A text that a company answers with again and again."""

    id = UUID(primary_key=True)
    root = Char(length=8)
    title = Text()
    text = Text()
    changed_by = Text()
    changed_at = Timestamptz()
    removed_at = Timestamptz(null=True)


class Sheet(Table, tablename="answer_sheet"):
    """A spreadsheet of answers that was checked, and perhaps sent."""

    id = UUID(primary_key=True)
    account_id = UUID()
    actor = Text()
    name = Text()
    state = Text()
    total = Integer()
    made_at = Timestamptz()
    confirmed_at = Timestamptz(null=True)
    done_at = Timestamptz(null=True)


class SheetRow(Table, tablename="answer_sheet_row"):
    """One row of it: what it says, and what came of it."""

    id = UUID(primary_key=True)
    sheet_id = UUID()
    line = Integer()
    number = Text()
    case_id = UUID(null=True)
    text = Text()
    state = Text()
    sentence = Text()
