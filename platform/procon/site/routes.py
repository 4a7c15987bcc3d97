"""First pages: of a city and of the platform; the suppliers' host starts at /fornecedor."""

from __future__ import annotations

from typing import Any

from litestar import HttpMethod, Request, Response, get, route

from procon.kernel.errors import NotFound
from procon.portal.render import page, redirect
from procon.site.pages import DOORS, CityHome, CityLink, VendorHome


@get("/", opt={"permission": "public"})
async def home(request: Request[Any, Any, Any]) -> Response[str]:
    """The first page of whatever this host is."""
    if request.scope["state"].get("tenant") is not None:
        return page(request, "site/city.html", CityHome(doors=DOORS))
    settings = request.app.state.settings
    if request.scope["state"]["host"] == settings.suppliers_host:
        return redirect(request, "/fornecedor")
    links = tuple(
        CityLink(name=t.name, city=t.city, uf=t.uf, url=settings.url(t.host, "/"))
        for t in request.app.state.directory.active()
    )
    return page(request, "site/vendor.html", VendorHome(cities=links))


@route(
    "/{rest:path}",
    http_method=[HttpMethod.GET, HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH],
    opt={"permission": "public"},
)
async def nowhere(request: Request[Any, Any, Any]) -> Response[str]:
    """Any other address. Litestar's own 404 would come before the city is known.

    Raises:
        NotFound: always.
    """
    raise NotFound(code="no-such-page")


def handlers() -> list[Any]:
    """Route handlers of this slice."""
    return [home, nowhere]
