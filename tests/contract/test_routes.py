"""Who may do what, derived from the application's own routes."""

from __future__ import annotations

import difflib

import pytest

from contract.table import FILE, PROVIDERS, SAFE, Line, handlers_of, lines_of
from procon.auth.actor import Actor
from procon.auth.csrf import csrf_token
from procon.auth.permissions import PERMISSIONS, ROLE_PERMISSIONS
from support.cities import City, citizen, staff, supplier
from support.web import Web

REGENERATE = "look at each change, then: .venv/bin/python tests/contract/table.py"
NO_ACCESS = "Sua conta não tem acesso a esta página."
FORGED = "Esta página ficou aberta tempo demais ou foi aberta em outro endereço."


def actor_for(role: str) -> Actor | None:
    """Somebody with just this role; None for nobody."""
    others = {"anonymous": None, "citizen": citizen(), "supplier": supplier()}
    if role in others:
        return others[role]
    if role == "vendor":
        return Actor(kind="vendor", name="Vera", account_id=citizen().account_id)
    return staff(role)


def role_for(permission: str) -> str:
    """The first role, by name, that carries the permission."""
    return min(role for role, held in ROLE_PERMISSIONS.items() if permission in held)


def test_the_routes_are_those_that_were_agreed(web: Web) -> None:
    now = [str(line) for line in lines_of(web.app)]
    agreed = FILE.read_text().splitlines()
    changes = difflib.unified_diff(agreed, now, "routes.txt", "app.routes", lineterm="", n=0)
    assert now == agreed, "\n".join([REGENERATE, *changes])


def test_every_route_names_one_known_permission(web: Web) -> None:
    assert [str(line) for line in lines_of(web.app) if line.permission not in PERMISSIONS] == []


def test_every_permission_is_used_and_held_by_some_role(web: Web) -> None:
    held = frozenset[str]().union(*ROLE_PERMISSIONS.values())
    assert held == set(PERMISSIONS)


def test_no_response_is_cached_by_the_framework(web: Web) -> None:
    """Litestar's own cache key knows neither host nor person."""
    assert [path for path, handler in handlers_of(web.app) if handler.cache] == []


@pytest.mark.parametrize("role", sorted(ROLE_PERMISSIONS))
async def test_each_role_reaches_what_it_may_and_nothing_else(
    web: Web, city: City, role: str
) -> None:
    wrong: list[str] = []
    for line in lines_of(web.app):
        # A fresh browser for each: some of these pages end the session.
        async with await web.client(city, actor_for(role)) as browser:
            answer = await browser.request(line.method, line.address)
        allowed = line.permission in ROLE_PERMISSIONS[role]
        if not _as_expected(line, role, allowed, answer.status_code, answer.text):
            wrong.append(f"{line} → {role}: {answer.status_code}")
    assert wrong == []


def _as_expected(line: Line, role: str, allowed: bool, status: int, text: str) -> bool:
    if allowed:
        most = 503 if line.path in PROVIDERS else 499
        return status <= most and NO_ACCESS not in text
    if role != "anonymous":
        return status == 403 and NO_ACCESS in text
    return status == (303 if line.method in SAFE else 401)


@pytest.mark.parametrize("token", ["", "0" * 64, "another session's", "another host's"])
async def test_no_unsafe_request_is_done_without_its_own_sessions_token(
    web: Web, cities: tuple[City, City], token: str
) -> None:
    city, other = cities
    passed: list[str] = []
    for line in lines_of(web.app):
        if line.method in SAFE:
            continue
        actor = actor_for(role_for(line.permission)) or citizen()
        async with (
            await web.client(city, actor) as browser,
            await web.client(city, actor) as second,
        ):
            own = browser.headers["X-CSRF-Token"]
            if token == "another session's":
                browser.headers["X-CSRF-Token"] = second.headers["X-CSRF-Token"]
            elif token == "another host's":
                session_id = await _session_id(web, browser.cookies, city)
                secret = web.app.state.settings.secret_key
                assert own == csrf_token(secret, city.host, session_id)
                browser.headers["X-CSRF-Token"] = csrf_token(secret, other.host, session_id)
            else:
                browser.headers["X-CSRF-Token"] = token
            assert browser.headers["X-CSRF-Token"] != own
            answer = await browser.request(line.method, line.address, data={"_csrf": ""})
        if (answer.status_code, FORGED in answer.text) != (403, True):
            passed.append(f"{line}: {answer.status_code}")
    assert passed == []


async def _session_id(web: Web, cookies: object, city: City) -> str:
    from procon.auth.sessions import cookie_name, load_session  # noqa: PLC0415 - only here

    session = await load_session(
        web.app.state.redis,
        slug=city.slug,
        host=city.host,
        token=cookies[cookie_name(False)],  # type: ignore[index]  # httpx.Cookies
        now=web.app.state.db.clock(),
    )
    assert session is not None
    return session.id


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "", "Referer": "http://evil.example/"},
    ],
)
async def test_no_unsafe_request_is_done_from_elsewhere_even_with_the_right_token(
    web: Web, city: City, headers: dict[str, str]
) -> None:
    passed: list[str] = []
    for line in lines_of(web.app):
        if line.method in SAFE:
            continue
        actor = actor_for(role_for(line.permission)) or citizen()
        async with await web.client(city, actor) as browser:
            answer = await browser.request(line.method, line.address, headers=headers)
        if (answer.status_code, FORGED in answer.text) != (403, True):
            passed.append(f"{line}: {answer.status_code}")
    assert passed == []
