"""The register of issued letters. Private to this slice; rows are only ever added."""

from piccolo.columns import UUID, Bytea, Integer, Text, Timestamptz
from piccolo.table import Table

from procon.tenancy.migrate import APPEND_ONLY


class LetterRow(Table, tablename="letter", tags=[APPEND_ONLY]):
    """See the migration for the constraints. The bytes are in S3, under the id."""

    id = UUID(primary_key=True)
    case_id = UUID()
    kind = Text()
    year = Integer(null=True)
    number = Integer(null=True)
    code = Text()
    case_number = Text()
    sha256 = Bytea()
    content_sha256 = Bytea()
    size = Integer()
    data = Text()
    template_version = Text()
    created_at = Timestamptz()
    created_by = Text()
    title = Text()
    wording_version = Integer(null=True)
    only_for = Text()


class LetterCounterRow(Table, tablename="letter_counter"):
    """The last number given within a kind and a year; locked while the next one is taken."""

    kind = Text(primary_key=True)
    year = Integer()
    last = Integer()


class LetterWordingRow(Table, tablename="letter_wording", tags=[APPEND_ONLY]):
    """A version of the city's words for one document; the newest is in force."""

    code = Text(primary_key=True)
    version = Integer()
    title = Text()
    body = Text()
    changed_by = Text()
    changed_name = Text()
    changed_at = Timestamptz()


class LetterBatchRow(Table, tablename="letter_batch"):
    """One document for many cases. Title and body are copied: what was confirmed is printed."""

    id = UUID(primary_key=True)
    idempotency_key = Text(unique=True)
    code = Text()
    title = Text()
    wording_version = Integer()
    body = Text()
    words = Text()
    total = Integer()
    state = Text()
    size = Integer(null=True)
    created_by = Text()
    created_name = Text()
    created_at = Timestamptz()
    finished_at = Timestamptz(null=True)


class LetterBatchItemRow(Table, tablename="letter_batch_item"):
    """One case of a batch; id, code and number of its letter are given before it is printed, so
    that a second try prints the same letter."""

    batch_id = UUID(primary_key=True)
    place = Integer()
    case_id = UUID()
    letter_id = UUID()
    code = Text()
    year = Integer(null=True)
    number = Integer(null=True)
    state = Text()
    reason = Text()


class AutosRow(Table, tablename="autos"):
    """A case's whole file: one row for each state of the case in which somebody asked for it."""

    id = UUID(primary_key=True)
    case_id = UUID()
    fingerprint = Bytea()
    state = Text()
    step = Text()
    done = Integer()
    total = Integer()
    pages = Integer()
    size = Integer()
    letter_id = UUID(null=True)
    asked_at = Timestamptz()
    ready_at = Timestamptz(null=True)
