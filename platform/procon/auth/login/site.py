"""The request's site as signing in sees it: its providers, its cookies, its address."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import Cookie
from msgspec import Struct
from redis.asyncio import Redis

from procon.auth.http import SITE_SLUGS, session_of, site_slug
from procon.auth.oidc import Client, Gateway, tenant_clients
from procon.auth.oidc.clients import ProviderName, client_of
from procon.auth.oidc.flow import PENDING_SECONDS
from procon.auth.sessions import Session
from procon.kernel.errors import Refused
from procon.settings import Settings
from procon.tenancy.manifest import Provider, Tenant

AnyRequest = Request[Any, Any, Any]

# Hosts without a city have no manifest: their one registration is JSON of the same form.
SITE_PROVIDERS: Mapping[str, tuple[str, ProviderName]] = {
    SITE_SLUGS["vendor"]: ("PROCON_VENDOR_OIDC", "staff"),
    SITE_SLUGS["suppliers"]: ("PROCON_SUPPLIERS_OIDC", "govbr"),
}


class Site(Struct, frozen=True):
    """Everything of the application and the request that a sign-in needs."""

    slug: str
    host: str
    origin: str
    secure: bool
    tenant: Tenant | None
    settings: Settings
    redis: Redis
    gateway: Gateway
    now: datetime
    session: Session | None
    user_agent: str
    ip: str

    def client(self, provider: ProviderName) -> Client:
        """The registration of this site at `provider`.

        Raises:
            Refused: there is none, or its secret is not configured.
        """
        try:
            found = clients_of(self.slug, self.tenant, self.settings)
            return found[provider]
        except LookupError as error:
            raise Refused(
                "Esta forma de entrar ainda não está disponível aqui.", code="login-config"
            ) from error

    def ways(self) -> frozenset[str]:
        """Ways in that this site offers: govbr, staff, email."""
        if self.tenant is not None:
            return frozenset({"govbr", "staff", "email"})
        return frozenset({SITE_PROVIDERS[self.slug][1]})


def site_of(request: AnyRequest) -> Site:
    """Collect the above."""
    state = request.app.state
    settings: Settings = state.settings
    tenant = request.scope["state"].get("tenant")
    return Site(
        slug=site_slug(request),
        host=request.scope["state"]["host"],
        origin=f"{settings.public_scheme}://{request.headers.get('host', '').lower()}",
        secure=settings.public_scheme == "https",
        tenant=tenant if isinstance(tenant, Tenant) else None,
        settings=settings,
        redis=state.redis,
        gateway=state.oidc,
        now=state.db.clock(),
        session=session_of(request),
        user_agent=request.headers.get("user-agent", ""),
        ip=request.client.host if request.client else "",
    )


def clients_of(
    slug: str,
    tenant: Tenant | None,
    settings: Settings,
    environment: Mapping[str, str] | None = None,
) -> dict[ProviderName, Client]:
    """The registrations of a city, or of one of the sites without a city.

    Raises:
        LookupError: a variable is missing; the text names it.
    """
    if tenant is not None:
        return tenant_clients(tenant, settings, environment)
    variables = os.environ if environment is None else environment
    variable, name = SITE_PROVIDERS[slug]
    if not variables.get(variable):
        raise LookupError(f"{variable} is not set")
    provider = msgspec.json.decode(variables[variable], type=Provider)
    return {name: client_of(name, provider, settings, environment)}


def login_cookie_name(secure: bool) -> str:
    """Cookie that ties the provider's answer to the browser that asked."""
    return "__Host-procon-login" if secure else "procon-login"


def login_cookie(value: str, *, secure: bool) -> Cookie:
    """Set it for ten minutes, or clear it with an empty value."""
    return Cookie(
        key=login_cookie_name(secure),
        value=value,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
        max_age=PENDING_SECONDS if value else 0,
    )
