"""Forged requests: ours are refused, and what is open in Litestar's own protection."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from litestar import Litestar, Request, Response, get, post
from litestar.config.csrf import CSRFConfig
from litestar.testing import AsyncTestClient

from procon.auth.csrf import check, csrf_token, is_visitor, new_visitor, visitor_cookie
from procon.kernel.errors import Forbidden

SECRET = "s" * 32
HOST = "alfa.localhost"
BASE = f"http://{HOST}:8000"
OURS = {"Sec-Fetch-Site": "same-origin"}
TOKEN = csrf_token(SECRET, HOST, "session-1")


def app_with_our_check(expected: str = TOKEN) -> Litestar:
    async def before(request: Request[Any, Any, Any]) -> None:
        request.state.csrf_token = expected
        await check(request)

    @post("/", status_code=200)
    async def act(request: Request[Any, Any, Any]) -> str:
        return str((await request.form()).get("what", "nothing"))

    @get("/")
    async def look() -> str:
        return "seen"

    def refused(_: Request[Any, Any, Any], error: Forbidden) -> Response[str]:
        return Response(error.code, status_code=403)

    app = Litestar(
        [act, look],
        before_request=before,
        exception_handlers={Forbidden: refused},
        logging_config=None,
    )
    app.state.settings = SimpleNamespace(public_scheme="http")
    return app


async def send(headers: dict[str, str], form: dict[str, str], **kwargs: Any) -> tuple[int, str]:
    async with AsyncTestClient(app_with_our_check(**kwargs), base_url=BASE) as client:
        response = await client.post("/", headers=headers, data=form)
    return response.status_code, response.text


async def test_our_own_form_passes_and_can_still_be_read() -> None:
    assert await send(OURS, {"_csrf": TOKEN, "what": "filed"}) == (200, "filed")
    assert await send(OURS | {"X-CSRF-Token": TOKEN}, {}) == (200, "nothing")


async def test_reading_needs_nothing() -> None:
    async with AsyncTestClient(app_with_our_check(), base_url=BASE) as client:
        response = await client.get("/", headers={"Sec-Fetch-Site": "cross-site"})
    assert (response.status_code, response.text) == (200, "seen")


@pytest.mark.parametrize(
    ("headers", "answer"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, (200, "nothing")),
        ({"Sec-Fetch-Site": "none"}, (200, "nothing")),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, (200, "nothing")),
        ({"Sec-Fetch-Site": "same-site"}, (403, "csrf-origin")),
        ({"Sec-Fetch-Site": "cross-site"}, (403, "csrf-origin")),
        ({"Sec-Fetch-Site": ""}, (403, "csrf-origin")),
        ({"Sec-Fetch-Site": "cross-site", "Origin": BASE}, (403, "csrf-origin")),
        ({"Origin": BASE}, (200, "nothing")),
        ({"Origin": BASE.upper()}, (200, "nothing")),
        ({"Origin": f"http://beta.{HOST}:8000"}, (403, "csrf-origin")),
        ({"Origin": f"http://{HOST}:8001"}, (403, "csrf-origin")),
        ({"Origin": f"https://{HOST}:8000"}, (403, "csrf-origin")),
        ({"Origin": f"http://{HOST}:8000.evil.test"}, (403, "csrf-origin")),
        ({"Origin": "null"}, (403, "csrf-origin")),
        ({"Referer": f"{BASE}/reclamar?x=1"}, (200, "nothing")),
        ({"Referer": f"http://evil.test/{BASE}"}, (403, "csrf-origin")),
        ({"Referer": f"http://{HOST}:8000@evil.test/"}, (403, "csrf-origin")),
        ({}, (403, "csrf-origin")),
    ],
)
async def test_where_the_request_started(headers: dict[str, str], answer: tuple[int, str]) -> None:
    assert await send(headers, {"_csrf": TOKEN}) == answer


@pytest.mark.parametrize(
    "given",
    [
        "",
        TOKEN[:-1],
        TOKEN.upper(),
        csrf_token(SECRET, HOST, "session-2"),
        csrf_token(SECRET, "beta.localhost", "session-1"),
        csrf_token("other", HOST, "session-1"),
        "é" * 64,
    ],
)
async def test_only_this_session_s_token_counts(given: str) -> None:
    assert await send(OURS, {"_csrf": given}) == (403, "csrf-token")


async def test_without_an_expected_token_nothing_passes() -> None:
    assert await send(OURS, {"_csrf": ""}, expected="") == (403, "csrf-token")


async def test_a_token_in_the_address_does_not_count() -> None:
    async with AsyncTestClient(app_with_our_check(), base_url=BASE) as client:
        response = await client.post(f"/?_csrf={TOKEN}", headers=OURS)
    assert (response.status_code, response.text) == (403, "csrf-token")


async def test_stock_litestar_accepts_the_attacker_s_own_token() -> None:
    """The hole that binding closes: a tossed cookie plus the attacker's token is enough."""

    @get("/", sync_to_thread=False)
    def form() -> str:
        return ""

    @post("/", status_code=200, sync_to_thread=False)
    def act() -> str:
        return "done in the victim's name"

    app = Litestar([form, act], csrf_config=CSRFConfig(secret=SECRET), logging_config=None)
    async with AsyncTestClient(app, base_url=BASE) as attacker:
        minted = (await attacker.get("/")).cookies["csrftoken"]
    async with AsyncTestClient(app, base_url=BASE) as victim:
        tossed = {"Cookie": f"session=of-the-victim; csrftoken={minted}", "x-csrftoken": minted}
        response = await victim.post("/", headers=tossed | {"Sec-Fetch-Site": "same-site"})
    assert (response.status_code, response.text) == (200, "done in the victim's name")


def test_visitors() -> None:
    assert is_visitor(new_visitor())
    assert new_visitor() != new_visitor()
    assert not any(map(is_visitor, ("", "a" * 21, "a" * 23, "a" * 21 + ";", "a" * 21 + "\n")))
    assert visitor_cookie("v", secure=True).to_header(header="") == (
        "__Host-procon-v=v; HttpOnly; Path=/; SameSite=lax; Secure"
    )
