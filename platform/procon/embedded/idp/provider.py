"""The imitated gov.br as a small web application. It never runs outside the demonstration."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from joserfc.jwk import RSAKey
from litestar import Litestar, Request, Response, get, post
from litestar.enums import MediaType
from litestar.exceptions import HTTPException
from litestar.response import Redirect
from msgspec import Struct

from procon.embedded.idp import claims, store
from procon.embedded.idp.clients import (
    Asked,
    AskedWrongly,
    check_client,
    check_request,
    may_return_after_logout,
)
from procon.embedded.idp.personas import LEVEL_NAMES, Persona, find, personas
from procon.kernel.clock import Clock

_REALM = "/realms/{realm:str}"
_TEMPLATES = Path(__file__).parent / "templates"


class Provider(Struct, frozen=True):
    """What every handler needs; kept in the application's state."""

    directory: Path
    secret: str
    key: RSAKey
    clock: Clock
    pages: Environment

    def now(self) -> int:
        """UNIX seconds."""
        return int(self.clock().timestamp())


def build(directory: Path, clock: Clock) -> Litestar:
    """The application, with its key and secret in `directory`."""
    provider = Provider(
        directory=directory,
        secret=store.client_secret(directory),
        key=store.signing_key(directory),
        clock=clock,
        pages=Environment(
            loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined
        ),
    )
    app = Litestar(
        route_handlers=[
            discovery,
            jwk,
            authorize,
            token,
            userinfo,
            companies,
            participant,
            logout,
            front,
        ],
        exception_handlers={HTTPException: _not_here},
        logging_config=None,
        openapi_config=None,
        pdb_on_exception=False,
    )
    app.state.provider = provider
    return app


def _provider(request: Request[Any, Any, Any]) -> Provider:
    found: Provider = request.app.state.provider
    return found


def _origin(request: Request[Any, Any, Any]) -> str:
    return f"{request.scope['scheme']}://{request.headers.get('host', '')}".lower()


def _realm(request: Request[Any, Any, Any]) -> str | None:
    """The staff provider that was asked, or None: gov.br."""
    found: str | None = request.path_params.get("realm")
    return found


def _issuer(request: Request[Any, Any, Any], realm: str | None) -> str:
    return _origin(request) + (f"/realms/{realm}" if realm else "")


@get(
    ["/.well-known/openid-configuration", f"{_REALM}/.well-known/openid-configuration"],
    sync_to_thread=False,
)
def discovery(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """OpenID Provider metadata (OpenID Connect Discovery 1.0 §3)."""
    return _metadata(_issuer(request, _realm(request)))


def _metadata(issuer: str) -> dict[str, Any]:
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/jwk",
        "end_session_endpoint": f"{issuer}/logout",
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "scopes_supported": [
            "openid",
            "email",
            "profile",
            "phone",
            "govbr_confiabilidades",
            "govbr_confiabilidades_idtoken",
            "govbr_empresa",
        ],
    }


