"""Signing in and out in the whole application, as a browser does it without JavaScript."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from auth.auth_support import Switch
from procon.auth.oidc import Gateway
from procon.auth.sessions import load_session
from procon.embedded.idp import create_idp, find, staff
from procon.embedded.services import Services
from support.cities import City, MovingClock
from support.web import Web, token_in


class World:
    """The application and a provider, seen by one browser on one city."""

    def __init__(self, web: Web, city: City, browser: httpx.AsyncClient, wire: Switch) -> None:
        self.web, self.city, self.browser, self.wire = web, city, browser, wire

    async def enter(self, way: str, persona: str, back: str = "/") -> httpx.Response:
        """From the link to the answer of the callback."""
        start = await self.browser.get(
            f"/entrar/{way}", params={"voltar": back, "persona": persona}
        )
        assert start.status_code == 303, start.text
        async with httpx.AsyncClient(transport=self.wire.inner) as elsewhere:
            answer = await elsewhere.get(start.headers["location"])
        return await self.browser.get(answer.headers["location"])

    async def post(self, path: str, form: dict[str, str], page: str = "/entrar") -> httpx.Response:
        """Fill the form of `page` in and send it."""
        token = token_in((await self.browser.get(page)).text)
        return await self.browser.post(path, data={**form, "_csrf": token})

    async def who(self, token: str | None = None) -> str:
        """Name in the session of a token (the browser's own unless given), or ""."""
        token = self.browser.cookies.get("procon", "") if token is None else token
        state = self.web.app.state
        session = await load_session(
            state.redis, slug=self.city.slug, host=self.city.host, token=token, now=state.db.clock()
        )
        return session.actor.name or str(session.actor.email) if session else ""


@pytest.fixture
async def world(
    web: Web, city: City, clock: MovingClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    (tmp_path / "client_secret").write_text("test-secret")
    idp = create_idp(tmp_path, environment="test", clock=clock)
    wire = Switch(httpx.ASGITransport(idp))
    gateway = Gateway(local=True, transport=wire)
    monkeypatch.setattr(web.app.state, "oidc", gateway)
    monkeypatch.setenv(
        "PROCON_VENDOR_OIDC",
        '{"issuer":"http://govbr.localhost/realms/plataforma","client_id":"procon-plataforma",'
        '"client_secret":"secret://DEMO_IDP","role_map":{"plataforma-operacao":"vendor"}}',
    )
    await web.app.state.redis.flushdb()
    async with await web.client(city) as browser:
        yield World(web, city, browser, wire)
    await gateway.close()


async def test_a_consumer_comes_in_and_goes_to_the_page_asked_for(world: World) -> None:
    response = await world.enter("govbr", "consumer", "/reclamar?passo=2")
    assert (response.status_code, response.headers["location"]) == (303, "/reclamar?passo=2")
    assert await world.who() == "Marina Duarte Queiroz"


@pytest.mark.parametrize(
    ("way", "persona", "home"),
    [
        ("govbr", "consumer2", "/minha-conta"),
        ("govbr", "supplier", "/fornecedor"),
        ("equipe", "analyst", "/equipe"),
    ],
)
async def test_each_kind_has_its_home(world: World, way: str, persona: str, home: str) -> None:
    assert (await world.enter(way, persona)).headers["location"] == home


@pytest.mark.parametrize("key", [one.key for one in staff("x")])
async def test_every_member_of_staff_can_enter(world: World, key: str) -> None:
    persona = find(world.city.slug, key)
    assert persona is not None
    await world.enter("equipe", key)
    assert await world.who() == persona.name


async def test_the_token_changes_at_login_and_the_old_one_dies(world: World) -> None:
    world.browser.cookies.set("procon", "x" * 43, domain=world.city.host, path="/")
    await world.enter("govbr", "consumer")
    first = world.browser.cookies["procon"]
    await world.enter("govbr", "consumer2")
    second = world.browser.cookies["procon"]
    assert len({"x" * 43, first, second}) == 3
    assert await world.who(first) == ""


async def test_a_session_of_one_city_is_nothing_in_the_other(world: World, other: City) -> None:
    await world.enter("govbr", "consumer")
    stolen = {"Cookie": f"procon={world.browser.cookies['procon']}"}
    async with await world.web.client(other) as elsewhere:
        response = await elsewhere.get("/conta/sessoes", headers=stolen)
    assert response.status_code in {303, 401}
    assert "Marina" not in response.text


async def test_an_open_redirect_is_not_possible(world: World) -> None:
    response = await world.enter("govbr", "consumer", "//evil.test/")
    assert response.headers["location"] == "/minha-conta"


async def test_the_callback_works_once_and_says_so(world: World) -> None:
    start = await world.browser.get("/entrar/govbr", params={"persona": "consumer"})
    cookie = world.browser.cookies["procon-login"]
    async with httpx.AsyncClient(transport=world.wire.inner) as elsewhere:
        answer = await elsewhere.get(start.headers["location"])
    assert (await world.browser.get(answer.headers["location"])).status_code == 303
    world.browser.cookies.clear()
    world.browser.cookies.set("procon-login", cookie)
    again = await world.browser.get(answer.headers["location"])
    assert again.status_code == 422
    assert "Esta entrada já foi usada" in again.text
    assert "Receber o código" in again.text
    assert await world.who() == ""


async def test_somebody_else_s_answer_does_not_sign_me_in(world: World) -> None:
    async with await world.web.client(world.city) as attacker:
        start = await attacker.get("/entrar/govbr", params={"persona": "consumer2"})
    async with httpx.AsyncClient(transport=world.wire.inner) as elsewhere:
        answer = await elsewhere.get(start.headers["location"])
    for begun in (False, True):
        if begun:
            await world.browser.get("/entrar/govbr", params={"persona": "consumer"})
        response = await world.browser.get(answer.headers["location"])
        assert response.status_code == 422
        assert await world.who() == ""


async def test_when_gov_br_is_down_the_page_says_so_and_offers_the_code(world: World) -> None:
    world.wire.down = True
    response = await world.browser.get("/entrar/govbr")
    assert response.status_code == 503
    assert "O gov.br não respondeu agora" in response.text
    assert "Receber o código" in response.text


@pytest.mark.parametrize(
    ("persona", "status", "sentence"),
    [("nocpf", 422, "não informou o seu CPF"), ("cancel", 200, "Você cancelou a entrada")],
)
async def test_what_goes_wrong_is_said_in_plain_words(
    world: World, persona: str, status: int, sentence: str
) -> None:
    response = await world.enter("govbr", persona)
    assert response.status_code == status
    assert sentence in response.text
    assert await world.who() == ""


async def test_a_code_by_email_without_gov_br(world: World, services: Services) -> None:
    asked = await world.post(
        "/entrar/codigo", {"email": " Nova.Pessoa@Exemplo.test ", "voltar": "/reclamar"}
    )
    assert (asked.status_code, asked.headers["location"]) == (
        303,
        "/entrar/codigo?voltar=%2Freclamar",
    )
    (message,) = services.mail.find(to="nova.pessoa@exemplo.test")
    (code,) = [line.strip() for line in message.text.splitlines() if line.strip().isdigit()]
    form = await world.browser.get(asked.headers["location"])
    assert "nova.pessoa@exemplo.test" in form.text
    assert form.headers["cache-control"] == "no-store"
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    page = "/entrar/codigo?voltar=/reclamar"
    refused = await world.post("/entrar/codigo/conferir", {"codigo": wrong}, page)
    assert refused.status_code == 422
    assert "Este código não confere" in refused.text
    done = await world.post(
        "/entrar/codigo/conferir", {"codigo": code, "voltar": "/reclamar"}, page
    )
    assert (done.status_code, done.headers["location"]) == (303, "/reclamar")
    assert await world.who() == "nova.pessoa@exemplo.test"


@pytest.mark.parametrize("typed", ["", "sem-arroba", "a@b.test\r\nBcc: x@y.test", "<script>"])
async def test_a_wrong_email_keeps_what_was_typed(world: World, typed: str) -> None:
    response = await world.post("/entrar/codigo", {"email": typed})
    assert response.status_code == 422
    assert "<script>" not in response.text.partition("<main")[2].partition("</main")[0]


async def test_leaving_ends_the_session_here_and_at_the_provider(world: World) -> None:
    await world.enter("govbr", "consumer")
    token = world.browser.cookies["procon"]
    response = await world.post("/sair", {}, page="/conta/sessoes")
    away = urlsplit(response.headers["location"])
    assert response.status_code == 303
    assert (away.netloc, away.path) == ("govbr.localhost", "/logout")
    assert "procon" not in world.browser.cookies
    assert await world.who(token) == ""
    async with httpx.AsyncClient(transport=world.wire.inner) as elsewhere:
        home = await elsewhere.get(response.headers["location"])
    assert home.headers["location"] == f"http://{world.city.host}/"


async def test_leaving_needs_the_form(world: World) -> None:
    await world.enter("govbr", "consumer")
    assert (await world.browser.post("/sair")).status_code == 403
    assert (await world.browser.get("/sair")).status_code in {404, 405}
    assert await world.who() == "Marina Duarte Queiroz"


async def test_one_sees_and_ends_one_s_other_sessions(world: World) -> None:
    await world.enter("govbr", "consumer")
    phone = world.browser.cookies["procon"]
    world.browser.cookies.clear()
    await world.enter("govbr", "consumer")
    page = await world.browser.get("/conta/sessoes")
    found = re.findall(r"/conta/sessoes/([0-9a-f]{64})/encerrar", page.text)
    assert len(found) == 2
    assert page.text.count("(este aparelho)") == 1
    state = world.web.app.state
    session = await load_session(
        state.redis, slug=world.city.slug, host=world.city.host, token=phone, now=state.db.clock()
    )
    assert session is not None
    path = f"/conta/sessoes/{session.id}/encerrar"
    ended = await world.post(path, {}, page="/conta/sessoes")
    assert (ended.status_code, ended.headers["location"]) == (303, "/conta/sessoes")
    assert await world.who() == "Marina Duarte Queiroz"
    assert await world.who(phone) == ""


async def test_nobody_ends_somebody_else_s_session(world: World) -> None:
    await world.enter("govbr", "consumer2")
    theirs = world.browser.cookies["procon"]
    page = await world.browser.get("/conta/sessoes")
    (identifier,) = re.findall(r"/conta/sessoes/([0-9a-f]{64})/encerrar", page.text)
    world.browser.cookies.clear()
    await world.enter("govbr", "consumer")
    response = await world.post(f"/conta/sessoes/{identifier}/encerrar", {}, page="/conta/sessoes")
    assert response.status_code == 404
    assert await world.who(theirs) == "João Batista Alencar"


async def test_the_operator_enters_on_its_own_host_only(world: World) -> None:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(world.web.app),  # type: ignore[arg-type]
        base_url="http://plataforma.localhost",
    ) as browser:
        start = await browser.get("/entrar/equipe", params={"persona": "vendor"})
        async with httpx.AsyncClient(transport=world.wire.inner) as elsewhere:
            answer = await elsewhere.get(start.headers["location"])
        response = await browser.get(answer.headers["location"])
        assert (response.status_code, response.headers["location"]) == (303, "/")
    unknown = await world.browser.get("/entrar/equipe", params={"persona": "vendor"})
    async with httpx.AsyncClient(transport=world.wire.inner) as elsewhere:
        assert (await elsewhere.get(unknown.headers["location"])).status_code == 200


@pytest.mark.parametrize("path", ["/entrar", "/equipe/entrar"])
async def test_the_doors_are_open_to_everybody(world: World, path: str) -> None:
    response = await world.browser.get(path)
    assert response.status_code == 200
    assert response.headers["content-language"] == "pt-BR"
