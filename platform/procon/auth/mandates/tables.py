"""Lawyers, mandates and the like. Private to this folder."""

from __future__ import annotations

from piccolo.columns import UUID, Array, Boolean, Char, Text, Timestamptz
from piccolo.table import Table

from procon.tenancy.migrate import APPEND_ONLY


class LawyerRow(Table, tablename="lawyer"):
    """An inscription in the OAB as a person declared it and as the staff found it."""

    id = UUID(primary_key=True)
    account_id = UUID(null=True)
    cpf = Char(length=11)
    name = Text()
    email = Text()
    oab_uf = Char(length=2)
    oab_number = Text()
    oab_letter = Text()
    kind = Text()
    supervisor_id = UUID(null=True)
    card_key = Text()
    card_name = Text()
    card_type = Text()
    card_sha256 = Text()
    status = Text()
    reason = Text()
    decided_by = Text()
    decided_name = Text()
    decided_at = Timestamptz(null=True)
    created_at = Timestamptz()


class MandateRow(Table, tablename="mandate"):
    """Powers of a party in the hands of a lawyer. `case_id` null: all cases of the party."""

    id = UUID(primary_key=True)
    idempotency_key = Text(unique=True)
    lawyer_id = UUID()
    case_id = UUID(null=True)
    filed_in = UUID(null=True)
    person_id = UUID(null=True)
    supplier_id = UUID(null=True)
    cnpj_root = Char(length=8, null=True)
    kind = Text()
    powers = Array(base_column=Text())
    parent_id = UUID(null=True)
    with_reserve = Boolean(null=True)
    origin = Text()
    document_id = UUID(null=True)
    sha256 = Text()
    granted_by = Text()
    granted_name = Text()
    starts_at = Timestamptz()
    expires_at = Timestamptz(null=True)
    ended_at = Timestamptz(null=True)
    ended_by = Text()
    ended_name = Text()
    end_kind = Text()
    end_reason = Text()
    reminded = Text()
    created_at = Timestamptz()


class RepresentativeRow(Table, tablename="representative"):
    """Who answers for a consumer that cannot, or does not, act alone."""

    id = UUID(primary_key=True)
    person_id = UUID()
    cpf = Char(length=11)
    name = Text()
    email = Text()
    kind = Text()
    document = Text()
    expires_at = Timestamptz(null=True)
    registered_by = Text()
    registered_name = Text()
    created_at = Timestamptz()
    ended_at = Timestamptz(null=True)
    ended_by = Text()


class CasePartyRow(Table, tablename="case_party"):
    """A further consumer or supplier of a case, besides those in `case_file`."""

    id = UUID(primary_key=True)
    case_id = UUID()
    side = Text()
    person_id = UUID(null=True)
    supplier_id = UUID(null=True)
    role = Text()
    added_by = Text()
    added_name = Text()
    created_at = Timestamptz()
    removed_at = Timestamptz(null=True)
    removed_by = Text()


class CaseViewRow(Table, tablename="case_view", tags=[APPEND_ONLY]):
    """Somebody opened a case: one row for each person, case and hour."""

    id = UUID(primary_key=True)
    case_id = UUID()
    actor = Text()
    name = Text()
    side = Text()
    role = Text()
    hour = Timestamptz()
    at = Timestamptz()
