"""What one installation needs to know: read once from the environment, never from a tenant."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from msgspec import Struct, convert

REPOSITORY = Path(__file__).resolve().parents[2]
PREFIX = "PROCON_"


class SettingsError(Exception):
    """The environment does not describe an installation; the text says what is wrong."""


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Every field `x` is read from the variable `PROCON_X`."""

    database_url: str
    owner_database_url: str
    redis_url: str
    secret_key: str
    s3_endpoint: str
    s3_access_key: str
    s3_secret_key: str
    s3_bucket: str = "procon-evidence"
    s3_public_endpoint: str = ""
    smtp_host: str = "127.0.0.1"
    smtp_port: int = 25
    public_scheme: Literal["http", "https"] = "https"
    public_port: int = 443
    vendor_host: str = "plataforma.localhost"
    suppliers_host: str = "fornecedores.localhost"
    environment: Literal["production", "demo", "test"] = "production"
    assets: Literal["cdn", "local"] = "cdn"
    assets_dir: Path = REPOSITORY / "var" / "assets"
    tenants_dir: Path = REPOSITORY / "tenants"
    themes_dir: Path = REPOSITORY / "themes"
    plugins_dir: Path = REPOSITORY / "plugins"
    pool_size: int = 4
    directory_seconds: float = 2.0
    # Where a demonstration keeps how far each city's clock is ahead; never read in production.
    clock_dir: Path = REPOSITORY / "var" / "demo" / "clock"
    # Addresses of our own load balancers, "10.0.0.0/8, …"; only they may say who the visitor is.
    trusted_proxies: str = ""
    log_format: Literal["json", "plain"] = "json"

    @property
    def s3_public(self) -> str:
        """Origin under which a browser reaches the evidence store."""
        return self.s3_public_endpoint or self.s3_endpoint

    def url(self, host: str, path: str = "/") -> str:
        """Absolute public address of `path` on `host`."""
        standard = {"http": 80, "https": 443}[self.public_scheme]
        port = "" if self.public_port == standard else f":{self.public_port}"
        return f"{self.public_scheme}://{host}{port}{path}"


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings.

    Raises:
        SettingsError: a variable is missing, unknown or has the wrong form.
    """
    source = os.environ if environment is None else environment
    known = set(Settings.__struct_fields__)
    given = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in source.items()
        if name.startswith(PREFIX) and name.removeprefix(PREFIX).lower() in known
    }
    try:
        return convert(given, Settings, strict=False, dec_hook=_decode)
    except Exception as error:
        raise SettingsError(
            f"Configuração incompleta: {error}. Veja README, “Variáveis”."
        ) from error


def _decode(kind: type, value: object) -> object:
    if kind is Path:
        return Path(str(value))
    raise TypeError(f"{kind} is not a setting's type")
