"""The supplier's way in, its answer, and the consumer's rating."""

from __future__ import annotations

from piccolo.columns import UUID, Boolean, Bytea, Integer, Text, Timestamptz
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
