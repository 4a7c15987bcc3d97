"""What the services promise to those who use them."""

import stat

import asyncpg
import pytest

from procon.embedded.services import Services


async def test_roles_and_database(running: Services) -> None:
    link = await asyncpg.connect(running.postgres.dsn("postgres"))
    try:
        roles = await link.fetch(
            "SELECT rolname, rolcanlogin, rolinherit, rolcreaterole, rolsuper, rolconfig"
            " FROM pg_roles WHERE rolname LIKE 'procon%' ORDER BY rolname"
        )
        assert [tuple(row) for row in roles] == [
            ("procon_app", True, False, False, False, ["search_path=pg_catalog"]),
            ("procon_owner", True, True, True, False, None),
        ]
        extensions = await link.fetch(
            "SELECT extname FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace"
            " WHERE nspname = 'extensions' ORDER BY extname"
        )
        assert [row["extname"] for row in extensions] == ["btree_gin", "pg_trgm", "unaccent"]
        settings = ["max_connections", "max_locks_per_transaction", "listen_addresses", "fsync"]
        assert {
            name: await link.fetchval("SELECT current_setting($1)", name) for name in settings
        } == {
            "max_connections": "200",
            "max_locks_per_transaction": "1024",
            "listen_addresses": "127.0.0.1",
            "fsync": "off",
        }
        owner = await link.fetchval(
            "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'procon'"
        )
        assert owner == "procon_owner"
        assert await link.fetchval("SELECT lower('AÇÃO É')") == "ação é"
    finally:
        await link.close()


async def test_application_role_may_not_write_to_public(running: Services) -> None:
    link = await asyncpg.connect(running.postgres.dsn("procon_app"))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await link.execute("CREATE TABLE public.x ()")
        assert await link.fetchval("SELECT extensions.unaccent('ção')") == "cao"
    finally:
        await link.close()


async def test_wrong_password_is_refused(running: Services) -> None:
    wrong = running.postgres.dsn("procon_app").replace(
        running.postgres.passwords["procon_app"], "wrong"
    )
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(wrong)


def test_secrets_are_for_their_owner_only(running: Services) -> None:
    root = running.place.root
    for name in ("secrets.json", "s3-credentials.json", "ports.json", "redis/valkey.conf"):
        assert stat.S_IMODE((root / name).stat().st_mode) == 0o600


def test_environment_names_every_service(running: Services) -> None:
    assert set(running.env()) == {
        "PROCON_DATABASE_URL",
        "PROCON_OWNER_DATABASE_URL",
        "PROCON_REDIS_URL",
        "PROCON_S3_ENDPOINT",
        "PROCON_S3_ACCESS_KEY",
        "PROCON_S3_SECRET_KEY",
        "PROCON_SMTP_HOST",
        "PROCON_SMTP_PORT",
        "PROCON_SECRET_KEY",
        "PROCON_EMBEDDED_DIR",
    }
