"""Who takes part in cases."""

from __future__ import annotations

from piccolo.columns import UUID, Array, Char, Text, Timestamptz
from piccolo.table import Table

from procon.tenancy.migrate import APPEND_ONLY


class Person(Table, tablename="person"):
    """A consumer. One row for each CPF of the city."""

    id = UUID(primary_key=True)
    cpf = Char(length=11, unique=True)
    name = Text()
    email = Text()
    phone = Text()
    created_at = Timestamptz()


class Supplier(Table, tablename="supplier"):
    """A company that was complained about. `cnpj` is null when nobody knew it.

    `merged_into` is the entry that stands for this one since the staff found both to be the same.
    """

    id = UUID(primary_key=True)
    cnpj = Char(length=14, null=True)
    name = Text()
    trade_name = Text()
    email = Text()
    search = Text()
    created_at = Timestamptz()
    merged_into = UUID(null=True)


class SupplierMerge(Table, tablename="supplier_merge", tags=[APPEND_ONLY]):
    """Two entries of one company made one; `case_ids` went from `merged` to `kept`."""

    id = UUID(primary_key=True)
    kept = UUID()
    merged = UUID()
    case_ids = Array(base_column=UUID())
    made_by = Text()
    made_at = Timestamptz()


class SupplierMergeUndo(Table, tablename="supplier_merge_undo", tags=[APPEND_ONLY]):
    """A merge that was a mistake."""

    merge_id = UUID(primary_key=True)
    made_by = Text()
    made_at = Timestamptz()
