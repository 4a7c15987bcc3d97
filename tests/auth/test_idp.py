"""The imitated provider is as strict as the real one, and never runs in production."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import httpx
import pytest

from auth.auth_support import ORIGIN, PROVIDER, Scene, pkce
from procon.embedded.idp import create_idp, find, people, staff
from procon.kernel.documents import parse_cnpj, parse_cpf

VERIFIER = "v" * 64
ASKED = {
    "client_id": "procon-alfa",
    "redirect_uri": f"{ORIGIN}/entrar/retorno",
    "response_type": "code",
    "scope": "openid profile",
    "state": "a&b=%20 c",
    "nonce": "n" * 16,
    "code_challenge": pkce(VERIFIER),
    "code_challenge_method": "S256",
    "login_hint": "consumer",
}
PEOPLE = ["consumer", "consumer2", "consumer3", "supplier", "partner", "lawyer", "nocpf"]
STAFF = ["attendant", "analyst", "conciliator", "inspector", "authority", "cityadmin"]


@pytest.fixture
def browser(scene: Scene) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(scene.idp), base_url=PROVIDER)


@pytest.mark.parametrize("environment", ["production", "staging", "PRODUCTION", ""])
def test_it_is_never_made_outside_the_demonstration(
    tmp_path: Path, environment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PROCON_ENVIRONMENT", raising=False)
    with pytest.raises(RuntimeError):
        create_idp(tmp_path, environment=environment)
    assert list(tmp_path.iterdir()) == []


def test_personas_are_the_same_on_every_run_and_have_valid_documents() -> None:
    assert [one.key for one in people()] == PEOPLE
    assert [one.key for one in staff("alfa")] == STAFF
    assert [one.key for one in staff("plataforma")] == ["vendor"]
    assert people() == people()
    assert {one.level for one in people()} == {"bronze", "silver", "gold"}
    cpfs = [parse_cpf(one.sub) for one in people() if one.key != "nocpf"]
    assert len(set(cpfs)) == 6
    supplier = find(None, "supplier")
    assert supplier is not None
    assert parse_cnpj(supplier.cnpj) == supplier.cnpj


def test_staff_of_two_cities_are_different_people() -> None:
    alfa, beta = staff("alfa"), staff("beta")
    assert {one.sub for one in alfa}.isdisjoint({one.sub for one in beta})
    assert [one.groups for one in alfa] == [one.groups for one in beta]


async def test_the_page_lists_one_person_per_role(browser: httpx.AsyncClient) -> None:
    query = {name: value for name, value in ASKED.items() if name != "login_hint"}
    for path, keys in (("/authorize", PEOPLE), ("/realms/alfa/authorize", STAFF)):
        response = await browser.get(path, params=query)
        assert response.status_code == 200
        assert "Ambiente de demonstração" in response.text
        found = [
            key
            for key in PEOPLE + STAFF
            if f"login_hint={key}&#34;" in response.text or f'login_hint={key}"' in response.text
        ]
        assert found == keys


WRONG: list[tuple[dict[str, str], str]] = [
    ({"response_type": "token"}, "unsupported_response_type"),
    ({"response_type": ""}, "unsupported_response_type"),
    ({"scope": "profile"}, "invalid_scope"),
    ({"code_challenge_method": "plain"}, "invalid_request"),
    ({"code_challenge": ""}, "invalid_request"),
    ({"code_challenge": "short"}, "invalid_request"),
    ({"state": ""}, "invalid_request"),
    ({"nonce": ""}, "invalid_request"),
    ({"login_hint": "cancel"}, "access_denied"),
]


@pytest.mark.parametrize(("change", "error"), WRONG)
async def test_a_wrong_request_goes_back_with_an_error(
    browser: httpx.AsyncClient, change: dict[str, str], error: str
) -> None:
    response = await browser.get("/authorize", params=ASKED | change)
    back = httpx.URL(response.headers["location"])
    assert response.status_code == 303
    assert str(back.copy_with(query=None)) == ASKED["redirect_uri"]
    assert (back.params["error"], back.params["iss"]) == (error, PROVIDER)
    assert "code" not in back.params


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "procon-"},
        {"client_id": "outro"},
        {"client_id": "procon-beta"},
        {"redirect_uri": f"{ORIGIN}/entrar/retorno/"},
        {"redirect_uri": f"{ORIGIN}/entrar/retorno?x=1"},
        {"redirect_uri": "http://alfa.localhost:8001/entrar/retorno"},
        {"redirect_uri": "http://alfa.localhost.evil.test:8000/entrar/retorno"},
        {"redirect_uri": "https://alfa.localhost:8000/entrar/retorno"},
        {"redirect_uri": ""},
    ],
)
async def test_an_unknown_address_is_never_redirected_to(
    browser: httpx.AsyncClient, change: dict[str, str]
) -> None:
    response = await browser.get("/authorize", params=ASKED | change)
    assert response.status_code == 400
    assert "location" not in response.headers


async def _code(browser: httpx.AsyncClient, **change: str) -> str:
    response = await browser.get("/authorize", params=ASKED | change)
    back = httpx.URL(response.headers["location"])
    assert back.params["state"] == ASKED["state"]
    return str(back.params["code"])


async def _redeem(
    browser: httpx.AsyncClient, scene: Scene, code: str, **change: Any
) -> httpx.Response:
    auth = change.pop("auth", ("procon-alfa", scene.secret))
    path = change.pop("path", "/token")
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": ASKED["redirect_uri"],
        "code_verifier": VERIFIER,
    }
    return await browser.post(path, data=form | change, auth=auth)


async def test_a_code_works_once(browser: httpx.AsyncClient, scene: Scene) -> None:
    code = await _code(browser)
    first = await _redeem(browser, scene, code)
    second = await _redeem(browser, scene, code)
    assert sorted(first.json()) == ["access_token", "expires_in", "id_token", "scope", "token_type"]
    assert (second.status_code, second.json()) == (400, {"error": "invalid_grant"})


async def test_a_code_lives_sixty_seconds(browser: httpx.AsyncClient, scene: Scene) -> None:
    young, old = await _code(browser), await _code(browser)
    scene.clock.advance(seconds=60)
    assert (await _redeem(browser, scene, young)).status_code == 200
    scene.clock.advance(seconds=1)
    assert (await _redeem(browser, scene, old)).json() == {"error": "invalid_grant"}


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"code_verifier": "w" * 64}, 400, "invalid_grant"),
        ({"code_verifier": ""}, 400, "invalid_grant"),
        ({"redirect_uri": f"{ORIGIN}/"}, 400, "invalid_grant"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"path": "/realms/alfa/token"}, 400, "invalid_grant"),
        ({"auth": ("procon-alfa", "wrong")}, 401, "invalid_client"),
        ({"auth": None}, 401, "invalid_client"),
    ],
)
async def test_the_token_call_is_checked(
    browser: httpx.AsyncClient, scene: Scene, change: dict[str, Any], status: int, error: str
) -> None:
    response = await _redeem(browser, scene, await _code(browser), **change)
    assert (response.status_code, response.json()) == (status, {"error": error})


async def test_another_client_cannot_use_the_code(browser: httpx.AsyncClient, scene: Scene) -> None:
    response = await _redeem(
        browser, scene, await _code(browser), auth=("procon-beta", scene.secret)
    )
    assert response.json() == {"error": "invalid_grant"}


async def test_userinfo_belongs_to_the_access_token(
    browser: httpx.AsyncClient, scene: Scene
) -> None:
    code = await _code(browser, scope="openid govbr_confiabilidades", login_hint="supplier")
    tokens = (await _redeem(browser, scene, code)).json()
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    supplier = find(None, "supplier")
    assert supplier is not None
    told = (await browser.get("/userinfo", headers=bearer)).json()
    assert (told["sub"], told["cnpj"], told["reliability_info"]["level"]) == (
        supplier.sub,
        supplier.cnpj,
        "gold",
    )
    wrong = {"Authorization": f"Bearer {tokens['id_token']}"}
    assert (await browser.get("/userinfo", headers=wrong)).status_code == 401
    assert (await browser.get("/realms/alfa/userinfo", headers=bearer)).status_code == 401


@pytest.mark.parametrize(
    ("address", "status"),
    [
        (f"{ORIGIN}/", 303),
        (f"{ORIGIN}/x", 400),
        ("http://alfa.localhost:9/", 400),
        ("http://evil.test/", 400),
        ("//alfa.localhost:8000/", 400),
        ("", 400),
    ],
)
async def test_logout_returns_only_to_a_registered_address(
    browser: httpx.AsyncClient, address: str, status: int
) -> None:
    response = await browser.get("/logout", params={"post_logout_redirect_uri": address})
    assert response.status_code == status
    assert response.headers.get("location") == (address if status == 303 else None)


async def test_key_and_secret_survive_a_restart_and_are_private(
    tmp_path: Path, scene: Scene, browser: httpx.AsyncClient
) -> None:
    again = create_idp(tmp_path / "idp", environment="test", clock=scene.clock)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(again), base_url=PROVIDER) as other:
        assert (await other.get("/jwk")).json() == (await browser.get("/jwk")).json()
    key = (await browser.get("/jwk")).json()["keys"][0]
    assert sorted(key) == ["alg", "e", "kid", "kty", "n", "use"]
    for name in ("key.pem", "client_secret"):
        assert stat.S_IMODE((tmp_path / "idp" / name).stat().st_mode) == 0o600


async def test_pages_are_portuguese_and_load_nothing(browser: httpx.AsyncClient) -> None:
    response = await browser.get("/nada")
    assert response.status_code == 404
    assert "Esta página não existe." in response.text
    assert "default-src 'none'" in response.headers["content-security-policy"]
