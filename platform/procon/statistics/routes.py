"""Addresses of the public figures."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from procon.portal.render import page
from procon.statistics.pages import MethodPage, company_page, indicators_page
from procon.tenancy.http import request_scope

AnyRequest = Request[Any, Any, Any]

_PUBLIC = {"permission": "public"}


@get("/indicadores", opt=_PUBLIC)
async def indicators(request: AnyRequest) -> Response[str]:
    """`?ano=2025`: the figures of a year."""
    async with request_scope(request) as tx:
        content = await indicators_page(tx, year=_year(request))
    return page(request, "statistics/indicators.html", content)


@get("/indicadores/metodo", opt=_PUBLIC)
async def method(request: AnyRequest) -> Response[str]:
    """How the figures are made."""
    return page(request, "statistics/method.html", MethodPage())


@get("/empresas/{root:str}", opt=_PUBLIC)
async def company(request: AnyRequest, root: FromPath[str]) -> Response[str]:
    """A company by the root of its CNPJ: `/empresas/11222333?ano=2025`."""
    async with request_scope(request) as tx:
        content = await company_page(tx, root=root, year=_year(request))
    return page(request, "statistics/company.html", content)


def handlers() -> list[Any]:
    """Route handlers of this slice."""
    return [indicators, method, company]


def _year(request: AnyRequest) -> str:
    return str(request.query_params.get("ano", ""))
