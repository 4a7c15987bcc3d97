"""The register's yearly publications, what each froze, and what companies asked to correct."""

from __future__ import annotations

from piccolo.columns import UUID, Bytea, Integer, Text, Timestamptz
from piccolo.table import Table

from procon.tenancy.migrate import APPEND_ONLY


class RegisterPublication(Table, tablename="register_publication"):
    """A year of the register (CDC, art. 44): frozen first, published when the requests are decided.

    `sha256` is of the rows as they were published.
    """

    id = UUID(primary_key=True)
    year = Integer(unique=True)
    frozen_at = Timestamptz()
    frozen_by = Text()
    requests_until = Timestamptz()
    published_at = Timestamptz(null=True)
    published_by = Text()
    sha256 = Bytea(null=True)


class RegisterEntry(Table, tablename="register_entry", tags=[APPEND_ONLY]):
    """One well-founded complaint as it was on the day of the freeze. Nothing of the consumer."""

    publication_id = UUID(primary_key=True)
    case_id = UUID()
    root = Text()
    cnpj = Text()
    name = Text()
    subject = Text()
    problem = Text()
    outcome = Text()
    decided_at = Timestamptz()
    registered_at = Timestamptz()


class RegisterRequest(Table, tablename="register_request"):
    """A company's request to correct what the register says of one case."""

    id = UUID(primary_key=True)
    case_id = UUID()
    wish = Text()
    text = Text()
    asked_by = Text()
    asked_at = Timestamptz()
    decide_until = Timestamptz()
    state = Text()
    answer = Text()
    decided_by = Text()
    decided_at = Timestamptz(null=True)
