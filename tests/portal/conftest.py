"""A small application with the real shell, themes and macros, and no database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar, Request, get, post
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.response import Response
from litestar.testing import TestClient
from litestar.types import ASGIApp, Receive, Scope, Send
from msgspec import Struct

from procon.auth.actor import ANONYMOUS, Actor
from procon.kernel.errors import Conflict, Forbidden, Invalid, LoginNeeded, NotFound
from procon.portal.errors import exception_handlers
from procon.portal.headers import security_headers
from procon.portal.render import Portal, build_portal, page, redirect
from procon.portal.routes import handlers
from procon.portal.shell import Column, NavEntry, SearchEntry, TimelineEntry
from procon.settings import REPOSITORY
from procon.tenancy.manifest import Tenant, read_all

PAGES = Path(__file__).parent / "pages"
NOW = datetime(2026, 11, 25, 17, 5, tzinfo=UTC)
OPEN = {"permission": "public"}
ACTORS: Mapping[str, Actor] = {
    "": ANONYMOUS,
    "citizen": Actor(kind="citizen", name="Maria Aparecida <b>"),
    "staff": Actor(kind="staff", name="Ana Souza", roles=frozenset({"analyst"})),
}
RAISED: Mapping[str, Callable[[], Exception]] = {
    "404": NotFound,
    "403": Forbidden,
    "409": Conflict,
    "422": lambda: Invalid({"cpf": "Digite o CPF."}),
    "login": LoginNeeded,
    "413": lambda: HTTPException(status_code=413, detail="Request Entity Too Large"),
    "410": lambda: HTTPException(status_code=410, detail="Gone"),
    "503": lambda: HTTPException(status_code=503, detail="Service Unavailable"),
    "500": lambda: RuntimeError("secret detail"),
}
NAV = (
    NavEntry("Início", "/", "public"),
    NavEntry("Reclamar", "/reclamar", "public"),
    NavEntry("Minhas reclamações", "/processos", "case:own"),
    NavEntry("Meu dia", "/equipe", "staff:desk"),
    NavEntry("Boletim", "/p/boletim", "public", plugin="boletim"),
)
SEARCH = (SearchEntry("/equipe/busca", "Processo, CPF ou empresa", "staff:desk"),)
ERRORS = {
    "cpf": "Digite um CPF válido, com 11 números.",
    "fato": "Conte o que aconteceu.",
    "data": "A data não existe. Confira o dia e o mês.",
    "como": "Escolha uma opção.",
}
TIMELINE = (
    TimelineEntry(
        NOW,
        "A empresa tem até 04/12/2026 para responder.",
        act="Carta de Informações Preliminares nº 123/2026",
        author="Ana Souza, analista",
        norm="Decreto nº 2.181/1997, art. 33",
        hash="9f86d081884c7d659a2feaa0c55ad015",
        detail="Enviada por e-mail.\nLida às 15h.",
    ),
    TimelineEntry(NOW, "Conferir se há outra reclamação.", author="João Lima", internal=True),
    TimelineEntry(NOW, "Recebemos sua reclamação."),
)
COLUMNS = tuple(
    Column(label, numeric=label == "Valor")
    for label in ("Processo", "Consumidor", "Empresa", "Assunto", "Situação", "Prazo", "Valor")
)


class Sample(Struct, frozen=True):
    """Content of the pages in `pages/`."""

    errors: dict[str, str] = {}
    typed: str = "<script>alert(1)</script>"
    now: datetime = NOW
    timeline: tuple[TimelineEntry, ...] = TIMELINE
    columns: tuple[Column, ...] = COLUMNS


@get("/amostra/{name:str}", opt=OPEN, sync_to_thread=False)
def sample(request: Request[Any, Any, Any]) -> Response[str]:
    """One of the pages in `pages/`; `?erros=1` shows it after a refused form."""
    refused = "erros" in request.query_params
    content = Sample(errors=ERRORS if refused else {})
    name = request.path_params["name"]
    return page(request, f"{name}.html", content, status=422 if refused else 200)


@get("/falha/{name:str}", opt=OPEN, sync_to_thread=False)
def failing(request: Request[Any, Any, Any]) -> None:
    """Raises what its name says."""
    raise RAISED[request.path_params["name"]]()


@get("/api/v1/falha/{name:str}", opt=OPEN, sync_to_thread=False)
def failing_api(request: Request[Any, Any, Any]) -> None:
    """Raises what its name says, under the API."""
    raise RAISED[request.path_params["name"]]()


@post("/salvar", opt=OPEN, sync_to_thread=False)
def save(request: Request[Any, Any, Any]) -> Response[str]:
    """Answers as a form that was accepted."""
    return redirect(request, "/amostra/home", notice="Nota salva. “Ótimo” & <certo>")


def identity(tenants: Mapping[str, Tenant]) -> Callable[[ASGIApp], ASGIApp]:
    """Tenant and person by test headers, in the place of the real middleware."""

    def wrap(app: ASGIApp) -> ASGIApp:
        async def handle(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                headers = dict(scope["headers"])
                state = scope["state"]
                state["tenant"] = tenants.get(headers.get(b"x-city", b"").decode())
                state["host"] = headers.get(b"x-host", b"").decode()
                state["actor"] = ACTORS[headers.get(b"x-actor", b"").decode()]
                state["csrf_token"] = "tok<en"
            await app(scope, receive, send)

        return handle

    return wrap


@pytest.fixture(scope="session")
def manifests() -> dict[str, Tenant]:
    """Tenants of the repository by slug."""
    return {tenant.slug: tenant for tenant in read_all(REPOSITORY / "tenants")}


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Portal:
    """The portal as the application builds it, without the two libraries."""
    return build_portal(
        themes_dir=REPOSITORY / "themes",
        template_dirs=[PAGES],
        assets_dir=tmp_path_factory.mktemp("assets"),
        secret_key="k" * 32,
        nav=NAV,
        search=SEARCH,
        vendor_host="plataforma.localhost",
        suppliers_host="fornecedores.localhost",
    )


def application(portal: Portal, cities: Mapping[str, Tenant], *, https: bool = False) -> Litestar:
    """The sample application around a portal."""
    app = Litestar(
        [sample, failing, failing_api, save, *handlers()],
        exception_handlers=exception_handlers(),
        state=State({"portal": portal}),
        logging_config=None,
        openapi_config=None,
    )
    inner = identity(cities)(app.asgi_handler)
    app.asgi_handler = security_headers(
        inner, https=https, evidence_origin="http://127.0.0.1:8333", provider_port=8000
    )
    return app


@pytest.fixture(scope="session")
def site(portal: Portal, manifests: dict[str, Tenant]) -> Iterator[TestClient[Litestar]]:
    """A client of the sample application; it follows no redirect."""
    app = application(portal, manifests)
    with TestClient(app, raise_server_exceptions=False) as client:
        client.follow_redirects = False
        yield client
