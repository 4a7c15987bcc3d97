"""Signing in and out, and “Onde estou conectado”."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.response import Redirect

from procon.auth.actor import Actor
from procon.auth.csrf import visitor_cookie_name
from procon.auth.login import acts
from procon.auth.login.pages import CodePage, EnterPage, home_of, sessions_page
from procon.auth.login.site import AnyRequest, Site, login_cookie, login_cookie_name, site_of
from procon.auth.oidc.clients import ProviderName
from procon.auth.oidc.flow import local_path
from procon.auth.sessions import cleared_cookie, session_cookie
from procon.kernel.errors import Forbidden, Invalid, Refused
from procon.portal.render import page, redirect

_PUBLIC = {"permission": "public"}
_OWN = {"permission": "account:own"}
_STATUS = {"login-down": 503, "login-unavailable": 503, "login-cancelled": 200, "code-limit": 429}


def _back(request: AnyRequest) -> str:
    return local_path(str(request.query_params.get("voltar", "/")))


def _visitor(request: AnyRequest, site: Site) -> str:
    return request.cookies.get(visitor_cookie_name(site.secure), "")


def _go(path: str) -> Redirect:
    return Redirect(path, status_code=303, headers={"Cache-Control": "no-store"})


def _entered(site: Site, actor: Actor, token: str, back: str) -> Redirect:
    response = _go(home_of(actor, back))
    response.set_cookie(session_cookie(token, secure=site.secure))
    response.set_cookie(login_cookie("", secure=site.secure))
    return response


def _enter_page(
    request: AnyRequest, site: Site, back: str, refused: Refused | None = None, *, email: str = ""
) -> Response[Any]:
    """The choice of ways in, with what went wrong and the other ways still open."""
    errors = refused.fields if isinstance(refused, Invalid) else {}
    problem = refused.reason if refused and not errors else ""
    ways = site.ways()
    content = EnterPage(back=back, ways=ways, problem=problem, email=email, errors=errors)
    status = 200
    if refused is not None:
        denied = 403 if isinstance(refused, Forbidden) else 422
        status = _STATUS.get(refused.code, denied)
    return page(request, "auth/enter.html", content, status=status)


@get("/entrar", opt=_PUBLIC)
async def enter(request: AnyRequest) -> Response[Any]:
    """Choose how to sign in; who already is goes on."""
    site = site_of(request)
    if site.session is not None:
        return _go(home_of(site.session.actor, _back(request)))
    return _enter_page(request, site, _back(request))


@get("/equipe/entrar", opt=_PUBLIC)
async def enter_staff(request: AnyRequest) -> Response[Any]:
    """The door of the city's staff."""
    site = site_of(request)
    if site.session is not None and site.session.actor.kind == "staff":
        return _go(home_of(site.session.actor, _back(request)))
    content = EnterPage(back=_back(request), ways=site.ways() & {"staff"})
    return page(request, "auth/enter_staff.html", content)


@get("/entrar/govbr", opt=_PUBLIC)
async def to_govbr(request: AnyRequest) -> Response[Any]:
    """Off to gov.br."""
    return await _to_provider(request, "govbr")


@get("/entrar/equipe", opt=_PUBLIC)
async def to_staff(request: AnyRequest) -> Response[Any]:
    """Off to the city's own provider."""
    return await _to_provider(request, "staff")


async def _to_provider(request: AnyRequest, provider: ProviderName) -> Response[Any]:
    site, back = site_of(request), _back(request)
    hint = str(request.query_params.get("persona", ""))
    try:
        cookie, address = await acts.begin(site, provider, back, hint)
    except Refused as refused:
        return _enter_page(request, site, back, refused)
    response = _go(address)
    response.set_cookie(login_cookie(cookie, secure=site.secure))
    return response


@get("/entrar/retorno", opt=_PUBLIC)
async def callback(request: AnyRequest) -> Response[Any]:
    """The provider sends the person back here, with a code or an error."""
    site, back = site_of(request), "/"
    answer = {name: values[-1] for name, values in request.query_params.dict().items()}
    cookie = request.cookies.get(login_cookie_name(site.secure), "")
    try:
        pending = await acts.begun(site, cookie, answer)
        back = pending.return_to
        actor, token = await acts.finish(request.app.state.db, site, pending, answer)
    except Refused as refused:
        return _enter_page(request, site, back, refused)
    return _entered(site, actor, token, back)


@post("/entrar/codigo", opt=_PUBLIC)
async def ask_code(request: AnyRequest) -> Response[Any]:
    """Send a code to an e-mail address."""
    site, form = site_of(request), await request.form()
    email, back = str(form.get("email", "")), local_path(str(form.get("voltar", "/")))
    try:
        await acts.ask_code(site, _visitor(request, site), email)
    except Refused as refused:
        return _enter_page(request, site, back, refused, email=email)
    return _go("/entrar/codigo" if back == "/" else f"/entrar/codigo?{urlencode({'voltar': back})}")


@get("/entrar/codigo", opt=_PUBLIC)
async def code_form(request: AnyRequest) -> Response[Any]:
    """Where to type the code."""
    site = site_of(request)
    email = await acts.asked_address(site, _visitor(request, site))
    if not email:
        return _go("/entrar")
    return page(
        request, "auth/code.html", CodePage(email=email, back=_back(request)), personal=True
    )


@post("/entrar/codigo/conferir", opt=_PUBLIC)
async def check_code(request: AnyRequest) -> Response[Any]:
    """Enter with the code."""
    site, form = site_of(request), await request.form()
    visitor, back = _visitor(request, site), local_path(str(form.get("voltar", "/")))
    try:
        actor = await acts.enter_by_code(
            request.app.state.db, site, visitor, str(form.get("codigo", ""))
        )
        token = await acts.open_session(site, actor, "email")
    except Refused as refused:
        email = await acts.asked_address(site, visitor)
        if not email:
            return _enter_page(request, site, back, refused)
        content = CodePage(email=email, back=back, errors={"codigo": refused.reason})
        return page(request, "auth/code.html", content, status=422, personal=True)
    return _entered(site, actor, token, back)


@post("/sair", opt=_PUBLIC)
async def leave(request: AnyRequest) -> Response[Any]:
    """Sign out here and at the provider (front channel, mandatory for gov.br)."""
    site = site_of(request)
    response = _go(await acts.leave(site))
    # Browsers may keep pages whole in memory for "Back", no-store or not.
    response.headers["Clear-Site-Data"] = '"cache"'
    response.set_cookie(cleared_cookie(secure=site.secure))
    return response


@get("/conta/sessoes", opt=_OWN)
async def session_list(request: AnyRequest) -> Response[Any]:
    """“Onde estou conectado”."""
    site = site_of(request)
    current = site.session.id if site.session else ""
    return page(
        request, "auth/sessions.html", sessions_page(await acts.own_sessions(site), current)
    )


@post("/conta/sessoes/{session_id:str}/encerrar", opt=_OWN)
async def end_session(request: AnyRequest) -> Response[Any]:
    """End one of one's own sessions; ending the present one is signing out."""
    site, identifier = site_of(request), request.path_params["session_id"]
    await acts.end_session(site, identifier)
    if site.session is not None and identifier == site.session.id:
        response = _go("/")
        response.set_cookie(cleared_cookie(secure=site.secure))
        return response
    return redirect(request, "/conta/sessoes", notice="Conexão encerrada.")


def handlers() -> list[Any]:
    """Every handler of this folder, for the application."""
    return [
        enter,
        enter_staff,
        to_govbr,
        to_staff,
        callback,
        ask_code,
        code_form,
        check_code,
        leave,
        session_list,
        end_session,
    ]
