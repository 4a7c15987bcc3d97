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


class LetterCounterRow(Table, tablename="letter_counter"):
    """The last number given within a kind and a year; locked while the next one is taken."""

    kind = Text(primary_key=True)
    year = Integer()
    last = Integer()
