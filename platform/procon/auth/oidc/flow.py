"""Authorization code flow with PKCE, from the link to the person's identity."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
import structlog
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from msgspec import Struct
from redis.asyncio import Redis
from redis.exceptions import RedisError

from procon.auth.actor import Actor, Level
from procon.auth.companies.registry import SCOPE, CompanyLink, GovbrCompanies
from procon.auth.oidc.clients import Client, ProviderName
from procon.auth.oidc.gateway import Gateway, Metadata, ProviderDown
from procon.auth.oidc.tokens import BadToken, key_id, verified_claims
from procon.kernel.documents import BadDocument, parse_cnpj, parse_cpf
from procon.kernel.errors import Forbidden, Refused
from procon.tenancy.keys import key

CALLBACK_PATH = "/entrar/retorno"
PENDING_SECONDS = 600
# The companies are a convenience: the login does not wait longer for them.
LINKS_SECONDS = 6.0

_RANK = {"": 0, "bronze": 1, "silver": 2, "gold": 3}
_LEVEL_NAMES = {"bronze": "bronze", "silver": "prata", "gold": "ouro"}
_LOCAL = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*\Z")
_START_AGAIN = "Não foi possível concluir a entrada. Comece de novo, por favor."


class Pending(Struct, frozen=True, forbid_unknown_fields=True):
    """A login that has begun; kept in Redis under a cookie that only this browser has."""

    slug: str
    host: str
    provider: ProviderName
    state: str
    nonce: str
    verifier: str
    return_to: str
    created_at: datetime


class Identity(Struct, frozen=True, forbid_unknown_fields=True):
    """Who the provider says the person is. The identity is (iss, sub), never the e-mail.

    `links` are the companies that gov.br ties to the person; None: it was not asked, or was silent.
    """

    iss: str
    sub: str
    name: str
    cpf: str | None
    email: str
    email_verified: bool
    amr: tuple[str, ...] = ()
    level: Level = ""
    groups: tuple[str, ...] = ()
    cnpj: str | None = None
    links: tuple[CompanyLink, ...] | None = None


def local_path(path: str, default: str = "/") -> str:
    """`path` if it stays on this host, else `default`."""
    return path if len(path) <= 2000 and _LOCAL.match(path) else default


async def start_login(
    gateway: Gateway,
    redis: Redis,
    client: Client,
    *,
    slug: str,
    host: str,
    origin: str,
    return_to: str,
    now: datetime,
    login_hint: str = "",
) -> tuple[str, str]:
    """Begin a login.

    Args:
        host: lower-case host name without port.
        origin: scheme and host as the browser sees them; the callback is under it.
        return_to: local path to go to afterwards; anything else becomes `/`.

    Returns:
        The value of the pre-login cookie, and the provider's address to redirect to.

    Raises:
        Refused: the provider or Redis does not answer.
    """
    metadata = await _metadata(gateway, client)
    pending = Pending(
        slug=slug,
        host=host,
        provider=client.provider,
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
        return_to=local_path(return_to),
        created_at=now,
    )
    cookie = secrets.token_urlsafe(32)
    try:
        await redis.set(_key(slug, cookie), msgspec.json.encode(pending), ex=PENDING_SECONDS)
    except (RedisError, OSError) as error:
        raise Refused(
            "A entrada está indisponível por um momento. Tente de novo em alguns minutos.",
            code="login-unavailable",
        ) from error
    extra = {"login_hint": login_hint} if login_hint else {}
    address: str = prepare_grant_uri(
        metadata.authorization_endpoint,
        client_id=client.client_id,
        response_type="code",
        redirect_uri=f"{origin}{CALLBACK_PATH}",
        scope=client.scope,
        state=pending.state,
        nonce=pending.nonce,
        code_challenge=create_s256_code_challenge(pending.verifier),
        code_challenge_method="S256",
        **extra,
    )
    return cookie, address


async def take_pending(redis: Redis, *, slug: str, host: str, cookie: str, state: str) -> Pending:
    """The login that this browser began, removed at once: it can be finished only once.

    Raises:
        Refused: none was begun here, it is over 10 minutes old, it was finished already, or
            the `state` is another login's.
    """
    try:
        record = await redis.getdel(_key(slug, cookie)) if cookie else None
        pending = msgspec.json.decode(record, type=Pending) if record else None
    except msgspec.DecodeError:
        pending = None
    except (RedisError, OSError) as error:
        raise Refused(_START_AGAIN, code="login-unavailable") from error
    if pending is None or (pending.slug, pending.host) != (slug, host):
        raise Refused(
            "Esta entrada já foi usada ou passou de 10 minutos. Comece de novo, por favor.",
            code="login-expired",
        )
    if not hmac.compare_digest(pending.state.encode(), state.encode()):
        raise Refused(_START_AGAIN, code="login-state")
    return pending


async def finish_login(
    gateway: Gateway,
    client: Client,
    pending: Pending,
    *,
    origin: str,
    answer: Mapping[str, str],
    now: datetime,
) -> Identity:
    """Redeem the provider's answer (the callback's query) for the person's identity.

    Raises:
        Refused: the person cancelled, the provider is down, its answer proves nothing, or
            (gov.br) it names nobody with a CPF.
    """
    metadata = await _metadata(gateway, client)
    _check_answer(client, metadata, answer)
    form = {
        "grant_type": "authorization_code",
        "code": answer["code"],
        "redirect_uri": f"{origin}{CALLBACK_PATH}",
        "code_verifier": pending.verifier,
    }
    tokens = await _redeem(gateway, client, metadata, form)
    id_token, access = str(tokens.get("id_token", "")), str(tokens.get("access_token", ""))
    try:
        keys = await gateway.keys(client.issuer, key_id(id_token))
        claims = verified_claims(
            id_token,
            keys,
            issuer=client.issuer,
            client_id=client.client_id,
            nonce=pending.nonce,
            now=now,
            access_token=access,
        )
        if client.provider == "govbr" and "reliability_info" not in claims:
            claims = await _with_userinfo(gateway, client, metadata, claims, access)
    except BadToken as error:
        raise Refused(_START_AGAIN, code="login-token") from error
    except ProviderDown as error:
        raise _down(client) from error
    identity = _identity(client, claims)
    granted = str(tokens.get("scope", client.scope)).split()
    if client.provider != "govbr" or SCOPE not in granted or identity.cpf is None:
        return identity
    links = await _links(gateway, client, access, identity.cpf)
    return msgspec.structs.replace(identity, links=links)


async def _links(
    gateway: Gateway, client: Client, access: str, cpf: str
) -> tuple[CompanyLink, ...] | None:
    """The person's companies. Nobody is kept out because this service does not answer."""

    async def fetch(address: str) -> Any:
        headers = {"Authorization": f"Bearer {access}"}
        return await gateway.value(
            f"{client.issuer}#empresas", "GET", address, headers=headers, kind=(list, dict)
        )

    try:
        async with asyncio.timeout(LINKS_SECONDS):
            return await GovbrCompanies(client.issuer, fetch).companies_of(cpf)
    except (ProviderDown, TimeoutError):
        structlog.get_logger().warning("companies_unavailable", issuer=client.issuer)
        return None