@get(["/jwk", f"{_REALM}/jwk"], sync_to_thread=False)
def jwk(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """The public key (RFC 7517)."""
    public = _provider(request).key.as_dict(private=False)
    return {"keys": [public | {"use": "sig", "alg": "RS256"}]}


@get(["/authorize", f"{_REALM}/authorize"], sync_to_thread=False)
def authorize(request: Request[Any, Any, Any]) -> Response[Any]:
    """Choose a persona, or be it at once when `login_hint` names one."""
    realm = _realm(request)
    query = {name: values[-1] for name, values in request.query_params.dict().items()}
    try:
        back = check_client(query, _origin(request))
    except AskedWrongly as wrong:
        return _page(request, "refused.html", {"reason": wrong.detail}, status=400)
    answer = _answer(request, realm, query)
    if answer is None:
        return _choose(request, realm, query)
    return _back(back, answer, query.get("state", ""), _issuer(request, realm))


def _answer(
    request: Request[Any, Any, Any], realm: str | None, query: Mapping[str, str]
) -> dict[str, str] | None:
    """What goes back to the client, or None while nobody has chosen a persona."""
    try:
        asked = check_request(query)
    except AskedWrongly as wrong:
        return {"error": wrong.error, "error_description": wrong.detail}
    if asked.login_hint == "cancel":
        return {"error": "access_denied"}
    if find(realm, asked.login_hint):
        return {"code": _code(request, realm, asked)}
    return None


def _code(request: Request[Any, Any, Any], realm: str | None, asked: Asked) -> str:
    provider = _provider(request)
    grant = store.Grant(
        realm=realm,
        persona=asked.login_hint,
        client_id=asked.client_id,
        redirect_uri=asked.redirect_uri,
        challenge=asked.challenge,
        nonce=asked.nonce,
        scope=asked.scope,
        issued_at=provider.now(),
    )
    return store.put_code(provider.directory, grant)


def _back(address: str, answer: Mapping[str, str], state: str, issuer: str) -> Redirect:
    query = urlencode({**answer, "state": state, "iss": issuer})
    return Redirect(f"{address}?{query}", status_code=303, headers={"Cache-Control": "no-store"})


def _choose(
    request: Request[Any, Any, Any], realm: str | None, query: Mapping[str, str]
) -> Response[Any]:
    def link(key: str) -> str:
        return "?" + urlencode({**query, "login_hint": key})

    options = [
        {
            "name": one.social_name or one.name,
            "title": one.title,
            "note": one.note,
            "level": LEVEL_NAMES.get(one.level, ""),
            "link": link(one.key),
        }
        for one in personas(realm)
    ]
    content = {"options": options, "realm": realm, "cancel": link("cancel")}
    return _page(request, "choose.html", content)


def _page(
    request: Request[Any, Any, Any], template: str, content: Mapping[str, Any], status: int = 200
) -> Response[Any]:
    nonce = secrets.token_urlsafe(16)
    body = _provider(request).pages.get_template(template).render(nonce=nonce, **content)
    return Response(
        body,
        status_code=status,
        media_type=MediaType.HTML,
        headers={
            "Cache-Control": "no-store",
            "Content-Security-Policy": (
                f"default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; "
                "form-action 'none'; frame-ancestors 'none'"
            ),
            "Content-Language": "pt-BR",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        },
    )


@post(["/token", f"{_REALM}/token"], status_code=200)
async def token(request: Request[Any, Any, Any]) -> Response[Any]:
    """Redeem a code (RFC 6749 §4.1.3, RFC 7636 §4.6): Basic client authentication and a form."""
    realm = _realm(request)
    provider = _provider(request)
    client_id = _basic_client(request.headers.get("authorization", ""), provider.secret)
    if client_id is None:
        return _error("invalid_client", 401, {"WWW-Authenticate": "Basic"})
    form = await request.form()
    if form.get("grant_type") != "authorization_code":
        return _error("unsupported_grant_type")
    grant = store.take_code(provider.directory, str(form.get("code", "")), provider.now())
    if grant is None or not _fits(grant, form, client_id, realm):
        return _error("invalid_grant")
    persona = find(realm, grant.persona)
    if persona is None:
        return _error("invalid_grant")
    return Response(_tokens(request, grant, persona), headers={"Cache-Control": "no-store"})


def _tokens(
    request: Request[Any, Any, Any], grant: store.Grant, persona: Persona
) -> dict[str, Any]:
    provider, issuer = _provider(request), _issuer(request, grant.realm)
    now = provider.now()
    return {
        "access_token": claims.access_token(provider.key, issuer, grant, now),
        "id_token": claims.id_token(provider.key, issuer, grant, persona, now),
        "token_type": "Bearer",
        "expires_in": claims.ACCESS_TOKEN_SECONDS,
        "scope": grant.scope,
    }


def _fits(grant: store.Grant, form: Mapping[str, Any], client_id: str, realm: str | None) -> bool:
    verifier = str(form.get("code_verifier", ""))
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return (
        grant.realm == realm
        and grant.client_id == client_id
        and form.get("redirect_uri") == grant.redirect_uri
        and 43 <= len(verifier) <= 128
        and hmac.compare_digest(challenge, grant.challenge)
    )


def _basic_client(header: str, secret: str) -> str | None:
    """Client id of a right Basic header, or None."""
    kind, _, value = header.partition(" ")
    try:
        decoded = base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    client_id, _, given = decoded.partition(":")
    right = hmac.compare_digest(unquote_plus(given).encode(), secret.encode())
    return unquote_plus(client_id) if kind.lower() == "basic" and right else None


def _error(code: str, status: int = 400, headers: Mapping[str, str] | None = None) -> Response[Any]:
    return Response(
        {"error": code},
        status_code=status,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


@get(["/userinfo", f"{_REALM}/userinfo"], sync_to_thread=False)
def userinfo(request: Request[Any, Any, Any]) -> Response[Any]:
    """Claims of the person whose access token is presented as Bearer."""
    realm = _realm(request)
    provider = _provider(request)
    kind, _, presented = request.headers.get("authorization", "").partition(" ")
    granted = claims.read_access_token(
        provider.key, _issuer(request, realm), presented, provider.now()
    )
    persona = find(realm, granted["persona"]) if granted else None
    if kind.lower() != "bearer" or granted is None or persona is None:
        return _error("invalid_token", 401, {"WWW-Authenticate": "Bearer"})
    body = claims.person_claims(persona, realm)
    if realm is None and "govbr_confiabilidades" in granted["scope"].split():
        body["reliability_info"] = claims.reliability(persona)
    return Response(body, headers={"Cache-Control": "no-store"})


@get("/empresas/v2/empresas", sync_to_thread=False)
def companies(request: Request[Any, Any, Any]) -> Response[Any]:
    """The companies of the person whose access token is presented (scope `govbr_empresa`)."""
    persona = _linked_person(request)
    asked = str(request.query_params.get("filtrar-por-participante", ""))
    if persona is None or persona.sub != asked:
        return _error("insufficient_scope", 403)
    body = [
        {"cnpj": cnpj, "razaoSocial": name, "dataCriacao": "2021-03-05T10:00:00.000-0300"}
        for cnpj, name, _ in persona.links
    ]
    return Response(body, headers={"Cache-Control": "no-store"})


@get("/empresas/v2/empresas/{cnpj:str}/participantes/{cpf:str}", sync_to_thread=False)
def participant(request: Request[Any, Any, Any]) -> Response[Any]:
    """The person's part in one of their companies."""
    persona, cnpj = _linked_person(request), request.path_params["cnpj"]
    if persona is None or persona.sub != request.path_params["cpf"]:
        return _error("insufficient_scope", 403)
    part = next((part for known, _, part in persona.links if known == cnpj), None)
    if part is None:
        return _error("not_found", 404)
    body = {"cpf": persona.sub, "atuacao": part, "cadastrador": part == "SOCIO"}
    return Response(body, headers={"Cache-Control": "no-store"})


def _linked_person(request: Request[Any, Any, Any]) -> Persona | None:
    provider = _provider(request)
    kind, _, presented = request.headers.get("authorization", "").partition(" ")
    granted = claims.read_access_token(
        provider.key, _issuer(request, None), presented, provider.now()
    )
    if kind.lower() != "bearer" or granted is None:
        return None
    allowed = "govbr_empresa" in granted["scope"].split()
    return find(None, granted["persona"]) if allowed else None


@get(["/logout", f"{_REALM}/logout"], sync_to_thread=False)
def logout(request: Request[Any, Any, Any]) -> Response[Any]:
    """Front-channel logout: back to the application, if the address is registered."""
    address = str(request.query_params.get("post_logout_redirect_uri", ""))
    if not may_return_after_logout(address, _origin(request)):
        reason = "O endereço de retorno não é o cadastrado."
        return _page(request, "refused.html", {"reason": reason}, status=400)
    return Redirect(address, status_code=303)


@get(["/", _REALM], sync_to_thread=False)
def front(request: Request[Any, Any, Any]) -> Response[Any]:
    """A word for who opens the provider's address by itself."""
    reason = "Abra o portal da cidade e escolha “Entrar”: ele traz você de volta para cá."
    return _page(request, "refused.html", {"reason": reason})


def _not_here(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    return _page(request, "refused.html", {"reason": "Esta página não existe."}, error.status_code)
