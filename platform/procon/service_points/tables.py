"""Where the city receives people."""

from __future__ import annotations

from piccolo.columns import UUID, Boolean, Text
from piccolo.table import Table


class ServicePoint(Table, tablename="service_point"):
    """A fixed or mobile post. Cases keep its name, so that an old case reads as it was."""

    id = UUID(primary_key=True)
    name = Text(unique=True)
    kind = Text()
    address = Text()
    hours = Text()
    active = Boolean()
