"""The whole way from the link to the identity, and everything that can go wrong on it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from auth.auth_support import HOST, NOW, ORIGIN, PROVIDER, Scene, raises_code
from procon.auth.actor import Actor
from procon.auth.oidc import (
    Gateway,
    Identity,
    ProviderDown,
    finish_login,
    require_level,
    start_login,
    take_pending,
)
from procon.auth.oidc.flow import local_path
from procon.auth.oidc.gateway import FAILURES_TO_OPEN, OPEN_SECONDS
from procon.embedded.idp import find
from procon.kernel.errors import Forbidden, Refused


async def start(scene: Scene, persona: str, provider: str = "govbr", **changes: Any) -> Any:
    return await start_login(
        scene.gateway,
        changes.get("redis", scene.redis),
        scene.client(provider),
        slug="alfa",
        host=HOST,
        origin=ORIGIN,
        return_to=changes.get("return_to", "/processos"),
        now=NOW,
        login_hint=persona,
    )


async def take(scene: Scene, cookie: str, answer: dict[str, str], **changes: str) -> Any:
    return await take_pending(
        scene.redis,
        slug=changes.get("slug", "alfa"),
        host=changes.get("host", HOST),
        cookie=cookie,
        state=answer.get("state", ""),
    )


async def enter(scene: Scene, persona: str, provider: str = "govbr") -> Identity:
    cookie, address = await start(scene, persona, provider)
    answer = await scene.browse(address)
    pending = await take(scene, cookie, answer)
    return await finish_login(
        scene.gateway, scene.client(provider), pending, origin=ORIGIN, answer=answer, now=NOW
    )


async def test_a_person_comes_in_with_cpf_and_level(scene: Scene) -> None:
    persona = find(None, "consumer")
    assert persona is not None
    assert await enter(scene, "consumer") == Identity(
        iss=PROVIDER,
        sub=persona.sub,
        name="Marina Duarte Queiroz",
        cpf=persona.sub,
        email="marina.queiroz@exemplo.test",
        email_verified=True,
        amr=("passwd", "otp", "mfa"),
        level="silver",
    )


async def test_the_social_name_is_the_name(scene: Scene) -> None:
    assert (await enter(scene, "consumer3")).name == "Clara Nogueira Prado"


async def test_a_company_certificate_brings_the_cnpj(scene: Scene) -> None:
    persona = find(None, "supplier")
    assert persona is not None
    found = await enter(scene, "supplier")
    assert (found.cnpj, found.cpf) == (persona.cnpj, persona.sub)


async def test_staff_come_in_with_groups_and_without_cpf(scene: Scene) -> None:
    found = await enter(scene, "analyst", "staff")
    assert (found.iss, found.groups, found.cpf, found.level) == (
        f"{PROVIDER}/realms/alfa",
        ("procon-analise",),
        None,
        "",
    )


async def test_the_level_is_asked_for_when_the_token_lacks_it(scene: Scene) -> None:
    client = scene.client(scope="openid profile govbr_confiabilidades")
    cookie, address = await start_login(
        scene.gateway,
        scene.redis,
        client,
        slug="alfa",
        host=HOST,
        origin=ORIGIN,
        return_to="/",
        now=NOW,
        login_hint="lawyer",
    )
    answer = await scene.browse(address)
    pending = await take(scene, cookie, answer)
    found = await finish_login(
        scene.gateway, client, pending, origin=ORIGIN, answer=answer, now=NOW
    )
    assert (found.level, "/userinfo" in scene.wire.calls) == ("gold", True)


async def test_the_secret_part_never_travels_through_the_browser(scene: Scene) -> None:
    cookie, address = await start(scene, "consumer")
    query = httpx.URL(address).params
    pending = await take(scene, cookie, {"state": query["state"]})
    assert sorted(query) == [
        "client_id",
        "code_challenge",
        "code_challenge_method",
        "login_hint",
        "nonce",
        "redirect_uri",
        "response_type",
        "scope",
        "state",
    ]
    assert pending.verifier not in address
    assert cookie not in address
    assert 43 <= len(pending.verifier) <= 128


async def test_an_answer_is_used_once(scene: Scene) -> None:
    cookie, address = await start(scene, "consumer")
    answer = await scene.browse(address)
    await take(scene, cookie, answer)
    with raises_code(Refused, "login-expired"):
        await take(scene, cookie, answer)


async def test_a_code_used_elsewhere_is_worth_nothing(scene: Scene) -> None:
    first, address = await start(scene, "consumer")
    answer = await scene.browse(address)
    pending = await take(scene, first, answer)
    args: dict[str, Any] = {"origin": ORIGIN, "answer": answer, "now": NOW}
    await finish_login(scene.gateway, scene.client(), pending, **args)
    with raises_code(Refused, "login-code"):
        await finish_login(scene.gateway, scene.client(), pending, **args)


async def test_another_login_s_state_or_code_is_refused(scene: Scene) -> None:
    mine, _ = await start(scene, "consumer")
    _, theirs = await start(scene, "consumer2")
    answer = await scene.browse(theirs)
    with raises_code(Refused, "login-state"):
        await take(scene, mine, answer)
    mine, address = await start(scene, "consumer")
    own = await scene.browse(address)
    pending = await take(scene, mine, own)
    with raises_code(Refused, "login-code"):
        await finish_login(
            scene.gateway,
            scene.client(),
            pending,
            origin=ORIGIN,
            answer=own | {"code": answer["code"]},
            now=NOW,
        )


@pytest.mark.parametrize(
    "change", [{"host": "beta.localhost"}, {"slug": "beta"}, {"cookie": ""}, {"cookie": "x"}]
)
async def test_a_login_belongs_to_one_browser_on_one_host(
    scene: Scene, change: dict[str, str]
) -> None:
    cookie, address = await start(scene, "consumer")
    answer = await scene.browse(address)
    with raises_code(Refused, "login-expired"):
        await take(scene, change.pop("cookie", cookie), answer, **change)


async def test_a_login_waits_ten_minutes(scene: Scene) -> None:
    await start(scene, "consumer")
    (name,) = await scene.redis.keys("procon:alfa:login:*")
    assert 595 <= await scene.redis.ttl(name) <= 600


@pytest.mark.parametrize("said", [None, "http://evil.test", f"{PROVIDER}/realms/alfa"])
async def test_an_answer_of_another_provider_is_refused_before_the_code_is_sent(
    scene: Scene, said: str | None
) -> None:
    cookie, address = await start(scene, "consumer")
    answer = await scene.browse(address)
    pending = await take(scene, cookie, answer)
    mixed = {name: value for name, value in answer.items() if name != "iss"}
    mixed |= {"iss": said} if said else {}
    scene.wire.calls.clear()
    with raises_code(Refused, "login-mixed"):
        await finish_login(
            scene.gateway, scene.client(), pending, origin=ORIGIN, answer=mixed, now=NOW
        )
    assert scene.wire.calls == []


async def test_who_cancels_is_told_so(scene: Scene) -> None:
    with raises_code(Refused, "login-cancelled"):
        await enter(scene, "cancel")


async def test_a_person_without_cpf_gets_a_sentence(scene: Scene) -> None:
    with raises_code(Refused, "login-no-cpf"):
        await enter(scene, "nocpf")


async def test_a_wrong_client_secret_is_our_fault_not_the_person_s(scene: Scene) -> None:
    cookie, address = await start(scene, "consumer")
    answer = await scene.browse(address)
    pending = await take(scene, cookie, answer)
    with raises_code(Refused, "login-down"):
        await finish_login(
            scene.gateway,
            scene.client(client_secret="errado"),
            pending,
            origin=ORIGIN,
            answer=answer,
            now=NOW,
        )


async def test_a_token_signed_by_somebody_else_is_refused(scene: Scene) -> None:
    cookie, address = await start(scene, "consumer")
    answer = await scene.browse(address)
    pending = await take(scene, cookie, answer)
    scene.wire.answers["/jwk"] = httpx.Response(200, json={"keys": [{"kty": "RSA"}]})
    with raises_code(Refused, "login-down"):
        await finish_login(
            scene.gateway, scene.client(), pending, origin=ORIGIN, answer=answer, now=NOW
        )


async def test_a_provider_that_is_down_is_named_and_the_breaker_opens(scene: Scene) -> None:
    scene.wire.down = True
    for _ in range(FAILURES_TO_OPEN + 5):
        with pytest.raises(Refused, match=r"O gov.br não respondeu agora"):
            await start(scene, "consumer")
    assert len(scene.wire.calls) == FAILURES_TO_OPEN
    scene.wire.down = False
    with raises_code(Refused, "login-down"):
        await start(scene, "consumer")
    scene.seconds += OPEN_SECONDS
    cookie, _ = await start(scene, "consumer")
    assert len(cookie) >= 43


async def test_one_provider_down_does_not_close_the_other(scene: Scene) -> None:
    scene.wire.down = True
    for _ in range(FAILURES_TO_OPEN):
        with raises_code(Refused, "login-down"):
            await start(scene, "consumer")
    scene.wire.down = False
    assert (await enter(scene, "analyst", "staff")).groups == ("procon-analise",)


@pytest.mark.parametrize(
    "document",
    [
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"issuer": PROVIDER}),
        httpx.Response(500, json={}),
        httpx.Response(302, headers={"location": "http://evil.test/"}),
        httpx.Response(200, content=b"\xff\xfe"),
        httpx.Response(200, content=b"[" * 100_000),
        httpx.Response(200, content=b"x" * 300_000),
        httpx.Response(
            200,
            json={
                "issuer": "http://evil.localhost",
                "authorization_endpoint": "http://a.localhost/a",
                "token_endpoint": "http://a.localhost/t",
                "jwks_uri": "http://a.localhost/j",
            },
        ),
        httpx.Response(
            200,
            json={
                "issuer": PROVIDER,
                "authorization_endpoint": "http://a.localhost/a",
                "token_endpoint": "http://169.254.169.254/t",
                "jwks_uri": "http://a.localhost/j",
            },
        ),
    ],
    ids=[
        "html",
        "list",
        "incomplete",
        "500",
        "redirect",
        "utf16",
        "deep",
        "long",
        "issuer",
        "ssrf",
    ],
)
async def test_a_strange_discovery_document_is_a_provider_that_is_down(
    scene: Scene, document: httpx.Response
) -> None:
    scene.wire.answers["/.well-known/openid-configuration"] = document
    with raises_code(Refused, "login-down"):
        await start(scene, "consumer")


async def test_an_unknown_key_is_looked_up_once_a_minute(scene: Scene) -> None:
    for _ in range(5):
        await scene.gateway.keys(PROVIDER, "desconhecida")
    assert scene.wire.calls.count("/jwk") == 1
    scene.seconds += 60
    await scene.gateway.keys(PROVIDER, "desconhecida")
    assert scene.wire.calls.count("/jwk") == 2


async def test_in_production_only_https_is_called() -> None:
    called: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        called.append(str(request.url))
        return httpx.Response(200, json={})

    gateway = Gateway(local=False, transport=httpx.MockTransport(answer))
    for issuer in ("http://govbr.localhost", "http://sso.test", "https://localhost", "file:///x"):
        with pytest.raises(ProviderDown):
            await gateway.metadata(issuer)
    await gateway.close()
    assert called == []


async def test_without_redis_nobody_can_start(scene: Scene, dead_redis: Redis) -> None:
    with raises_code(Refused, "login-unavailable"):
        await start(scene, "consumer", redis=dead_redis)


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("/processos?x=1#y", "/processos?x=1#y"),
        ("/", "/"),
        ("//evil.test", "/"),
        ("/\\evil.test", "/"),
        ("https://evil.test/", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\r\nSet-Cookie: x", "/"),
        ("/a\tb", "/"),
        ("", "/"),
        ("/" + "a" * 3000, "/"),
    ],
)
def test_one_returns_only_to_a_local_path(asked: str, kept: str) -> None:
    assert local_path(asked) == kept


def test_a_procedure_may_ask_for_a_level() -> None:
    silver = Actor(kind="citizen", level="silver")
    require_level(silver, "bronze")
    require_level(silver, "silver")
    with pytest.raises(Forbidden, match=r"nível ouro; a sua é prata.*Aumentar nível"):
        require_level(silver, "gold")
    with pytest.raises(Forbidden, match=r"Entrar com gov.br"):
        require_level(Actor(kind="citizen"), "bronze")
