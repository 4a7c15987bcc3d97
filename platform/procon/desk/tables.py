"""What the desk keeps for itself. The cases are the cases' own."""

from __future__ import annotations

from piccolo.columns import UUID, Array, Boolean, Bytea, Integer, Text, Timestamptz
from piccolo.table import Table

from procon.tenancy.migrate import APPEND_ONLY


class CaseSearch(Table, tablename="case_search"):
    """The texts of a case and the words by which it is found; written by the worker.

    The column `doc` (tsvector) is known to SQL alone.
    """

    case_id = UUID(primary_key=True)
    created_at = Timestamptz()
    body = Text()


class SearchWord(Table, tablename="search_word"):
    """Every word that a case of the city holds, to guess what somebody meant to type."""

    word = Text(primary_key=True)


class SavedFilter(Table, tablename="saved_filter"):
    """A query string with a name, of one person or of the whole staff."""

    id = UUID(primary_key=True)
    owner = UUID()
    owner_name = Text()
    name = Text()
    query = Text()
    shared = Boolean()
    created_at = Timestamptz()


class CaseTag(Table, tablename="case_tag"):
    """A mark that the staff puts on a case; the parties never see it."""

    id = UUID(primary_key=True)
    case_id = UUID()
    tag = Text()
    added_by = Text()
    added_at = Timestamptz()


class BulkAction(Table, tablename="bulk_action"):
    """One act on many cases."""

    id = UUID(primary_key=True)
    idempotency_key = Text(unique=True)
    kind = Text()
    summary = Text()
    made_by = UUID()
    made_by_name = Text()
    made_at = Timestamptz()
    undone_at = Timestamptz(null=True)


class BulkItem(Table, tablename="bulk_item"):
    """What became of one case. `head`: the newest link of its log right after the act."""

    id = UUID(primary_key=True)
    bulk_id = UUID()
    case_id = UUID()
    number = Text()
    done = Boolean()
    reason = Text()
    before = Text()
    head = Bytea(null=True)
    undone = Text()


class Macro(Table, tablename="macro"):
    """A note, an assignment and a tag under one name."""

    id = UUID(primary_key=True)
    name = Text(unique=True)
    note = Text()
    assign = Text()
    tag = Text()
    changed_by = Text()
    changed_at = Timestamptz()


class TextModule(Table, tablename="text_module"):
    """A text that the staff inserts into what it writes."""

    id = UUID(primary_key=True)
    name = Text(unique=True)
    body = Text()
    changed_by = Text()
    changed_at = Timestamptz()


class AssignmentRule(Table, tablename="assignment_rule"):
    """Who gets a new case. `turn` counts how often the rule was used."""

    id = UUID(primary_key=True)
    place = Integer()
    area = Text()
    service_point = Text()
    supplier_id = UUID(null=True)
    persons = Array(base_column=UUID())
    turn = Integer()
    created_by = Text()
    created_at = Timestamptz()


class CollectiveCase(Table, tablename="collective_case"):
    """Complaints about one problem of one company that are looked at together."""

    id = UUID(primary_key=True)
    supplier_id = UUID()
    problem = Text()
    created_by = Text()
    created_at = Timestamptz()


class CollectiveMember(Table, tablename="collective_member"):
    """A case of a collective; a case belongs to one at most."""

    case_id = UUID(primary_key=True)
    collective_id = UUID()
    added_at = Timestamptz()


class Attendance(Table, tablename="attendance", tags=[APPEND_ONLY]):
    """An attendance that ended at once, without a case."""

    id = UUID(primary_key=True)
    idempotency_key = Text(unique=True)
    kind = Text()
    subject = Text()
    person_name = Text()
    text = Text()
    minutes = Integer()
    service_point = Text()
    made_by = Text()
    created_at = Timestamptz()
