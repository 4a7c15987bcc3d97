"""Tables of the notice board, in the schema of each city that enables it."""

from __future__ import annotations

from pathlib import Path

from piccolo.columns import UUID, Date, Integer, Text, Timestamptz
from piccolo.conf.apps import AppConfig
from piccolo.table import Table


class Notice(Table, tablename="example_notice"):
    """One notice."""

    id = UUID(primary_key=True)
    text = Text()
    author = Text()
    written_at = Timestamptz()


class OpenedOn(Table, tablename="example_opened"):
    """How many cases were opened on a day; `event_keys` in its own table makes it count once."""

    day = Date(primary_key=True)
    cases = Integer()


class Counted(Table, tablename="example_counted"):
    """Effects that were had already: an event may come twice."""

    effect_key = Text(primary_key=True)


APP_CONFIG = AppConfig(
    app_name="example",
    migrations_folder_path=Path(__file__).parent / "piccolo_migrations",
    table_classes=[Notice, OpenedOn, Counted],
)
