"""First pages: of a city, of the suppliers' host and of the vendor's."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get

from procon.portal.render import page
from procon.site.pages import DOORS, CityHome, CityLink, SitesHome


@get("/", opt={"permission": "public"})
async def home(request: Request[Any, Any, Any]) -> Response[str]:
    """The first page of whatever this host is."""
    if request.scope["state"].get("tenant") is not None:
        return page(request, "site/city.html", CityHome(doors=DOORS))
    settings = request.app.state.settings
    suppliers = request.scope["state"]["host"] == settings.suppliers_host
    path = "/fornecedor" if suppliers else "/"
    links = tuple(
        CityLink(name=t.name, city=t.city, uf=t.uf, url=settings.url(t.host, path))
        for t in request.app.state.directory.active()
    )
    template = "site/suppliers.html" if suppliers else "site/vendor.html"
    return page(request, template, SitesHome(cities=links))


def handlers() -> list[Any]:
    """Route handlers of this slice."""
    return [home]
