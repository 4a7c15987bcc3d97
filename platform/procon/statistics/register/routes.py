"""Addresses of the register: for everybody, for a company, for the staff."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath

from procon.auth.http import actor_of
from procon.kernel.errors import Invalid, NotFound
from procon.kernel.text import clean
from procon.letters.models import Brand
from procon.letters.typeset.press import brand_for
from procon.portal.render import page, plural, portal_of, redirect
from procon.statistics.open_data.download import download
from procon.statistics.period import parse_year, this_year
from procon.statistics.register.commands import ask_correction, decide_correction, freeze, publish
from procon.statistics.register.forms import parse_asked, parse_decision, parse_year_field, typed
from procon.statistics.register.pages import (
    ask_page,
    decide_page,
    entries_of_year,
    lines_of,
    own_page,
    public_entries,
    register_page,
    staff_page,
)
from procon.statistics.register.press import register_pdf
from procon.tenancy.http import request_scope
from procon.tenancy.manifest import Tenant

AnyRequest = Request[Any, Any, Any]

_PUBLIC = {"permission": "public"}
_STAFF = {"permission": "staff:settings"}
_BASE, _OWN, _DESK = "/cadastro", "/fornecedor/cadastro", "/gestao/cadastro"


@get(_BASE, opt=_PUBLIC)
async def register(request: AnyRequest) -> Response[str]:
    """`?ano=2025`: companies with well-founded complaints."""
    async with request_scope(request) as tx:
        content = await register_page(tx, year=_year(request))
    return page(request, "statistics/register.html", content)


@get("/cadastro.pdf", opt=_PUBLIC)
async def register_as_pdf(request: AnyRequest) -> Response[bytes]:
    """`?ano=2025`: a published year, as it goes to the gazette."""
    async with request_scope(request) as tx:
        year = parse_year(_year(request), now=this_year(tx))
        entries, publication = await entries_of_year(tx, year)
        shown, tenant = public_entries(tx, entries), tx.tenant
    if publication is None or publication.published_at is None:
        raise NotFound("Este ano ainda não foi publicado.")
    brand = _brand(request, tenant)
    pdf = await asyncio.to_thread(register_pdf, publication, lines_of(entries), shown, brand=brand)
    return download(request, pdf, "application/pdf", f"cadastro-{year}.pdf")


@get(_OWN, opt={"permission": "supplier:read"})
async def own(request: AnyRequest) -> Response[str]:
    """What the register says of one's own companies."""
    async with request_scope(request) as tx:
        content = await own_page(tx, actor=actor_of(request))
    return page(request, "statistics/own.html", content)


@get(f"{_OWN}/{{number:str}}", opt={"permission": "supplier:read"})
async def own_entry(request: AnyRequest) -> Response[str]:
    """One entry, and the form to ask for its correction."""
    async with request_scope(request) as tx:
        content = await ask_page(tx, actor=actor_of(request), number=_number(request))
    return page(request, "statistics/ask.html", content)


@post(f"{_OWN}/{{number:str}}", opt={"permission": "supplier:answer"})
async def ask(request: AnyRequest) -> Response[str]:
    """Ask for a correction."""
    form, actor, number = await request.form(), actor_of(request), _number(request)
    try:
        asked = parse_asked(form)
        async with request_scope(request) as tx:
            await ask_correction(tx, actor=actor, number=number, wish=asked.wish, text=asked.text)
    except Invalid as bad:
        async with request_scope(request) as tx:
            content = await ask_page(
                tx, actor=actor, number=number, form=typed(form), errors=bad.fields
            )
        return page(request, "statistics/ask.html", content, status=422)
    return redirect(request, f"{_OWN}/{number}", notice="Pedido enviado ao Procon.")


@get(_DESK, opt=_STAFF)
async def desk(request: AnyRequest) -> Response[str]:
    """Years to freeze and publish, requests to decide."""
    async with request_scope(request) as tx:
        content = await staff_page(tx)
    return page(request, "statistics/register_desk.html", content)


@post(f"{_DESK}/fechar", opt=_STAFF)
async def close_year(request: AnyRequest) -> Response[str]:
    """Freeze a year."""
    year = parse_year_field(await request.form())
    async with request_scope(request) as tx:
        count = await freeze(tx, actor=actor_of(request), year=year)
    held = plural(count, "reclamação", "reclamações")
    return redirect(request, _DESK, notice=f"Cadastro de {year} fechado com {held}.")


@post(f"{_DESK}/publicar", opt=_STAFF)
async def publish_year(request: AnyRequest) -> Response[str]:
    """Publish a frozen year."""
    year = parse_year_field(await request.form())
    async with request_scope(request) as tx:
        await publish(tx, actor=actor_of(request), year=year)
    return redirect(request, _DESK, notice=f"Cadastro de {year} publicado.")


@get(f"{_DESK}/pedidos/{{request_id:uuid}}", opt=_STAFF)
async def correction(request: AnyRequest, request_id: FromPath[UUID]) -> Response[str]:
    """A company's request."""
    async with request_scope(request) as tx:
        content = await decide_page(tx, request_id=request_id)
    return page(request, "statistics/decide.html", content)


@post(f"{_DESK}/pedidos/{{request_id:uuid}}", opt=_STAFF)
async def decide(request: AnyRequest, request_id: FromPath[UUID]) -> Response[str]:
    """Grant or deny it."""
    form = await request.form()
    try:
        given, actor = parse_decision(form), actor_of(request)
        async with request_scope(request) as tx:
            await decide_correction(
                tx, actor=actor, request_id=request_id, grant=given.grant, answer=given.answer
            )
    except Invalid as bad:
        async with request_scope(request) as tx:
            content = await decide_page(
                tx, request_id=request_id, form=typed(form), errors=bad.fields
            )
        return page(request, "statistics/decide.html", content, status=422)
    return redirect(request, _DESK, notice="Decisão registrada. A empresa foi avisada.")


def handlers() -> list[Any]:
    """Route handlers of this folder."""
    public = [register, register_as_pdf]
    return [*public, own, own_entry, ask, desk, close_year, publish_year, correction, decide]


def _year(request: AnyRequest) -> str:
    return str(request.query_params.get("ano", ""))


def _number(request: AnyRequest) -> str:
    return clean(str(request.path_params["number"]), 40)


def _brand(request: AnyRequest, tenant: Tenant) -> Brand:
    theme = portal_of(request).theme_of(tenant.theme)
    check_url = request.app.state.settings.url(tenant.host, "/verificar")
    return brand_for(tenant, theme, check_url=check_url)
