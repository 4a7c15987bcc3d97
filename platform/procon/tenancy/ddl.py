"""Migrations as SQL: Piccolo keeps the history, the statements are ours."""

from __future__ import annotations

from typing import Any

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from procon.tenancy.scope import ENGINE


def sql_migration(app_name: str, migration_id: str, description: str, sql: str) -> MigrationManager:
    """A forwards migration of `sql`, which may hold many statements and names no schema."""

    async def run() -> None:
        transaction: Any = ENGINE.current_transaction.get()
        await transaction.connection.execute(sql)

    manager = MigrationManager(
        migration_id=migration_id, app_name=app_name, description=description
    )
    manager.add_raw(run)
    return manager
