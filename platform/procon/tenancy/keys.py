"""The one place where names shared between cities are built: each carries its tenant."""

from __future__ import annotations

import re

_SLUG = re.compile(r"[a-z][a-z0-9]{2,30}\Z")


def checked_slug(slug: str) -> str:
    """Return `slug` unchanged; it becomes part of role, schema and key names.

    Raises:
        ValueError: it is not a tenant slug.
    """
    if not _SLUG.match(slug):
        raise ValueError(f"not a tenant slug: {slug!r}")
    return slug


def schema_name(slug: str) -> str:
    """Name of the PostgreSQL schema, and of the role, of a tenant."""
    return f"t_{checked_slug(slug)}"


def key(slug: str, *parts: str) -> str:
    """Redis key, job id or lock name: `procon:<slug>:<part>:…`."""
    if not parts or any(not part or ":" in part for part in parts):
        raise ValueError(f"key parts are non-empty and hold no colon: {parts!r}")
    return ":".join(("procon", checked_slug(slug), *parts))


def object_key(slug: str, *parts: str) -> str:
    """S3 key: `<slug>/<part>/…`."""
    if not parts or any(not part or "/" in part or part in {".", ".."} for part in parts):
        raise ValueError(f"object key parts are non-empty and hold no slash: {parts!r}")
    return "/".join((checked_slug(slug), *parts))
