"""Our sessions, and what is open in Litestar's own."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from litestar import Litestar, Request, get
from litestar.middleware.session.server_side import ServerSideSessionConfig
from litestar.stores.memory import MemoryStore
from litestar.testing import AsyncTestClient
from redis.asyncio import Redis

from auth.auth_support import HOST, NOW
from procon.auth.actor import Actor
from procon.auth.sessions import (
    Session,
    SessionsUnavailable,
    cleared_cookie,
    device_of,
    list_sessions,
    load_session,
    open_session,
    revoke,
    revoke_all,
    session_cookie,
    touch,
)
from procon.auth.together import Together

MARIA = Actor(kind="citizen", name="Maria", account_id=UUID(int=1), roles=frozenset({"citizen"}))
STAFF = Actor(kind="staff", name="Rui", account_id=UUID(int=2), roles=frozenset({"analyst"}))
CHROME = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36"


async def opened(redis: Redis, actor: Actor = MARIA, **changes: Any) -> tuple[str, Session]:
    values: dict[str, Any] = {
        "slug": "alfa",
        "host": HOST,
        "actor": actor,
        "provider": "govbr",
        "user_agent": CHROME,
        "now": NOW,
    }
    return await open_session(redis, **(values | changes))


async def loaded(redis: Redis | Together, token: str, **changes: Any) -> Session | None:
    values: dict[str, Any] = {"slug": "alfa", "host": HOST, "token": token, "now": NOW}
    return await load_session(redis, **(values | changes))


async def test_a_session_gives_its_actor_back(redis: Redis) -> None:
    token, session = await opened(redis)
    assert await loaded(redis, token) == session
    assert session.actor == Actor(
        kind="citizen",
        name="Maria",
        account_id=UUID(int=1),
        roles=frozenset({"citizen"}),
        session_id=session.id,
    )
    assert session.device == "Chrome no Android"


async def test_only_the_hash_of_the_token_is_kept(redis: Redis) -> None:
    token, session = await opened(redis)
    assert len(token) == 43
    assert session.id == hashlib.sha256(token.encode()).hexdigest()
    for name in await redis.keys("*"):
        assert token.encode() not in name
        if await redis.type(name) == b"string":
            assert token.encode() not in await redis.get(name)
    assert await loaded(redis, session.id) is None


@pytest.mark.parametrize(
    "change",
    [
        {"host": "beta.localhost"},
        {"slug": "beta"},
        {"slug": "beta", "host": "beta.localhost"},
        {"host": "alfa.localhost."},
    ],
)
async def test_a_session_is_worth_nothing_on_another_host(
    redis: Redis, change: dict[str, str]
) -> None:
    token, _ = await opened(redis)
    assert await loaded(redis, token, **change) is None


async def test_a_record_copied_to_another_city_is_refused(redis: Redis) -> None:
    token, session = await opened(redis)
    record = await redis.get(f"procon:alfa:session:{session.id}")
    await redis.set(f"procon:beta:session:{session.id}", record)
    assert await loaded(redis, token, slug="beta", host="beta.localhost") is None
    assert await loaded(redis, token, slug="beta", host=HOST) is None


async def test_login_makes_a_new_token_and_ends_the_old_session(redis: Redis) -> None:
    before, old = await opened(redis)
    after, _ = await opened(redis, previous=old)
    assert before != after
    assert await loaded(redis, before) is None
    assert (await loaded(redis, after)) is not None


async def test_a_token_that_the_client_chose_never_becomes_a_session(redis: Redis) -> None:
    chosen = "x" * 43
    token, _ = await opened(redis)
    assert token != chosen
    assert await loaded(redis, chosen) is None


async def test_stock_litestar_keeps_a_chosen_id_at_login() -> None:
    """The hole that the test above closes: an attacker's id becomes the victim's session."""

    @get("/login", sync_to_thread=False)
    def login(request: Request[Any, Any, Any]) -> None:
        request.session["person"] = "victim"

    @get("/who", sync_to_thread=False)
    def who(request: Request[Any, Any, Any]) -> str:
        return str(request.session.get("person", ""))

    app = Litestar(
        [login, who],
        middleware=[ServerSideSessionConfig().middleware],
        stores={"sessions": MemoryStore()},
        logging_config=None,
    )
    chosen = {"Cookie": "session=chosen-by-the-attacker"}
    async with AsyncTestClient(app) as client:
        await client.get("/login", headers=chosen)
        client.cookies.clear()
        assert (await client.get("/who", headers=chosen)).text == "victim"


@pytest.mark.parametrize(
    ("actor", "idle", "absolute"),
    [
        (STAFF, timedelta(minutes=30), timedelta(hours=10)),
        (MARIA, timedelta(hours=12), timedelta(hours=24)),
    ],
)
async def test_idle_and_absolute_limits(
    redis: Redis, actor: Actor, idle: timedelta, absolute: timedelta
) -> None:
    token, session = await opened(redis, actor)
    second = timedelta(seconds=1)
    assert await loaded(redis, token, now=NOW + idle - second) is not None
    assert await loaded(redis, token, now=NOW + idle) is None
    now = NOW
    while now + idle < NOW + absolute:
        now += idle - second
        session = await touch(redis, session, now)
    assert await loaded(redis, token, now=NOW + absolute - second) is not None
    assert await loaded(redis, token, now=NOW + absolute) is None
    left = await redis.ttl(f"procon:alfa:session:{session.id}")
    assert left <= (NOW + absolute - now).total_seconds()


async def test_touch_writes_at_most_once_a_minute(redis: Redis) -> None:
    _, session = await opened(redis)
    assert (await touch(redis, session, NOW + timedelta(seconds=59))).seen_at == NOW
    later = NOW + timedelta(seconds=60)
    assert (await touch(redis, session, later)).seen_at == later


async def test_a_revoked_session_is_not_brought_back_by_a_request_under_way(redis: Redis) -> None:
    token, session = await opened(redis)
    await revoke(redis, session)
    await touch(redis, session, NOW + timedelta(minutes=5))
    assert await loaded(redis, token) is None


async def test_the_owner_sees_and_ends_them_all(redis: Redis) -> None:
    first, one = await opened(redis)
    second, two = await opened(redis, user_agent="Firefox/130 (Windows NT 10.0)")
    two = await touch(redis, two, NOW + timedelta(minutes=2))
    _, foreign = await opened(redis, slug="beta", host="beta.localhost")
    _, other = await opened(redis, STAFF)
    mine: dict[str, Any] = {"slug": "alfa", "account_id": UUID(int=1), "now": NOW}
    assert await list_sessions(redis, **mine) == (two, one)
    assert two.device == "Firefox no Windows"
    assert await revoke_all(redis, **mine) == 2
    assert await list_sessions(redis, **mine) == ()
    assert await loaded(redis, first) is None
    assert await loaded(redis, second) is None
    for session in (foreign, other):
        assert await redis.exists(f"procon:{session.slug}:session:{session.id}") == 1


async def test_without_redis_it_is_said(dead_redis: Redis) -> None:
    session = Session(
        id="0" * 64,
        slug="alfa",
        host=HOST,
        actor=MARIA,
        provider="govbr",
        device="",
        created_at=NOW,
        seen_at=NOW,
    )
    with pytest.raises(SessionsUnavailable):
        await loaded(dead_redis, "x")
    with pytest.raises(SessionsUnavailable):
        await opened(dead_redis)
    with pytest.raises(SessionsUnavailable):
        await touch(dead_redis, session, NOW + timedelta(minutes=5))
    with pytest.raises(SessionsUnavailable):
        await list_sessions(dead_redis, slug="alfa", account_id=UUID(int=1), now=NOW)


async def test_an_unreadable_record_is_no_session(redis: Redis) -> None:
    token, session = await opened(redis)
    await redis.set(f"procon:alfa:session:{session.id}", b'{"id":"x"}')
    assert await loaded(redis, token) is None


def test_the_cookie_is_locked_down() -> None:
    assert session_cookie("abc", secure=True).to_header(header="") == (
        "__Host-procon=abc; HttpOnly; Path=/; SameSite=lax; Secure"
    )
    assert session_cookie("abc", secure=False).to_header(header="") == (
        "procon=abc; HttpOnly; Path=/; SameSite=lax"
    )
    assert "Max-Age=0" in cleared_cookie(secure=True).to_header(header="")


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (CHROME, "Chrome no Android"),
        ("Mozilla/5.0 (iPhone) AppleWebKit CriOS/130 Safari/604", "Chrome no iPhone"),
        ("Mozilla/5.0 (Macintosh) Version/17 Safari/605", "Safari no Mac"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/130 Safari/537 Edg/130", "Edge no Windows"),
        ("<script>alert(1)</script>", "Outro navegador em outro aparelho"),
        ("", "Outro navegador em outro aparelho"),
    ],
)
def test_devices_in_plain_words(user_agent: str, words: str) -> None:
    assert device_of(user_agent) == words
