"""A tenant as its `tenant.yaml` describes it. Terraform reads the same file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import yaml
from msgspec import Meta, Struct

DEFAULTS = "_defaults.yaml"

Slug = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9]{2,30}$")]
Host = Annotated[
    str, Meta(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$")
]
SecretReference = Annotated[str, Meta(pattern=r"^secret://[A-Z][A-Z0-9_]*$")]
Level = Literal["", "bronze", "silver", "gold"]
Positive = Annotated[int, Meta(gt=0)]


class ManifestError(Exception):
    """A manifest cannot be used; the text names file, line and reason."""


class Provider(Struct, frozen=True, forbid_unknown_fields=True):
    """One OIDC provider as this tenant is registered there."""

    issuer: str
    client_id: str
    client_secret: SecretReference
    role_map: dict[str, str] = {}


class Oidc(Struct, frozen=True, forbid_unknown_fields=True):
    """`people` is gov.br (consumers, suppliers, lawyers); `staff` is the city's own provider."""

    people: Provider
    staff: Provider


class Evidence(Struct, frozen=True, forbid_unknown_fields=True):
    """Where originals are kept and how long, in days."""

    bucket: str = ""
    kms_key: str = ""
    retention_days: Positive = 3650


class Mail(Struct, frozen=True, forbid_unknown_fields=True):
    """Sender of the city's legal mail."""

    sender: str
    reply_to: str = ""


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """Bounds of what one person may send; sizes in MiB."""

    file_mib: Positive = 50
    files_per_case: Positive = 30
    drafts_per_hour: Positive = 20


class Levels(Struct, frozen=True, forbid_unknown_fields=True):
    """The gov.br level that each procedure asks a person for; "" takes the e-mail code too.

    Lei 14.063/2020 ties an act to the level of the signature.
    """

    complaint: Level = "bronze"
    agreement: Level = ""
    mandate: Level = "silver"


class DeadlineOverride(Struct, frozen=True, forbid_unknown_fields=True):
    """The city's own amount for a deadline that the core declares."""

    amount: Positive
    unit: Literal["corridos", "uteis"] = "corridos"
    legal_basis: str = ""


class Contacts(Struct, frozen=True, forbid_unknown_fields=True):
    """What the footer, the letters and the error pages show."""

    body: str
    address: str = ""
    phone: str = ""
    email: str = ""
    opening_hours: str = ""


class Tenant(Struct, frozen=True, forbid_unknown_fields=True):
    """One city. `name` is the body's name, `city` the municipality's."""

    slug: Slug
    name: str
    city: str
    ibge: Annotated[str, Meta(pattern=r"^\d{7}$")]
    uf: Annotated[str, Meta(pattern=r"^[A-Z]{2}$")]
    hosts: Annotated[tuple[Host, ...], Meta(min_length=1)]
    timezone: str
    theme: str
    oidc: Oidc
    mail: Mail
    contacts: Contacts
    status: Literal["active", "suspended"] = "active"
    locale: Literal["pt-BR"] = "pt-BR"
    levels: Levels = Levels()
    evidence: Evidence = Evidence()
    deadlines: dict[str, DeadlineOverride] = {}
    workflow: str = "standard"
    hearings: bool = True
    ports: dict[str, str] = {}
    plugins: dict[str, dict[str, Any]] = {}
    limits: Limits = Limits()

    @property
    def host(self) -> str:
        """The address that letters and e-mails name."""
        return self.hosts[0]


def read(tenants_dir: Path, slug: str, *, defaults_dir: Path | None = None) -> Tenant:
    """Read `tenants/<slug>/tenant.yaml` over `_defaults.yaml`, merged one level deep.

    Args:
        defaults_dir: where `_defaults.yaml` lies, when not beside the city's folder.

    Raises:
        ManifestError: the file is missing, not YAML, or has an unknown key or wrong value.
    """
    path = tenants_dir / slug / "tenant.yaml"
    defaults = _mapping((defaults_dir or tenants_dir) / DEFAULTS)
    merged = {**defaults, **_mapping(path)}
    for name, default in defaults.items():
        if isinstance(default, dict) and isinstance(merged[name], dict):
            merged[name] = {**default, **merged[name]}
    try:
        tenant = msgspec.convert(merged, Tenant)
    except msgspec.ValidationError as error:
        raise ManifestError(f"{path}:{_line(path, str(error))}: {error}") from error
    if tenant.slug != slug:
        raise ManifestError(f"{path}:1: slug is {tenant.slug!r}, but the folder is {slug!r}")
    return tenant


def read_all(tenants_dir: Path) -> tuple[Tenant, ...]:
    """Every tenant of the folder, by slug; hosts must be unique among them.

    Raises:
        ManifestError: one file is wrong, or two tenants claim one host.
    """
    slugs = sorted(path.parent.name for path in tenants_dir.glob("*/tenant.yaml"))
    tenants = tuple(read(tenants_dir, slug) for slug in slugs)
    owners: dict[str, str] = {}
    for tenant in tenants:
        for host in tenant.hosts:
            if (other := owners.setdefault(host, tenant.slug)) != tenant.slug:
                raise ManifestError(
                    f"{tenants_dir / tenant.slug / 'tenant.yaml'}:1: host {host} belongs to {other}"
                )
    return tenants


def _mapping(path: Path) -> dict[str, Any]:
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ManifestError(f"{path}:1: the file does not exist") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise ManifestError(f"{path}:{line}: not valid YAML") from error
    if not isinstance(loaded, dict):
        raise ManifestError(f"{path}:1: a mapping is expected")
    return loaded


def _line(path: Path, message: str) -> int:
    """Line of what a msgspec message is about: "… field `fax` - at `$.contacts`"."""
    _, _, place = message.partition(" - at `$")
    found = re.findall(r"\.([^.\[`]+)|\[(\d+)\]", place)
    steps: list[str | int] = [name or int(index) for name, index in found]
    steps += re.findall(r"unknown field `([^`]+)`", message)
    node, line = yaml.compose(path.read_text(encoding="utf-8")), 1
    for step in steps:
        below = _children(node).get(step)
        if below is None:
            break  # it comes from the defaults, or is missing: the place above says most
        node, line = below
    return line


def _children(node: Any) -> dict[str | int, tuple[Any, int]]:
    """Key or position → node and the line on which it begins."""
    if isinstance(node, yaml.MappingNode):
        return {key.value: (below, key.start_mark.line + 1) for key, below in node.value}
    if isinstance(node, yaml.SequenceNode):
        return {n: (below, below.start_mark.line + 1) for n, below in enumerate(node.value)}
    return {}
