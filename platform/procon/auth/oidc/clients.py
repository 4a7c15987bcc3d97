"""How one site is registered at its providers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlsplit

from msgspec import Struct

from procon.settings import Settings
from procon.tenancy.manifest import Provider, Tenant

ProviderName = Literal["govbr", "staff"]

PEOPLE_SCOPE = (
    "openid email profile phone govbr_confiabilidades govbr_confiabilidades_idtoken govbr_empresa"
)
STAFF_SCOPE = "openid email profile"
_REFERENCE = "secret://"


class Client(Struct, frozen=True):
    """One registration.

    Attributes:
        label: what the provider is called in a sentence, with its article.
        issuer: exactly as the provider writes it in `iss`.
        role_map: the provider's group → role of the city's staff.
    """

    provider: ProviderName
    label: str
    issuer: str
    client_id: str
    client_secret: str
    scope: str
    role_map: Mapping[str, str]


def resolve_secret(reference: str, environment: Mapping[str, str] | None = None) -> str:
    """The value of `secret://NAME`: the environment variable PROCON_SECRET_NAME.

    Raises:
        LookupError: the variable is not set; the text names it.
    """
    name = f"PROCON_SECRET_{reference.removeprefix(_REFERENCE)}"
    value = (os.environ if environment is None else environment).get(name, "")
    if not reference.startswith(_REFERENCE) or not value:
        raise LookupError(f"{name} is not set")
    return value


def tenant_clients(
    tenant: Tenant, settings: Settings, environment: Mapping[str, str] | None = None
) -> dict[ProviderName, Client]:
    """The two registrations of a city.

    Raises:
        LookupError: a client secret is not in the environment.
    """
    return {
        "govbr": client_of("govbr", tenant.oidc.people, settings, environment),
        "staff": client_of("staff", tenant.oidc.staff, settings, environment),
    }


def client_of(
    name: ProviderName,
    provider: Provider,
    settings: Settings,
    environment: Mapping[str, str] | None = None,
) -> Client:
    """The registration that a manifest describes.

    Raises:
        LookupError: the client secret is not in the environment.
    """
    people = name == "govbr"
    return Client(
        provider=name,
        label="o gov.br" if people else "o acesso da prefeitura",
        issuer=_issuer(provider.issuer, settings),
        client_id=provider.client_id,
        client_secret=resolve_secret(provider.client_secret, environment),
        scope=PEOPLE_SCOPE if people else STAFF_SCOPE,
        role_map=provider.role_map,
    )


def _issuer(issuer: str, settings: Settings) -> str:
    """The demonstration's provider shares the demonstration's port, which is free to choose."""
    parts = urlsplit(issuer)
    host = parts.hostname or ""
    if host.endswith(".localhost") and parts.port is None:
        return settings.url(host, parts.path)
    return issuer
