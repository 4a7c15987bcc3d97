"""Companies of one city as their people see them. Private to this folder."""

from __future__ import annotations

from piccolo.columns import UUID, BigInt, Bytea, Char, Date, Text, Timestamptz
from piccolo.table import Table

from procon.tenancy.migrate import APPEND_ONLY


class CompanyRow(Table, tablename="company"):
    """All establishments that share the first eight characters of the CNPJ."""

    root = Char(length=8, primary_key=True)
    name = Text()
    created_at = Timestamptz()


class CompanyMemberRow(Table, tablename="company_member"):
    """A person who acts for a company, or an invitation that nobody took up yet.

    `branch` is null for the whole company. `invite_hash` is kept until the invitation is used.
    """

    id = UUID(primary_key=True)
    root = Char(length=8)
    branch = Char(length=14, null=True)
    account_id = UUID(null=True)
    cpf = Char(length=11, null=True)
    name = Text()
    email = Text()
    role = Text()
    source = Text()
    digest = Text()
    digest_on = Date(null=True)
    invite_hash = Bytea(null=True)
    created_at = Timestamptz()
    accepted_at = Timestamptz(null=True)
    expires_at = Timestamptz(null=True)
    removed_at = Timestamptz(null=True)


class CompanyRequestRow(Table, tablename="company_request"):
    """Somebody asks, with documents, to act for a CNPJ; the staff decide."""

    id = UUID(primary_key=True)
    cnpj = Char(length=14)
    company_name = Text()
    account_id = UUID()
    cpf = Char(length=11)
    name = Text()
    email = Text()
    state = Text()
    reason = Text()
    created_at = Timestamptz()
    decided_at = Timestamptz(null=True)
    decided_by = Text()


class CompanyDocumentRow(Table, tablename="company_document"):
    """A document of a request. Its bytes are in S3 under `object_key`."""

    id = UUID(primary_key=True)
    request_id = UUID()
    object_key = Text()
    name = Text()
    media_type = Text()
    size = BigInt()
    sha256 = Text()
    created_at = Timestamptz()


class CompanyActRow(Table, tablename="company_act", tags=[APPEND_ONLY]):
    """What was done with a company's people, for their own administrators to read."""

    id = UUID(primary_key=True)
    root = Char(length=8)
    actor = Text()
    actor_name = Text()
    sentence = Text()
    at = Timestamptz()
