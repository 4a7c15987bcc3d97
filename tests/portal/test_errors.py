"""Refusals and failures in the city's look, in Portuguese, with nothing of ours inside."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from litestar import Litestar
from litestar.testing import TestClient
from litestar.types import ASGIApp

from procon.portal.errors import suspended_host, unknown_host
from procon.portal.render import Portal
from procon.tenancy.manifest import Tenant

from .conftest import identity

Client = TestClient[Litestar]
TITLES = {
    "403": "Você não tem acesso a esta página",
    "404": "Página não encontrada",
    "409": "Algo mudou enquanto você trabalhava",
    "410": "Este endereço não vale mais",
    "413": "O arquivo é grande demais",
    "422": "Não foi possível continuar",
    "500": "Algo deu errado do nosso lado",
    "503": "Serviço fora do ar por pouco tempo",
}


@pytest.mark.parametrize("city", ["campinas", "contagem"])
@pytest.mark.parametrize("name", sorted(TITLES))
def test_error_pages(site: Client, name: str, city: str) -> None:
    answer = site.get(f"/falha/{name}", headers={"x-city": city})
    assert answer.status_code == int(name)
    assert f"<title>{TITLES[name]} – Procon {city.title()}</title>" in answer.text
    assert f'<h1 class="govuk-heading-l">{TITLES[name]}</h1>' in answer.text
    for leak in ("secret detail", "Traceback", "Entity Too Large", "Service Unavailable", "Gone"):
        assert leak not in answer.text


def test_a_failure_has_a_reference(site: Client) -> None:
    html = site.get("/falha/500", headers={"x-city": "campinas"}).text
    assert 'informe o código <strong class="pg-codigo">' in html


def test_unknown_address_in_the_city_s_look(site: Client) -> None:
    answer = site.get("/nada/por/aqui", headers={"x-city": "contagem"})
    assert answer.status_code == 404
    assert "Página não encontrada – Procon Contagem" in answer.text
    assert "Content-Security-Policy" in answer.headers


def test_wrong_method(site: Client) -> None:
    answer = site.get("/preferencias", headers={"x-city": "campinas"})
    assert answer.status_code == 405
    assert "Esta página não recebe esse envio" in answer.text


def test_who_is_not_signed_in_is_sent_to_sign_in(site: Client) -> None:
    answer = site.get("/falha/login", headers={"x-city": "campinas"})
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/entrar?voltar=%2Ffalha%2Flogin"


@pytest.mark.parametrize(
    ("name", "status", "kind"),
    [("404", 404, "urn:procon:not-found"), ("login", 401, "urn:procon:login-needed"),
     ("500", 500, "about:blank")],
)  # fmt: skip
def test_the_api_answers_problems(site: Client, name: str, status: int, kind: str) -> None:
    answer = site.get(f"/api/v1/falha/{name}", headers={"x-city": "campinas"})
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.json()["type"], answer.json()["status"]) == (kind, status)


def test_the_api_names_wrong_fields(site: Client) -> None:
    answer = site.get("/api/v1/falha/422", headers={"x-city": "campinas"})
    assert answer.json()["fields"] == {"cpf": "Digite o CPF."}


def asked(app: ASGIApp, manifests: dict[str, Tenant]) -> httpx.AsyncClient:
    """A client of an app that stands where Litestar would."""
    inner = identity(manifests)(app)

    async def with_state(scope: Any, receive: Any, send: Any) -> None:
        await inner({"state": {}, **scope}, receive, send)

    return httpx.AsyncClient(
        transport=httpx.ASGITransport(with_state), base_url="http://x.localhost"
    )


async def test_unknown_host(portal: Portal, manifests: dict[str, Tenant]) -> None:
    async with asked(unknown_host(portal), manifests) as client:
        answer = await client.get("/reclamar")
        assert answer.status_code == 404
        assert "Este endereço não é de nenhum Procon que atendemos" in answer.text
        assert "Entrar" not in answer.text
        assert (await client.get(portal.theme_url("base"))).status_code == 200


async def test_suspended_city_keeps_its_look(portal: Portal, manifests: dict[str, Tenant]) -> None:
    async with asked(suspended_host(portal), manifests) as client:
        answer = await client.get("/", headers={"x-city": "campinas"})
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "3600"
        assert "Este serviço está suspenso – Procon Campinas" in answer.text
