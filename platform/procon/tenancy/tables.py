"""Tables of the `control` schema: what all cities share. Nothing of a case is here."""

from __future__ import annotations

from piccolo.columns import BigInt, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table

CONTROL = "control"


class TenantRow(Table, tablename="tenant", schema=CONTROL):
    """A provisioned city; `manifest` is the JSON that the processes serve from."""

    slug = Varchar(length=31, primary_key=True)
    status = Text()
    manifest = Text()
    migration_head = Text()
    migration_error = Text()
    created_at = Timestamptz()
    changed_at = Timestamptz()


class Host(Table, tablename="host", schema=CONTROL):
    """An exact host name and its city."""

    host = Text(primary_key=True)
    slug = Varchar(length=31)


class Directory(Table, tablename="directory", schema=CONTROL):
    """One row; its version rises with every change, so that each process reloads."""

    id = Integer(primary_key=True)
    version = BigInt()
