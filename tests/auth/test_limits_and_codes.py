"""Rate limits that hold over several processes, and one-time codes that cannot be guessed."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from litestar import Litestar, get
from litestar.middleware.rate_limit import RateLimitConfig
from litestar.stores.redis import RedisStore
from redis.asyncio import Redis

from auth.auth_support import raises_code
from procon.auth import codes
from procon.auth.ratelimit import Decision, allow, subject
from procon.kernel.errors import Refused

MINUTE = timedelta(minutes=1)


async def test_of_sixty_at_once_over_two_clients_exactly_twenty_pass(
    redis: Redis, redis_url: str
) -> None:
    other = Redis.from_url(redis_url)
    tries = [allow((redis, other)[n % 2], "procon:alfa:limit:x", 20, MINUTE) for n in range(60)]
    decisions = await asyncio.gather(*tries)
    await other.aclose()
    assert sum(one.allowed for one in decisions) == 20
    assert {one.retry_after for one in decisions if not one.allowed} <= {59, 60}


async def test_stock_litestar_lets_more_through(redis: Redis, redis_url: str) -> None:
    """The hole: each process reads the count and writes it back; in between the other reads it."""
    both_have_read = asyncio.Barrier(2)

    class _BusyStore(RedisStore):
        async def get(self, key: str, renew_for: Any = None) -> bytes | None:
            found = await super().get(key, renew_for)
            await both_have_read.wait()
            return found

    @get("/", sync_to_thread=False)
    def page() -> str:
        return ""

    async def process(client: Redis) -> list[int]:
        store = _BusyStore(client, namespace="stock", handle_client_shutdown=False)
        limiter = RateLimitConfig(rate_limit=("hour", 5))
        app = Litestar(
            [page],
            middleware=[limiter.middleware],
            stores={"rate_limit": store},
            logging_config=None,
        )
        transport = httpx.ASGITransport(app)  # type: ignore[arg-type]  # two spellings of ASGI
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as visitor:
            return [(await visitor.get("/")).status_code for _ in range(5)]

    other = Redis.from_url(redis_url)
    answers = await asyncio.gather(process(redis), process(other))
    await other.aclose()
    assert answers == [[200] * 5, [200] * 5]


async def test_a_refused_try_does_not_lengthen_the_wait(redis: Redis) -> None:
    for _ in range(3):
        assert await allow(redis, "procon:alfa:limit:y", 3, MINUTE) == Decision(allowed=True)
    for _ in range(20):
        assert not (await allow(redis, "procon:alfa:limit:y", 3, MINUTE)).allowed
    assert await redis.zcard("procon:alfa:limit:y") == 3


async def test_the_window_slides_and_the_key_ends(redis: Redis) -> None:
    short = timedelta(milliseconds=80)
    assert (await allow(redis, "procon:alfa:limit:z", 1, short)).allowed
    while not (await allow(redis, "procon:alfa:limit:z", 1, short)).allowed:
        pass  # each turn is a round trip to Redis
    assert 0 < await redis.pttl("procon:alfa:limit:z") <= 80


async def test_when_redis_is_down_pages_go_on_and_guessing_stops(dead_redis: Redis) -> None:
    assert (await allow(dead_redis, "procon:alfa:limit:x", 1, MINUTE)).allowed
    assert not (
        await allow(dead_redis, "procon:alfa:limit:x", 1, MINUTE, when_down="refuse")
    ).allowed


def test_a_subject_hides_the_address_and_ignores_case() -> None:
    assert subject("Maria@Exemplo.test") == subject("maria@exemplo.test")
    assert len(subject("2001:db8::1")) == 32
    assert ":" not in subject("2001:db8::1")


WHO: dict[str, Any] = {
    "secret": "s" * 32,
    "slug": "alfa",
    "purpose": "login",
    "email": "maria@exemplo.test",
    "visitor": "v" * 22,
    "ip": "127.0.0.1",
}


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


async def test_a_code_works_once(redis: Redis) -> None:
    code = await codes.create(redis, **WHO)
    assert len(code) == 6
    await codes.verify(redis, **WHO, code=f" {code[:3]} {code[3:]} ")
    with raises_code(Refused, "code-dead"):
        await codes.verify(redis, **WHO, code=code)


async def test_a_code_is_stored_hashed_for_ten_minutes(redis: Redis) -> None:
    code = await codes.create(redis, **WHO)
    (name,) = await redis.keys("procon:alfa:code:*")
    assert code.encode() not in repr(await redis.hgetall(name)).encode()
    assert b"maria" not in name
    assert 595 <= await redis.ttl(name) <= 600


async def test_after_five_wrong_ones_the_right_one_is_dead(redis: Redis) -> None:
    code = await codes.create(redis, **WHO)
    for _ in range(4):
        with raises_code(Refused, "code-wrong"):
            await codes.verify(redis, **WHO, code=other_than(code))
    with raises_code(Refused, "code-dead"):
        await codes.verify(redis, **WHO, code=other_than(code))
    with raises_code(Refused, "code-dead"):
        await codes.verify(redis, **WHO, code=code)


async def test_guessing_at_once_gives_no_extra_tries(redis: Redis) -> None:
    code = await codes.create(redis, **WHO)
    guesses = [f"{n:06d}" for n in range(40) if f"{n:06d}" != code]

    async def guess(one: str) -> str:
        try:
            await codes.verify(redis, **WHO, code=one)
        except Refused as refused:
            return refused.code
        return "in"

    results = await asyncio.gather(*(guess(one) for one in guesses))
    assert results.count("in") == 0
    assert results.count("code-wrong") == codes.MAX_WRONG - 1


@pytest.mark.parametrize(
    "change",
    [
        {"visitor": "w" * 22},
        {"email": "joao@exemplo.test"},
        {"slug": "beta"},
        {"purpose": "case"},
        {"secret": "t" * 32},
    ],
)
async def test_a_code_is_for_one_person_browser_city_and_purpose(
    redis: Redis, change: dict[str, str]
) -> None:
    code = await codes.create(redis, **WHO)
    with pytest.raises(Refused):
        await codes.verify(redis, **(WHO | change), code=code)
    await codes.verify(redis, **WHO, code=code)


async def test_a_new_code_replaces_the_old(redis: Redis) -> None:
    old = await codes.create(redis, **WHO)
    new = await codes.create(redis, **WHO)
    if old != new:
        with raises_code(Refused, "code-wrong"):
            await codes.verify(redis, **WHO, code=old)
    await codes.verify(redis, **WHO, code=new)


async def test_codes_are_limited_by_email_and_by_address(redis: Redis) -> None:
    for _ in range(5):
        await codes.create(redis, **WHO)
    with raises_code(Refused, "code-limit"):
        await codes.create(redis, **(WHO | {"visitor": "w" * 22, "ip": "10.0.0.1"}))
    for n in range(15):
        await codes.create(redis, **(WHO | {"email": f"p{n}@exemplo.test"}))
    with raises_code(Refused, "code-limit"):
        await codes.create(redis, **(WHO | {"email": "mais@exemplo.test"}))


async def test_tries_are_limited_over_all_codes_of_an_email(redis: Redis) -> None:
    results = []
    for n in range(31):
        with pytest.raises(Refused) as refused:
            await codes.verify(redis, **(WHO | {"visitor": f"{n:022d}"}), code="000000")
        results.append(refused.value.code)
    assert results == ["code-dead"] * 30 + ["code-limit"]


async def test_without_redis_there_are_no_codes(dead_redis: Redis) -> None:
    with raises_code(Refused, "code-limit"):
        await codes.create(dead_redis, **WHO)
    with raises_code(Refused, "code-limit"):
        await codes.verify(dead_redis, **WHO, code="000000")
