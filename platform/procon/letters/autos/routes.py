"""Routes of the autos: one address for every side."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post

from procon.auth.http import actor_of
from procon.cases.access import get_case, side_of
from procon.cases.queries import CaseDetail
from procon.kernel.errors import NotFound
from procon.letters.autos.commands import request_autos
from procon.letters.autos.pages import AutosPage, autos_page
from procon.letters.autos.queries import latest_autos
from procon.letters.commands import letter_key
from procon.portal.render import page, redirect
from procon.tenancy.http import request_scope, tenant_of
from procon.tenancy.scope import Tx

AnyRequest = Request[Any, Any, Any]

_READ = {"permission": "letter:read"}
_AUTOS = "/processos/{number:str}/autos"


@get(_AUTOS, opt=_READ)
async def autos(request: AnyRequest) -> Response[str]:
    """The newest volume, or how far it is."""
    return page(request, "letters/autos.html", await _content(request))


@post(_AUTOS, opt=_READ)
async def build(request: AnyRequest) -> Response[str]:
    """Ask for a volume of the case as it is now."""
    async with request_scope(request) as tx:
        case = await _case(tx, request)
        await request_autos(tx, case_id=case.id)
    return redirect(request, f"/processos/{case.number}/autos")


@get(f"{_AUTOS}/andamento", opt=_READ)
async def progress(request: AnyRequest) -> Response[str]:
    """The part of the page that changes by itself."""
    return page(request, "letters/_autos_progress.html", await _content(request))


@get(f"{_AUTOS}/pdf", opt=_READ)
async def download(request: AnyRequest) -> Response[None]:
    """The newest volume that is ready: 303 to the store, for 60 s."""
    async with request_scope(request) as tx:
        case = await _case(tx, request)
        found = await latest_autos(tx, case.id)
    if found is None or found.letter_id is None:
        raise NotFound("O processo completo ainda não foi montado.")
    address = request.app.state.store.download_address(
        letter_key(tenant_of(request).slug, found.letter_id),
        name=f"processo-{case.number.replace('/', '-')}.pdf",
        media_type="application/pdf",
    )
    headers = {"Cache-Control": "no-store", "Location": address}
    return Response(None, status_code=303, headers=headers)


def handlers() -> list[Any]:
    """The routes of this part of the slice."""
    return [autos, build, progress, download]


async def _case(tx: Tx, request: AnyRequest) -> CaseDetail:
    return await get_case(tx, actor=actor_of(request), number=request.path_params["number"])


async def _content(request: AnyRequest) -> AutosPage:
    async with request_scope(request) as tx:
        case = await _case(tx, request)
        side = await side_of(tx, actor=actor_of(request), case=case)
        return await autos_page(tx, case=case, side=side)
