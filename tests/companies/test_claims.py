"""Becoming one of a company: certificate, gov.br's own link, documents that the staff check."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from auth.auth_support import HOST, NOW, ORIGIN, PROVIDER, Scene
from cases.cases_support import code_of, errors_of, issued, words
from companies.companies_support import (
    BRANCH,
    MEMBER_CPF,
    OTHER_CNPJ,
    ROOT,
    member,
    messages,
    person,
)
from procon.auth.accounts.commands import sign_in
from procon.auth.companies.commands import keep_links
from procon.auth.companies.queries import companies_of, member_role
from procon.auth.companies.registry import CompanyLink, GovbrCompanies, api_of
from procon.auth.oidc import Identity, finish_login, start_login, take_pending
from procon.embedded.idp import find
from procon.embedded.services import Services
from procon.settings import Settings
from support.cities import CNPJ, City, MovingClock, citizen, filed, staff, supplier
from support.web import Web, token_in

KEY = "0123456789abcdef0123456789abcdef"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
LIST = "/equipe/empresas/pedidos"


def asked(**more: str) -> dict[str, str]:
    form = {"cnpj": CNPJ, "empresa": "Loja Exemplo Ltda", "email": "rui@empresa.example"}
    return {**form, "_chave": KEY, **more}


async def ask(web: Web, city: City, *, body: bytes = PDF, **more: str) -> httpx.Response:
    files = {"documentos": ("contrato social.pdf", io.BytesIO(body), "application/pdf")}
    return await web.post(
        city, "/fornecedor/vincular/documentos", asked(**more), actor=person(), files=files
    )


def request_in(page: str) -> str:
    found = re.search(rf'href="({LIST}/[0-9a-f-]{{36}})"', page)
    assert found, page
    return found.group(1)


async def test_approved_documents_show_every_past_case_of_the_company(
    web: Web, city: City, other: City, settings: Settings
) -> None:
    head, branch = await filed(city), await filed(city, cnpj=BRANCH, supplier_name="Filial")
    foreign, elsewhere = (
        await filed(city, cnpj=OTHER_CNPJ, supplier_name="Outra"),
        await filed(other),
    )
    for where, case in ((city, head), (city, branch), (city, foreign), (other, elsewhere)):
        await issued(where, case, settings)
    assert (await ask(web, city)).status_code == 303
    assert (await ask(web, city)).status_code == 303  # the same form twice
    waiting = (await web.get(city, LIST, actor=staff())).text
    path = request_in(waiting)
    assert waiting.count(path) == 1
    assert path not in (await web.get(other, LIST, actor=staff())).text
    assert (await web.get(other, path, actor=staff())).status_code == 404
    page = (await web.get(city, path, actor=staff())).text
    assert "Processos da empresa aqui 2" in words(page)
    document = re.search(rf'href="({path}/documentos/[0-9a-f-]{{36}})"', page)
    assert document
    stored = await web.get(city, document.group(1), actor=staff())
    assert stored.status_code == 303
    async with httpx.AsyncClient() as outside:
        assert (await outside.get(stored.headers["Location"])).content == PDF
    assert (await web.get(other, document.group(1), actor=staff())).status_code == 404
    assert (await web.get(city, document.group(1), actor=person())).status_code == 403
    done = await web.post(city, f"{path}/decidir", {"decisao": "aprovar"}, actor=staff())
    assert done.status_code == 303
    (recipient, subject, body) = (await messages(city))[-1]
    assert (recipient, subject) == ("rui@empresa.example", "Pedido de acesso: Loja Exemplo Ltda")
    assert "aprovou o seu pedido" in body
    inbox = words((await web.get(city, "/fornecedor", actor=member())).text)
    assert [one.number in inbox for one in (head, branch, foreign)] == [True, True, False]
    again = await web.post(city, f"{path}/decidir", {"decisao": "recusar", "motivo": "x"},
                           actor=staff())  # fmt: skip
    assert again.status_code == 409
    async with other.scope() as tx:
        assert await companies_of(tx, actor=member()) == []


async def test_a_refusal_needs_a_reason_and_reaches_who_asked(
    web: Web, city: City, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    await ask(web, city)
    path = request_in((await web.get(city, LIST, actor=staff())).text)
    silent = await web.post(city, f"{path}/decidir", {"decisao": "recusar"}, actor=staff())
    assert (silent.status_code, [field for field, _ in errors_of(silent.text)]) == (422, ["motivo"])
    reason = {"decisao": "recusar", "motivo": "Falta a procuração."}
    assert (await web.post(city, f"{path}/decidir", reason, actor=staff())).status_code == 303
    assert "Motivo: Falta a procuração." in (await messages(city))[-1][2]
    mine = words((await web.get(city, "/fornecedor/vincular", actor=person())).text)
    assert "Recusado" in mine
    assert "Falta a procuração." in mine
    page = await web.get(city, f"/fornecedor/processos/{case.number}", actor=member())
    assert page.status_code == 403


async def test_only_who_verifies_decides(web: Web, city: City) -> None:
    await ask(web, city)
    path = request_in((await web.get(city, LIST, actor=staff())).text)
    for actor in (staff("attendant"), staff("conciliator"), supplier(), person()):
        assert (await web.get(city, path, actor=actor)).status_code == 403
        form = {"decisao": "aprovar"}
        assert (await web.post(city, f"{path}/decidir", form, actor=actor)).status_code == 403
    async with city.scope() as tx:
        assert await member_role(tx, actor=member(), cnpj=CNPJ) is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"cnpj": "11222333000182"}, "cnpj"),
        ({"cnpj": ""}, "cnpj"),
        ({"empresa": ""}, "empresa"),
        ({"email": "a@b\r\nBcc: x@y.example"}, "email"),
        ({"_chave": "x"}, "cnpj"),
    ],
)
async def test_a_wrong_request_says_what_is_wrong(
    web: Web, city: City, change: dict[str, str], field: str
) -> None:
    page = await ask(web, city, **change)
    assert (page.status_code, [name for name, _ in errors_of(page.text)]) == (422, [field])


async def test_a_document_that_is_no_document_is_refused(web: Web, city: City) -> None:
    page = await ask(web, city, body=b"<script>alert(1)</script>")
    assert page.status_code == 422
    assert [name for name, _ in errors_of(page.text)] == ["documentos"]
    empty = await web.post(city, "/fornecedor/vincular/documentos", asked(), actor=person())
    assert [name for name, _ in errors_of(empty.text)] == ["documentos"]
    async with city.scope() as tx:
        assert await tx.fetchval("SELECT count(*) FROM company_request") == 0
        assert await tx.fetchval("SELECT count(*) FROM company_document") == 0


async def test_without_a_cpf_nobody_asks(web: Web, city: City) -> None:
    by_mail = citizen()
    nobody = type(by_mail)(kind="citizen", account_id=by_mail.account_id, email="a@b.example")
    files = {"documentos": ("c.pdf", io.BytesIO(PDF), "application/pdf")}
    sent = await web.post(
        city, "/fornecedor/vincular/documentos", asked(), actor=nobody, files=files
    )
    assert sent.status_code == 403
    assert (await web.get(city, "/fornecedor/vincular", actor=staff())).status_code == 403


async def test_who_came_by_a_code_is_shown_the_way(
    web: Web, city: City, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    async with await web.client(city) as browser:
        page = await browser.get("/fornecedor")
        form = {"_csrf": token_in(page.text), "codigo": code_of(city, case, settings)}
        entered = await browser.post("/fornecedor/codigo", data=form)
        seen = words((await browser.get(entered.headers["Location"])).text)
        assert "Vincular esta empresa à sua conta" in seen
        claim = words((await browser.get("/fornecedor/vincular")).text)
    assert f"O acesso ao processo {case.number} pelo código continua valendo." in claim


async def test_the_certificates_holder_may_come_without_it_later(
    web: Web, city: City, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    holder = supplier()
    with_cpf = type(holder)(
        kind="supplier", name="Rui Prado", account_id=holder.account_id, cpf=MEMBER_CPF,
        roles=holder.roles, cnpjs=holder.cnpjs,
    )  # fmt: skip
    path = "/fornecedor/vincular/certificado"
    strange = await web.post(city, path, {"cnpj": OTHER_CNPJ}, actor=with_cpf)
    assert strange.status_code == 403
    assert (await web.post(city, path, {"cnpj": CNPJ}, actor=with_cpf)).status_code == 303
    assert (await web.post(city, path, {"cnpj": CNPJ}, actor=with_cpf)).status_code == 303
    async with city.scope() as tx:
        (held,) = await companies_of(tx, actor=member())
    assert (held.root, held.name, held.branch, held.role) == (ROOT, "Loja Exemplo", None, "admin")
    assert case.number in (await web.get(city, "/fornecedor", actor=member())).text


# gov.br's own word


@pytest.fixture
async def scene(tmp_path: Path, services: Services) -> AsyncIterator[Scene]:
    """One site and its provider, without HTTP in front."""
    redis = Redis.from_url(services.redis.url.rsplit("/", 1)[0] + "/6")
    await redis.flushdb()
    made = Scene(tmp_path / "idp", redis)
    yield made
    await made.gateway.close()
    await redis.aclose()


async def entered(scene: Scene, persona: str, scope: str) -> Identity:
    client = scene.client(scope=scope)
    cookie, address = await start_login(
        scene.gateway, scene.redis, client, slug="alfa", host=HOST, origin=ORIGIN,
        return_to="/", now=NOW, login_hint=persona,
    )  # fmt: skip
    answer = await scene.browse(address)
    pending = await take_pending(
        scene.redis, slug="alfa", host=HOST, cookie=cookie, state=answer["state"]
    )
    return await finish_login(scene.gateway, client, pending, origin=ORIGIN, answer=answer, now=NOW)


async def test_govbr_says_of_which_company_a_partner_is(scene: Scene) -> None:
    company = find(None, "supplier")
    assert company is not None
    identity = await entered(scene, "partner", "openid email profile govbr_empresa")
    assert identity.links == (CompanyLink(company.cnpj, company.company, "SOCIO"),)
    assert identity.cnpj is None
    nobody = await entered(scene, "consumer", "openid email profile govbr_empresa")
    assert nobody.links == ()


async def test_without_the_scope_nobody_is_asked(scene: Scene) -> None:
    assert (await entered(scene, "partner", "openid email profile")).links is None
    assert not any("empresas" in path for path in scene.wire.calls)


@pytest.mark.parametrize("answer", [httpx.Response(503), httpx.Response(200, text="<html>")])
async def test_a_silent_company_service_keeps_nobody_out(
    scene: Scene, answer: httpx.Response
) -> None:
    scene.wire.answers["/empresas/v2/empresas"] = answer
    identity = await entered(scene, "partner", "openid email profile govbr_empresa")
    assert (identity.name, identity.links) == ("Helena Figueira Lopes", None)


async def test_strange_answers_of_the_registry_are_left_out() -> None:
    answers: dict[str, Any] = {
        "filtrar-por-participante=1": [
            {"cnpj": CNPJ, "razaoSocial": "Loja\u202e Exemplo"},
            {"cnpj": "11222333000182", "razaoSocial": "Wrong digit"},
            "nonsense",
            {"cnpj": None},
        ]
    }

    async def fetch(address: str) -> Any:
        return answers.get(address.partition("?")[2], {})

    found = await GovbrCompanies("https://sso.acesso.gov.br", fetch).companies_of("1")
    assert found == (CompanyLink(CNPJ, "Loja Exemplo", "COLABORADOR"),)
    assert api_of("https://sso.staging.acesso.gov.br/") == "https://api.staging.acesso.gov.br"
    assert api_of(PROVIDER) == PROVIDER


async def test_a_link_holds_while_govbr_confirms_it(
    city: City, other: City, clock: MovingClock
) -> None:
    identity = Identity(
        iss=PROVIDER, sub=MEMBER_CPF, name="Rui", cpf=MEMBER_CPF, email="", email_verified=False
    )
    async with city.scope() as tx:
        me = (await sign_in(tx, identity=identity, kind="citizen")).actor()
        links = [
            CompanyLink(CNPJ, "Loja Exemplo", "SOCIO"),
            CompanyLink(OTHER_CNPJ, "Outra", "NAO_ATUANTE"),
        ]
        for _ in range(2):
            await keep_links(tx, actor=me, links=links)
        (held,) = await companies_of(tx, actor=me)
        assert (held.root, held.role, held.source) == (ROOT, "admin", "govbr")
    async with other.scope() as tx:
        assert await companies_of(tx, actor=me) == []
    clock.forward(days=30, seconds=1)
    async with city.scope() as tx:
        assert await companies_of(tx, actor=me) == []
        await keep_links(tx, actor=me, links=links)
        assert len(await companies_of(tx, actor=me)) == 1
        await keep_links(tx, actor=me, links=[])
        assert await companies_of(tx, actor=me) == []
