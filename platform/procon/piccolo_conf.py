"""Where Piccolo finds its engine."""

from procon.tenancy.scope import ENGINE as DB

__all__ = ["DB"]
