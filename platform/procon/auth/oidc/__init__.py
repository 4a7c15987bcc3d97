"""Sign-in with an OpenID provider: gov.br for people, the city's own for its staff."""

from procon.auth.oidc.clients import Client, resolve_secret, tenant_clients
from procon.auth.oidc.flow import (
    Identity,
    Pending,
    finish_login,
    logout_address,
    require_level,
    start_login,
    take_pending,
)
from procon.auth.oidc.gateway import Gateway, ProviderDown

__all__ = [
    "Client",
    "Gateway",
    "Identity",
    "Pending",
    "ProviderDown",
    "finish_login",
    "logout_address",
    "require_level",
    "resolve_secret",
    "start_login",
    "take_pending",
    "tenant_clients",
]