def logout_address(metadata: Metadata, client: Client, origin: str, id_hint: str = "") -> str:
    """Where the browser goes to leave the provider too (front channel), or `/`."""
    if not metadata.end_session_endpoint:
        return "/"
    query = {"post_logout_redirect_uri": f"{origin}/", "client_id": client.client_id}
    if id_hint:
        query["id_token_hint"] = id_hint
    return f"{metadata.end_session_endpoint}?{urlencode(query)}"


def require_level(actor: Actor, minimum: Level) -> None:
    """Let through who has a gov.br account of at least `minimum`.

    Lei 14.063/2020 and Decreto 10.543/2020 tie the act to the level of the signature.

    Raises:
        Forbidden: with a sentence that says how to reach the level.
    """
    if _RANK[actor.level] >= _RANK[minimum]:
        return
    name = _LEVEL_NAMES[minimum]
    if not actor.level:
        raise Forbidden(
            f"Para isso é preciso entrar com uma conta gov.br de nível {name}. "
            "Saia, escolha “Entrar com gov.br” e volte a esta página.",
            code=f"level-{minimum}",
        )
    way = (
        "com o reconhecimento facial ou pelo seu banco"
        if minimum == "silver"
        else "com o reconhecimento facial da Justiça Eleitoral, a nova carteira de identidade "
        "ou um certificado digital"
    )
    raise Forbidden(
        f"Para isso a sua conta gov.br precisa ser de nível {name}; a sua é "
        f"{_LEVEL_NAMES[actor.level]}. No aplicativo gov.br, toque em “Aumentar nível da conta” "
        f"e confirme a sua identidade {way}. Depois saia e entre de novo aqui.",
        code=f"level-{minimum}",
    )


