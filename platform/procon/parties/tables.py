"""Who takes part in cases."""

from __future__ import annotations

from piccolo.columns import UUID, Char, Text, Timestamptz
from piccolo.table import Table


class Person(Table, tablename="person"):
    """A consumer. One row for each CPF of the city."""

    id = UUID(primary_key=True)
    cpf = Char(length=11, unique=True)
    name = Text()
    email = Text()
    phone = Text()
    created_at = Timestamptz()


class Supplier(Table, tablename="supplier"):
    """A company that was complained about. `cnpj` is null when nobody knew it."""

    id = UUID(primary_key=True)
    cnpj = Char(length=14, null=True)
    name = Text()
    trade_name = Text()
    email = Text()
    search = Text()
    created_at = Timestamptz()
