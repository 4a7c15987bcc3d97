"""The embedded PostgreSQL."""

from procon.embedded.postgres.server import ROLES, Postgres, start

__all__ = ["ROLES", "Postgres", "start"]