async def _metadata(gateway: Gateway, client: Client) -> Metadata:
    try:
        return await gateway.metadata(client.issuer)
    except ProviderDown as error:
        raise _down(client) from error


def _check_answer(client: Client, metadata: Metadata, answer: Mapping[str, str]) -> None:
    """RFC 9207: an answer of another provider must not reach this one's token endpoint."""
    said = answer.get("iss")
    missing = said is None and metadata.authorization_response_iss_parameter_supported
    if missing or (said is not None and said != client.issuer):
        raise Refused(_START_AGAIN, code="login-mixed")
    if answer.get("error") == "access_denied":
        raise Refused(
            "Você cancelou a entrada. Quando quiser, tente de novo.", code="login-cancelled"
        )
    if answer.get("error") or not answer.get("code"):
        raise Refused(_START_AGAIN, code="login-answer")


async def _redeem(
    gateway: Gateway, client: Client, metadata: Metadata, form: Mapping[str, str]
) -> dict[str, Any]:
    # RFC 6749 §2.3.1: both halves are form-encoded before they are joined.
    pair = f"{quote(client.client_id, safe='')}:{quote(client.client_secret, safe='')}"
    basic = base64.b64encode(pair.encode()).decode()
    try:
        found = await gateway.json(
            client.issuer,
            "POST",
            metadata.token_endpoint,
            form=form,
            headers={"Authorization": f"Basic {basic}"},
            accept=frozenset({200, 400}),
        )
    except ProviderDown as error:
        raise _down(client) from error
    if "error" in found or "id_token" not in found:
        raise Refused(_START_AGAIN, code="login-code")
    return found


async def _with_userinfo(
    gateway: Gateway, client: Client, metadata: Metadata, claims: dict[str, Any], access: str
) -> dict[str, Any]:
    """The level comes from `/userinfo` where the ID token does not carry it."""
    if not metadata.userinfo_endpoint or not access:
        return claims
    more = await gateway.json(
        client.issuer,
        "GET",
        metadata.userinfo_endpoint,
        headers={"Authorization": f"Bearer {access}"},
    )
    if more.get("sub") != claims["sub"]:
        raise BadToken("userinfo is about somebody else")
    return {**more, **claims}


def _identity(client: Client, claims: Mapping[str, Any]) -> Identity:
    people = client.provider == "govbr"
    level = (_mapping(claims, "reliability_info")).get("level", "")
    return Identity(
        iss=client.issuer,
        sub=_cpf(claims["sub"]) if people else claims["sub"],
        name=_text(claims, "social_name") or _text(claims, "name"),
        cpf=_cpf(claims["sub"]) if people else None,
        email=_text(claims, "email").lower(),
        email_verified=claims.get("email_verified") is True,
        amr=_texts(claims, "amr"),
        level=level if people and level in _RANK else "",
        groups=() if people else _texts(claims, "groups"),
        cnpj=_cnpj(claims) if people else None,
    )


def _cpf(subject: str) -> str:
    try:
        return parse_cpf(subject)
    except BadDocument as error:
        raise Refused(
            "O gov.br não informou o seu CPF, e sem ele não podemos reconhecer você. "
            "Confira o cadastro no aplicativo gov.br ou entre com o código por e-mail.",
            code="login-no-cpf",
        ) from error


def _cnpj(claims: Mapping[str, Any]) -> str | None:
    try:
        return parse_cnpj(claims["cnpj"]) if isinstance(claims.get("cnpj"), str) else None
    except BadDocument:
        return None


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str):
        return ""
    return "".join(letter for letter in value if letter.isprintable()).strip()[:200]


def _texts(claims: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = claims.get(name)
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _mapping(claims: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = claims.get(name)
    return value if isinstance(value, dict) else {}


def _down(client: Client) -> Refused:
    label = client.label[0].upper() + client.label[1:]
    return Refused(
        f"{label} não respondeu agora. Tente de novo em alguns minutos; "
        "o que você já preencheu continua guardado.",
        code="login-down",
    )


def _key(slug: str, cookie: str) -> str:
    return key(slug, "login", hashlib.sha256(cookie.encode()).hexdigest())
